"""What stands where an Elasticsearch client stood: every name that is not its own is the client's."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from elasticsearch import AsyncElasticsearch

from es_hybrid._mirrors import mirrors

if TYPE_CHECKING:
    # Every public name of the wrapped client is there, typed; at run time it is handed through.
    _AsyncWrapped = AsyncElasticsearch
else:
    _AsyncWrapped = object

_FOR_HELPERS = frozenset({"_otel"})
"""Private names that `elasticsearch.helpers` reads of the client it is given."""


class AsyncWrapper(_AsyncWrapped):
    """Wraps a client that belongs to the shop: never closed, changed or configured here.

    A base class, never used alone.
    """

    _es: AsyncElasticsearch

    @property
    def es(self) -> AsyncElasticsearch:
        """The wrapped client."""
        return self._es

    async def close(self) -> None:
        """Close what was opened here; the wrapped client stays open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._es!r})>"

    def _take(self, options: Mapping[str, Any]) -> None:
        """Send requests with other transport options from here on; asked of a copy alone."""
        self._es = self._es.options(**options)

    if not TYPE_CHECKING:
        # Type checkers take both from the wrapped client, whose `options` returns its own class.

        @mirrors(AsyncElasticsearch.options)
        def options(self, **options: Any) -> Self:
            """Return a copy that sends its requests with other transport options.

            Example:
                patient = shop.options(request_timeout=30)
            """
            twin = copy.copy(self)
            twin._take(options)  # noqa: SLF001
            return twin

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_") and name not in _FOR_HELPERS:
                raise AttributeError(name)
            return getattr(self._es, name)
