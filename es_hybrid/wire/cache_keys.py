"""What a cached value is found by: model, settings, instruction and a hash of the text.

Texts never are part of a key: shoppers' words and products do not belong in somebody's Redis. All
that changes a model's answer is: two settings that differ never share a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson

from es_hybrid._version import __version__
from es_hybrid.profiles import embedder_profile, reranker_profile
from es_hybrid.settings import EmbedSettings, RerankSettings
from es_hybrid.types import TextKind

__all__ = ["embed_space", "pair_keys", "rerank_space", "result_key", "space_of", "text_keys"]

KEY_BYTES = 16
_ANY_ORDER = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY

# What says where and how fast a model is asked, not what it answers. A setting that is not named
# here is part of the key, so that a new one cannot be forgotten.
_EITHER = {"api_key", "plugin", "timeout_s", "replicas", "merge_ms", "hedge_after_ms"}
_EMBED = _EITHER | {"base_url", "encoding_format", "ingest_timeout_s", "batch", "max_in_flight"}
_RERANK = _EITHER | {"url", "top", "blend", "stand_in", "product_template", "max_documents"}


def space_of(values: Mapping[str, Any]) -> bytes:
    """Return a short name for everything but the text that an answer depends on.

    The release is part of it, because the ready-made prompts and the cutting of texts may change.

    Args:
        values: Of JSON's types; the order of the names does not matter.

    Example:
        >>> space_of({"model": "m", "dims": 2}) == space_of({"dims": 2, "model": "m"})
        True
    """
    content = orjson.dumps({**values, "release": __version__}, option=orjson.OPT_SORT_KEYS)
    return blake2b(content, digest_size=KEY_BYTES).digest()


def embed_space(settings: EmbedSettings) -> bytes:
    """Return the space of an embedding server's vectors: model, dims, instruction, length of texts.

    Example:
        >>> small, large = (EmbedSettings(model="m", dims=dims) for dims in (512, 1024))
        >>> embed_space(small) == embed_space(large)
        False
    """
    values = settings.model_dump(mode="json", exclude=_EMBED)
    return space_of(values | {"by_model": embedder_profile(settings.model).query_instruction})


def rerank_space(settings: RerankSettings) -> bytes:
    """Return the space of a rerank server's scores: model, dialect, prompt, length of texts.

    A server that is not asked for a model by name has only its address for one.

    Example:
        >>> one, other = (RerankSettings(model="m", dialect=name) for name in ("vllm", "tei"))
        >>> rerank_space(one) == rerank_space(other)
        False
    """
    values = settings.model_dump(mode="json", exclude=_RERANK)
    values["by_model"] = reranker_profile(settings.model).instruction
    return space_of(values if settings.model else values | {"url": settings.url})


def text_keys(
    space: bytes, texts: Sequence[str], *, kind: TextKind, instruction: str | None = None
) -> list[bytes]:
    """Return one key per text, for its vector.

    Args:
        space: See `space_of`; at most 64 bytes.
        texts: As the embedder is given them.
        kind: A query's vector differs from that of a document of the same words.
        instruction: The call's own; `None`, the settings', differs from an empty one.

    Example:
        >>> query, document = (text_keys(b"space", ["boot"], kind=kind) for kind in TextKind)
        >>> query != document, len(query[0])
        (True, 16)
    """
    return _keys(space, b"vector", (kind.value, _task(instruction)), texts)


def pair_keys(
    space: bytes, query: str, texts: Sequence[str], *, instruction: str | None
) -> list[bytes]:
    """Return one key per text, for its score against the query.

    Args:
        space: See `space_of`.
        query: The shopper's words.
        texts: Products as the reranker is given them.
        instruction: The call's own; `None`, the settings', differs from an empty one.

    Example:
        >>> len(set(pair_keys(b"space", "boot", ["Red boot", "Mug"], instruction=None)))
        2
    """
    return _keys(space, b"score", (_task(instruction), query), texts)


def result_key(arguments: Mapping[str, Any]) -> bytes | None:
    """Return the key of a whole search; `None` for one that cannot be compared with another.

    A search that says who is searching has none: nothing personal is kept.

    Args:
        arguments: Of `search`, `ext.hybrid` included.

    Example:
        >>> one = result_key({"index": "products", "size": 10})
        >>> one == result_key({"size": 10, "index": "products"}), result_key({"query": object()})
        (True, None)
    """
    ext = arguments.get("ext") or {}
    section = ext.get("hybrid")
    if isinstance(section, Mapping) and section.get("user"):
        return None
    if isinstance(section, Mapping) and "log" in section:  # no answer depends on it
        told = {name: value for name, value in section.items() if name != "log"}
        arguments = {**arguments, "ext": {**ext, "hybrid": told}}
    try:
        return blake2b(orjson.dumps(arguments, option=_ANY_ORDER), digest_size=KEY_BYTES).digest()
    except TypeError:  # an object of Elasticsearch's DSL, or half a pair of Unicode
        return None


def _task(instruction: str | None) -> str:
    return "" if instruction is None else f"={instruction}"


def _keys(space: bytes, kind: bytes, before: Sequence[str], texts: Sequence[str]) -> list[bytes]:
    # Each part is led by its length, so that no two lists of parts are the same bytes.
    begun = blake2b(digest_size=KEY_BYTES, key=space, person=kind)
    for part in before:
        content = _bytes(part)
        begun.update(len(content).to_bytes(8, "little"))
        begun.update(content)
    keys = []
    for text in texts:
        one = begun.copy()
        one.update(_bytes(text))
        keys.append(one.digest())
    return keys


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # feeds hold halves of pairs
