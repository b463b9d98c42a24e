"""Where vectors of known texts are kept from one run to the next: an index, or Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from elasticsearch import AsyncElasticsearch, BadRequestError

from es_hybrid._async.admin import index_info
from es_hybrid._async.bulk import AsyncBulkWriter
from es_hybrid._async.models.stores import AsyncRedisStore
from es_hybrid._background import AsyncBackground
from es_hybrid._flavour import async_check_plugin
from es_hybrid.errors import ConfigurationError, HybridError
from es_hybrid.indexing.info import IndexInfo
from es_hybrid.indexing.names import alias_of
from es_hybrid.indexing.vector_homes import (
    HASH_MAPPING,
    VectorHome,
    hash_action,
    previous_index,
    products_request,
    read_hashes,
    read_products,
    vector_source,
)
from es_hybrid.protocols import AsyncVectorStore
from es_hybrid.redis_cache import async_open_redis
from es_hybrid.settings import IngestSettings, Settings
from es_hybrid.types import Vector
from es_hybrid.wire.packed import pack_vector, unpack_vector

_REDIS_PATIENCE_S = 5.0
_KEYS = b"text:"
_MOST = 1000
"""Texts per search; Elasticsearch takes up to 10,000 hits, and vectors are long."""


class AsyncProductVectors:
    """The vectors that the products of an index carry; reads only.

    Args:
        es: Where.
        info: The index; one without a vector field has none.
    """

    def __init__(self, es: AsyncElasticsearch, info: IndexInfo) -> None:
        self._es = es
        self._index = info.index
        self._field = info.meta.vector_field

    async def get_many(self, text_hashes: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors of products with these texts; what is not refreshed is not seen."""
        found: dict[str, Vector] = {}
        if self._field is None:
            return found
        for start in range(0, len(text_hashes), _MOST):
            request = products_request(text_hashes[start : start + _MOST], field=self._field)
            answer = await self._es.search(index=self._index, **request)
            found |= read_products(answer.body, field=self._field)
        return found

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep nothing: products are written with their vectors."""


class AsyncHashVectors:
    """An index that holds nothing but text hash → vector; it is made when it is missing.

    Args:
        es: Where.
        name: The index.
        settings: Size of a bulk request, tries, time.
    """

    def __init__(self, es: AsyncElasticsearch, name: str, *, settings: IngestSettings) -> None:
        self._es = es
        self._name = name
        self._writer = AsyncBulkWriter(es, index=name, settings=settings, require_alias=False)

    async def get_many(self, text_hashes: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors that are there, refreshed or not."""
        if not text_hashes:
            return {}
        answer = await self._es.mget(
            index=self._name,
            ids=list(text_hashes),
            filter_path=["docs._id", "docs.found", "docs._source.vector"],
        )
        unpacked = {key: unpack_vector(value) for key, value in read_hashes(answer.body).items()}
        return {key: vector for key, vector in unpacked.items() if vector is not None}

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors.

        Raises:
            HybridError: Some were not taken.
        """
        actions = [hash_action(key, pack_vector(vector)) for key, vector in vectors.items()]
        reasons = [reason for reason in await self._writer.write(actions) if reason is not None]
        if reasons:
            raise HybridError(f"{len(reasons):,} vectors were not kept: {reasons[0]}")

    async def create(self) -> None:
        """Make the index where it is missing."""
        if await self._es.indices.exists(index=self._name):
            return
        settings = {"number_of_shards": 1, "auto_expand_replicas": "0-1"}
        try:
            await self._es.indices.create(
                index=self._name, mappings=HASH_MAPPING, settings=settings
            )
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":
                raise


class AsyncRedisVectors:
    """Vectors in Redis; here, unlike in a search, a failure is said.

    Args:
        redis: As searches use it, with more patience.
    """

    def __init__(self, redis: AsyncRedisStore) -> None:
        self._redis = redis

    async def get_many(self, text_hashes: Sequence[str]) -> dict[str, Vector]:
        """Return the vectors that are there."""
        keys = {_KEYS + text_hash.encode(): text_hash for text_hash in text_hashes}
        found = await self._redis.get_many(list(keys)) if keys else {}
        self._require_no_failure()
        unpacked = {keys[key]: unpack_vector(value) for key, value in found.items()}
        return {key: vector for key, vector in unpacked.items() if vector is not None}

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors."""
        await self._redis.put_many(
            {_KEYS + key.encode(): pack_vector(vector) for key, vector in vectors.items()}
        )
        self._require_no_failure()

    def _require_no_failure(self) -> None:
        if self._redis.failures:
            raise HybridError("Redis does not answer")


@asynccontextmanager
async def open_store(
    es: AsyncElasticsearch,
    wanted: str | AsyncVectorStore | None,
    *,
    info: IndexInfo,
    settings: Settings,
) -> AsyncIterator[tuple[str, AsyncVectorStore] | None]:
    """Open what `vectors_from` names for one run; a store of the caller's own stays open.

    Args:
        es: Where indices are.
        wanted: A store, or the name of one; the settings' where it is `None`.
        info: The index that is written to.
        settings: Of the ingest, and the address of Redis.

    Yields:
        The store and what to call it; `None` where there is none.

    Raises:
        ConfigurationError: There is no such index, or no Redis is set. A setting `previous` is no
            mistake where there is no index before.
        MappingMismatch: The index named was not created by es_hybrid.
    """
    is_default = wanted is None
    wanted = settings.ingest.vectors_from if wanted is None else wanted
    if wanted is None or info.meta.dims is None:
        yield None
        return
    if not isinstance(wanted, str):
        for method in ("get_many", "put_many"):
            async_check_plugin(wanted, method)
        yield type(wanted).__name__, wanted
        return
    source = vector_source(wanted)
    match source.home:
        case VectorHome.REDIS:
            background = AsyncBackground()
            redis = _redis(settings, background)
            try:
                yield "redis", AsyncRedisVectors(redis)
            finally:
                await redis.aclose()
                await background.aclose()
        case VectorHome.HASHES:
            store = AsyncHashVectors(es, source.name, settings=settings.ingest)
            await store.create()
            yield str(source), store
        case VectorHome.PREVIOUS:
            name = await _previous(es, info)
            if name is not None:
                yield name, AsyncProductVectors(es, await index_info(es, name))
            elif is_default:  # a setting holds for the first index, too
                yield None
            else:
                raise ConfigurationError(
                    f"there is no index before {info.index}", hint="name one in vectors_from"
                )
        case VectorHome.PRODUCTS:
            found = await index_info(es, source.name)
            yield source.name, AsyncProductVectors(es, found)


def _redis(settings: Settings, background: AsyncBackground) -> AsyncRedisStore:
    url = settings.cache.redis_url
    if url is None:
        raise ConfigurationError(
            "vectors_from names redis, and no Redis is set", hint="set ES_HYBRID_CACHE__REDIS_URL"
        )
    return AsyncRedisStore(
        async_open_redis(url.get_secret_value(), timeout_s=_REDIS_PATIENCE_S),
        ttl_s=settings.ingest.vectors_ttl_s,
        timeout_s=_REDIS_PATIENCE_S,
        background=background,
    )


async def _previous(es: AsyncElasticsearch, info: IndexInfo) -> str | None:
    alias = alias_of(info.index)
    names = (await es.indices.get(index=f"{alias}-*", features="aliases")).body if alias else ()
    return previous_index(info.index, names)
