"""Documents of an index, remembered for a while; an index that fails costs no search.

Nothing runs in the background. When what is remembered is too old, one search looks it up and the
others of that moment wait for the same answer, for at most `timeout_s`. Where the look-up fails,
what was known last stays, and the next try waits for `retry_s`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from elasticsearch import ApiError, TransportError

from es_hybrid._deadline import AsyncCall
from es_hybrid._flights import AsyncFlights
from es_hybrid.errors import HybridError
from es_hybrid.settings import LookUpSettings

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """A document as it was looked up.

    Attributes:
        value: What it holds; `None` where none is known.
        until_s: When it is looked up again.
        failure: What went wrong the last time.
    """

    value: T | None
    until_s: float
    failure: str | None = None


class AsyncRemembered(Generic[T]):
    """Remembers documents by name.

    Args:
        settings: For how long, and how long a search waits.
        clock: Monotonic seconds.

    Example:
        remembered = AsyncRemembered[str](RulesSettings(), clock=time.monotonic)
        known = await remembered.of("default", look_up)
    """

    def __init__(self, settings: LookUpSettings, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._known: dict[str, Known[T]] = {}
        self._flights = AsyncFlights[str, Known[T]]()

    async def of(self, name: str, look_up: AsyncCall[str, T]) -> Known[T]:
        """Return what is known of a document; `look_up` is asked where that is too old."""
        known = self._known.get(name)
        if known is not None and self._clock() < known.until_s:
            return known

        async def refreshed(_: float) -> Known[T]:
            return Known(await look_up(name), self._clock() + self._settings.ttl_s)

        try:
            fresh = await self._flights.run(name, refreshed, timeout_s=self._settings.timeout_s)
        except (ApiError, TransportError, HybridError, TimeoutError) as error:
            until_s = self._clock() + min(self._settings.retry_s, self._settings.ttl_s)
            failure = str(error) if isinstance(error, HybridError) else type(error).__name__
            last = self._known.get(name)
            fresh = Known(None if last is None else last.value, until_s, failure)
        self._known[name] = fresh
        return fresh

    def forget(self, name: str) -> None:
        """Look a document up at its next use: it has changed."""
        self._known.pop(name, None)
