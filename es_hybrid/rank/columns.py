"""Hits of which each field is read once, however many stages ask for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Hit, Scores

__all__ = ["HitList", "TextColumn", "column"]


@dataclass(frozen=True, slots=True)
class TextColumn:
    """All values of a field as texts, of each hit; many products have the same ones.

    Attributes:
        texts: Of each hit.
        first: Where each of them stands for the first time, in that order.
        alike: Of each hit, where its texts stand for the first time, shape `(n,)`.
    """

    texts: list[tuple[str, ...]]
    first: Mapping[tuple[str, ...], int]
    alike: NDArray[np.intp]

    @classmethod
    def of(cls, texts: list[tuple[Any, ...]]) -> Self:
        """Return texts with what they have in common.

        Raises:
            TypeError: What they hold cannot be compared.
        """
        first: dict[tuple[Any, ...], int] = {}
        alike = list(map(first.setdefault, texts, range(len(texts))))
        return cls(texts, first, np.array(alike, dtype=np.intp))

    def followed_by(self, more: TextColumn) -> TextColumn:
        """Return the same with the texts of some more hits behind them; they are few."""
        first, count = dict(self.first), len(self.texts)
        alike = [first.setdefault(texts, count + own) for own, texts in enumerate(more.texts)]
        return TextColumn(
            self.texts + more.texts,
            first,
            np.concatenate((self.alike, np.array(alike, dtype=np.intp))),
        )

    def measured(self, measure: Callable[[tuple[str, ...]], float]) -> Scores:
        """Return a number of each hit's texts, shape `(n,)`; it is asked for once for equal ones.

        Example:
            >>> TextColumn.of([("red", "hat"), (), ("red", "hat")]).measured(len).tolist()
            [2.0, 0.0, 2.0]
        """
        found = np.empty(len(self.texts))
        for texts, place in self.first.items():
            found[place] = measure(texts)
        return found[self.alike]


Column = TypeVar("Column", Scores, list[Any], TextColumn)
"""Something of each hit, in order."""


class HitList(tuple[Hit, ...]):  # noqa: SLOT001 - a tuple's subclass cannot have any
    """Hits of which each field is read once, by whoever asks first; nothing of them changes.

    Example:
        >>> ids = lambda hits, name: [hit.id for hit in hits]
        >>> hits = HitList([Hit("i", "1"), Hit("i", "2")])
        >>> hits.column(ids, "id"), hits.column(ids, "id") is hits.column(ids, "id")
        (['1', '2'], True)
    """

    _columns: dict[tuple[Callable[..., Any], str], Any]
    _parts: tuple[HitList, HitList] | None

    def __new__(cls, hits: Iterable[Hit] = ()) -> Self:
        """Return a list of hits of which nothing was read yet."""
        made = super().__new__(cls, hits)
        made._columns, made._parts = {}, None
        return made

    @classmethod
    def of(cls, hits: Sequence[Hit]) -> HitList:
        """Return hits as such a list."""
        return hits if isinstance(hits, HitList) else cls(hits)

    def followed_by(self, more: Sequence[Hit]) -> HitList:
        """Return the same hits with some more behind them; what was read stays read."""
        if not more:
            return self
        longer = HitList((*self, *more))
        longer._parts = (self, HitList(more))
        return longer

    def column(self, read: Callable[[Sequence[Hit], str], Column], name: str) -> Column:
        """Return what a function reads of a field; it is called once."""
        found: Column | None = self._columns.get((read, name))
        if found is None:
            parts = self._parts
            found = (
                _joined(*(part.column(read, name) for part in parts)) if parts else read(self, name)
            )
            self._columns[read, name] = found
        return found


def _joined(before: Any, more: Any) -> Any:
    match before:
        case np.ndarray():
            return np.concatenate((before, more))
        case TextColumn():
            return before.followed_by(more)
        case _:
            return [*before, *more]


def column(hits: Sequence[Hit], read: Callable[[Sequence[Hit], str], Column], name: str) -> Column:
    """Return what a function reads of a field of each hit."""
    return hits.column(read, name) if isinstance(hits, HitList) else read(hits, name)
