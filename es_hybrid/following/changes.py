"""What a source of changes hands over, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.sources import FeedItem, Record
from es_hybrid.types import Json

__all__ = ["AsyncChanges", "Batch", "Changes", "is_deleted", "position_of", "split"]

_NOT = frozenset({"", "0", "f", "false", "n", "no", "none", "null"})


@dataclass(frozen=True, slots=True)
class Batch:
    """Changes that are written together.

    Attributes:
        items: In the order in which they happened.
        more: Whether the source has, or may have, further ones right now.
        notes: What a person should know, in sentences.
        mark: The source's own: where the batch ends.
    """

    items: tuple[FeedItem, ...] = ()
    more: bool = False
    notes: tuple[str, ...] = ()
    mark: Any = None

    def noted(self, note: str) -> Batch:
        """Return the same with one more note.

        Example:
            >>> Batch().noted("2 documents have no date").notes
            ('2 documents have no date',)
        """
        return replace(self, notes=(*self.notes, note))


class Changes(Protocol):
    """Where changes come from.

    Attributes:
        identity: Names the source in its state, so that no other source goes on from there; holds
            no secret.

    Example:
        shop.follow("products", MyChanges(), state="follow.json", once=True)
    """

    identity: str

    def restore(self, position: Json | None) -> None:
        """Go on from a position that `settle` returned; from the beginning when `None`.

        Example:
            changes.restore(None)
        """
        ...

    def read(self, *, now_s: float) -> Batch:
        """Return what comes next; the same again until it is settled.

        Example:
            batch = changes.read(now_s=time.time())
        """
        ...

    def settle(self, batch: Batch, *, complete: bool, now_s: float) -> Json:
        """Take note that a batch is written, and return the position behind it.

        Args:
            batch: The one that `read` returned last.
            complete: Whether nothing of it is to be tried again, such as a vector that is missing.
            now_s: Seconds since the epoch, as for `read`.

        Example:
            position = changes.settle(batch, complete=True, now_s=time.time())
        """
        ...

    def close(self) -> None:
        """Let go of what was opened; `restore` and `read` open it again.

        Example:
            changes.close()
        """
        ...


class AsyncChanges(Protocol):
    """The same, awaiting.

    Example:
        await shop.follow("products", MyAsyncChanges(), state="follow.json", once=True)
    """

    identity: str

    def restore(self, position: Json | None) -> None:
        """Go on from a position; see `Changes.restore`.

        Example:
            changes.restore(None)
        """
        ...

    async def read(self, *, now_s: float) -> Batch:
        """Return what comes next; see `Changes.read`.

        Example:
            batch = await changes.read(now_s=time.time())
        """
        ...

    def settle(self, batch: Batch, *, complete: bool, now_s: float) -> Json:
        """Take note that a batch is written; see `Changes.settle`.

        Example:
            position = changes.settle(batch, complete=True, now_s=time.time())
        """
        ...

    async def aclose(self) -> None:
        """Let go of what was opened; see `Changes.close`.

        Example:
            await changes.aclose()
        """
        ...


def is_deleted(value: Any) -> bool:
    """Tell whether the value of a soft-delete column says that a product is gone.

    Example:
        >>> [is_deleted(value) for value in (None, False, "0", "f", True, "2026-01-02", 1)]
        [False, False, False, False, True, True, True]
    """
    if isinstance(value, str):
        return value.strip().lower() not in _NOT
    return bool(value)


def split(
    items: Sequence[FeedItem],
    *,
    deleted_field: str | None,
    id_of: Callable[[Mapping[str, Any]], str],
) -> tuple[list[FeedItem], list[str]]:
    """Return what is to be written and the ids to be deleted; the last word on an id counts.

    Args:
        items: In the order in which they happened.
        deleted_field: Field that says that a product is gone; it is no content of a product.
        id_of: Returns a product's id, as ingestion will.

    Example:
        >>> split([{"id": "a"}, {"id": "a", "gone": True}, {"id": "b", "gone": None}],
        ...       deleted_field="gone", id_of=lambda product: product["id"])
        ([Record(line=3, product={'id': 'b'})], ['a'])
    """
    if deleted_field is None:
        return list(items), []
    kept: dict[object, FeedItem] = {}
    gone: dict[str, None] = {}
    for place, item in enumerate(items, start=1):
        record = item if not isinstance(item, Mapping) else Record(place, item)
        if not isinstance(record, Record):
            kept[place] = record
            continue
        product = {name: value for name, value in record.product.items() if name != deleted_field}
        try:
            key = id_of(product)
        except BadValue:
            kept[place] = Record(record.line, product)  # ingestion reports it
            continue
        kept.pop(key, None)
        gone.pop(key, None)
        if is_deleted(record.product.get(deleted_field)):
            gone[key] = None
        else:
            kept[key] = Record(record.line, product)
    return list(kept.values()), list(gone)


def position_of(state: Json | None, *, identity: str) -> Json | None:
    """Return the position of a state, having refused one of another source.

    Raises:
        ConfigurationError: Names both.
    """
    if state is None:
        return None
    if state.get("source") != identity:
        raise ConfigurationError(
            f"the state is of another source: {state.get('source')}, not {identity}",
            hint="name another --state, or remove this one to begin anew",
        )
    position: Json = state["position"]
    return position
