"""What indices and the cluster can do, asked once and remembered for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch

from es_hybrid.query.capabilities import Server, read_server
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import IndexSchema, read_schema
from es_hybrid.settings import IndexSettings
from es_hybrid.types import PlanName

_PARAMS = ("allow_no_indices", "expand_wildcards", "ignore_unavailable")


class AsyncSchemas:
    """Remembers index schemas and the server's version.

    Where the caller's key may not read mappings there is no vector to be seen, and searches are
    lexical, with the reason in the answer; the error of a missing index is left to the search itself.

    Args:
        settings: Names that the shop gave its fields.
        ttl_s: Seconds a schema is remembered.
        clock: Monotonic seconds.
    """

    def __init__(
        self, settings: IndexSettings, *, ttl_s: float, clock: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._ttl_s = ttl_s
        self._clock = clock
        self._known: dict[str, tuple[float, IndexSchema]] = {}
        self._server: tuple[float, Server | None] = (0.0, None)
        self.refused: frozenset[PlanName] = frozenset()

    async def of(self, es: AsyncElasticsearch, request: SearchRequest) -> IndexSchema:
        """Return the schema of the index or alias a request names."""
        index = request.index or ""
        expires, schema = self._known.get(index, (0.0, None))
        now = self._clock()
        if schema is not None and now < expires:
            return schema
        params: dict[str, Any] = {n: request.params[n] for n in _PARAMS if n in request.params}
        try:
            answer = await es.indices.get_mapping(index=index, **params)
        except ApiError as error:
            problem = f"the mapping cannot be read: {error.error}"
            return IndexSchema(vector_problem=problem)
        if answer.meta.status >= 400:
            # The caller ignores this status; the search itself will answer with it.
            return IndexSchema(vector_problem=f"the mapping cannot be read: {answer.meta.status}")
        schema = read_schema(answer.body, self._settings)
        self._known[index] = (now + self._ttl_s, schema)
        return schema

    async def server(self, es: AsyncElasticsearch) -> Server:
        """Return what the cluster understands; remembered as long as a schema."""
        expires, server = self._server
        now = self._clock()
        if server is None or now >= expires:
            try:
                server = read_server((await es.info()).body)
            except ApiError:
                server = Server()  # the key may not ask; what every version understands will do
            self._server = (now + self._ttl_s, server)
            self.refused = frozenset()  # a licence may have been bought meanwhile
        return server

    def forget(self, index: str | None) -> None:
        """Drop what is remembered of an index, because it has changed."""
        self._known.pop(index or "", None)
