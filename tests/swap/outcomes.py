"""What a call came to, and how two of them are compared."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from elasticsearch import ApiError

from es_hybrid.response import HybridResponse
from es_hybrid.types import Json


@dataclass(frozen=True)
class Outcome:
    """An answer or an exception."""

    response: Any = None
    error: Exception | None = None

    @property
    def body(self) -> Any:
        """The answer's body."""
        return self.response.body

    @property
    def hits(self) -> list[Json]:
        """The answer's hits; none where it has none."""
        hits: list[Json] = self.body.get("hits", {}).get("hits", [])
        return hits

    @property
    def failure(self) -> tuple[Any, ...] | None:
        """What a shop's `except` sees: class, status, type and reason."""
        if self.error is None:
            return None
        if not isinstance(self.error, ApiError):
            return type(self.error), str(self.error).removeprefix("Async")
        return type(self.error), self.error.status_code, self.error.message, _root(self.error.body)


def _root(body: Any) -> Any:
    error = body.get("error") if isinstance(body, dict) else None
    cause = (error.get("root_cause") or [error])[0] if isinstance(error, dict) else None
    return cause and cause.get("type")


async def outcome(call: Callable[..., Any], arguments: Json) -> Outcome:
    """Call a client of either flavour; deprecations are the client's business, not the test's."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            answer = call(**arguments)
            return Outcome(await answer if isawaitable(answer) else answer)
        except Exception as error:  # noqa: BLE001 - what it raises is what is compared
            return Outcome(error=error)


def plain_outcome(call: Callable[..., Any], arguments: Json) -> Outcome:
    """Call a client of the sync flavour."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Outcome(call(**arguments))
        except Exception as error:  # noqa: BLE001 - what it raises is what is compared
            return Outcome(error=error)


VOLATILE = frozenset({"took", "_scroll_id", "pit_id", "profile"})
"""What differs between two calls of the bare client, too."""


def same_every_time(body: Any) -> Any:
    """Return a body without what differs between two equal calls."""
    if not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name not in VOLATILE}


def types_of(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every path of a body with the type that stands there; places in a list are one path.

    Scores may be a number or null: that depends on what was found. What a profile holds depends on
    the query that ran.
    """
    match value:
        case dict():
            yield path, "object"
            if not path.startswith("profile.shards"):
                for name, inner in value.items():
                    yield from types_of(inner, f"{path}.{name}" if path else name)
        case list():
            yield path, "list"
            for inner in value:
                yield from types_of(inner, f"{path}[]")
        case None | float() if path.endswith(("_score", "[].value")):
            yield path, "score"
        case _:
            yield path, type(value).__name__


def key_of(hit: Json) -> tuple[str, str]:
    """What makes a hit unique."""
    return hit["_index"], hit["_id"]


def as_found(hit: Json) -> Json:
    """Return a hit without what its place in the answer decides."""
    return {name: value for name, value in hit.items() if name not in {"_score", "_explanation"}}


def hybrid(response: Any) -> Any:
    """Return what was done for an answer."""
    assert isinstance(response, HybridResponse)
    return response.hybrid
