"""Creates an index behind its alias, and says what an index and a cluster are."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid.errors import ConfigurationError, MappingMismatch
from es_hybrid.indexing.info import ClusterHealth, IndexInfo
from es_hybrid.indexing.mapping import fill_mapping, load_mapping, read_meta
from es_hybrid.indexing.names import TOKEN_BITS, index_name
from es_hybrid.indexing.product import TextBuilder
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.types import TextKind


async def create_index(
    es: AsyncElasticsearch,
    alias: str,
    *,
    mapping: str = "products",
    dims: int | None = None,
    model: str | None = None,
    embedder: AsyncEmbedder | None = None,
    embed_timeout_s: float = 60.0,
    similarity: str = "cosine",
    index_options: Mapping[str, Any] | None = None,
    money: Mapping[str, Any] | None = None,
    text: TextBuilder | None = None,
) -> str:
    """Create an index and put its alias on it, in one step.

    Args:
        es: Where.
        alias: The name that shops search, such as `products`.
        mapping: Name of a shipped mapping, or path of one's own.
        dims: Length of the vectors; asked of the embedder unless given. Without both, the index
            has no vectors and is searched by words.
        model: Names the model of the vectors; the embedder's unless given.
        embedder: What will make the vectors.
        embed_timeout_s: Seconds for asking it.
        similarity: See `fill_mapping`, as for `index_options` and `money`.
        index_options: Of the vector field.
        money: Currency and unit of prices.
        text: Builder of the embedded texts; its version is noted.

    Returns:
        The index's own name, such as `products-20261121t101500-4f2a9c01`.

    Raises:
        ConfigurationError: The name is taken or cannot be one, or there is no such mapping.
        MappingMismatch: `dims` are not what the embedder gives.
        ServiceError: The embedder was asked and failed.

    Example:
        name = await create_index(es, "products", dims=384, model="minilm")
    """
    name = index_name(alias, now=datetime.now(UTC), token=random.getrandbits(TOKEN_BITS))
    template = load_mapping(mapping)
    if await es.indices.exists(index=alias):
        raise ConfigurationError(
            f"{alias} exists already", hint="choose another name, or reindex it instead"
        )
    if embedder is not None:
        dims = await _dims_of(embedder, dims, timeout_s=embed_timeout_s)
        model = model or embedder.model
    body = fill_mapping(
        template,
        dims=dims,
        model=model if dims else None,
        similarity=similarity,
        index_options=index_options,
        money=money,
        text_version=None if text is None else text.version,
    )
    # A second alias of the same name that takes writes is refused by the server: two creations at
    # once cannot both succeed.
    await es.indices.create(
        index=name,
        settings=body.get("settings"),
        mappings=body["mappings"],
        aliases={alias: {"is_write_index": True}},
    )
    return name


async def _dims_of(embedder: AsyncEmbedder, wanted: int | None, *, timeout_s: float) -> int:
    rows = await embedder.embed(["product"], kind=TextKind.DOCUMENT, timeout_s=timeout_s)
    found = int(rows.shape[1])
    if wanted is not None and wanted != found:
        raise MappingMismatch(
            f"dims {wanted} were asked for, {embedder.model} gives {found}",
            hint="leave dims out, or set ES_HYBRID_EMBED__DIMS",
        )
    return found


async def index_info(es: AsyncElasticsearch, name: str) -> IndexInfo:
    """Return what an alias points to and what its mapping says of itself.

    Raises:
        ConfigurationError: There is no such index, or several stand behind the name.
        MappingMismatch: The index was not created by es_hybrid.
    """
    try:
        answer = await es.indices.get_mapping(index=name)
    except NotFoundError:
        raise ConfigurationError(
            f"there is no index {name}", hint=f"run es-hybrid create-index {name}"
        ) from None
    if len(answer.body) != 1:
        raise ConfigurationError(
            f"{name} stands for {len(answer.body)} indices", hint="name the one to write to"
        )
    ((index, body),) = answer.body.items()
    meta = read_meta(body["mappings"])
    if meta is None:
        raise MappingMismatch(
            f"{name} was not created by es-hybrid: its mapping has no _meta.es_hybrid",
            hint="create an index with es-hybrid create-index and ingest into it",
        )
    return IndexInfo(name=name, index=index, meta=meta, mapping=body["mappings"])


async def health(es: AsyncElasticsearch) -> ClusterHealth:
    """Return the cluster's version, licence and state; what a key may not ask is `unknown`."""
    info = await es.info()
    status, nodes, licence = "unknown", 0, "unknown"
    quiet = es.options(ignore_status=(400, 401, 403, 404, 500))
    found = (await quiet.cluster.health()).body
    if "status" in found and not isinstance(found["status"], int):
        status, nodes = str(found["status"]), int(found.get("number_of_data_nodes", 0))
    held = (await quiet.license.get()).body
    if isinstance(held.get("license"), Mapping):
        licence = str(held["license"].get("type", licence))
    return ClusterHealth(
        version=str(info["version"]["number"]), status=status, licence=licence, nodes=nodes
    )
