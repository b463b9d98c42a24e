"""Reads a table in the order of its version column, again and again, and misses no late commit.

A row is stamped when it is written and shows when its transaction commits; a row that shows late
stands before rows that were read already. So there are two kinds of pass. A forward pass reads what
is newer than all that was read. A sweep, every now and then, reads from the *floor*: the place
before which no row can show any more, because rows show within `overlap_s` of their stamp. Rows of
a sweep that were written already are known by a hash of their content and are left out.

The floor follows in two ways. Where the column tells time, nothing stamped `overlap_s` before the
newest row can be outstanding. And whatever the column is, `overlap_s` after a version was first
seen, nothing up to it can be outstanding; only this closes the window when nothing more happens.
Clocks of databases and machines are never compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import orjson

from es_hybrid.following.changes import Batch
from es_hybrid.following.versions import Cursor, earlier, later_of, pack, unpack
from es_hybrid.indexing.sources import Record
from es_hybrid.types import Json

__all__ = ["Passes", "Row"]

_REMEMBERED = 1_000_000
"""Rows of a sweep that are known by hash, at most; others are written again, which changes nothing."""


class Row(NamedTuple):
    """One row of a table.

    Attributes:
        cursor: Its place.
        product: What it holds.
        digest: Hash of what it holds.
    """

    cursor: Cursor
    product: Json
    digest: int

    @classmethod
    def of(cls, cursor: Cursor, product: Json) -> Self:
        """Return the row of a product."""
        content = orjson.dumps(product, default=str, option=orjson.OPT_NON_STR_KEYS)
        return cls(cursor, product, int.from_bytes(blake2b(content, digest_size=8).digest(), "big"))


class _Seen(NamedTuple):
    """When a version was first seen; a wall clock, because it is kept between processes."""

    at_s: float
    version: Any


@dataclass(frozen=True, slots=True)
class _Pass:
    """A pass under way.

    Attributes:
        sweep: Whether it began at the floor.
        at: Up to where it is done.
        limit: Up to where no row can show after it began.
        complete: Whether all of it is done for good.
    """

    sweep: bool
    at: Cursor | None
    limit: Cursor | None
    complete: bool = True


class Passes:
    """Which rows to read next; without input and output.

    Args:
        overlap_s: Seconds within which a row shows after it is stamped: longer than any
            transaction that writes products.
        per_second: See `versions.earlier`.
    """

    def __init__(self, *, overlap_s: float, per_second: float | None = None) -> None:
        self._overlap_s = overlap_s
        self._per_second = per_second
        self.restore(None)

    def restore(self, position: Json | None) -> None:
        """Go on from a position; rows after its floor are read again, and are known by content."""
        found = position or {}
        self._floor = _cursor(found.get("floor"))
        self._high = _cursor(found.get("high"))
        self._seen = [_Seen(at, unpack(version)) for at, version in found.get("seen", ())]
        self._known: dict[Any, int] = {}
        self._swept: dict[Any, int] = {}
        self._swept_s: float | None = None
        self._pass: _Pass | None = None

    def position(self) -> Json:
        """Return what `restore` goes on from."""
        return {
            "floor": _packed(self._floor),
            "high": _packed(self._high),
            "seen": [[seen.at_s, pack(seen.version)] for seen in self._seen],
        }

    @property
    def wants_newest(self) -> bool:
        """Whether the first pass of all begins, which has to know the newest version there is."""
        return self._pass is None and self._high is None

    def after(self, *, now_s: float, newest: Any = None) -> Cursor | None:
        """Return the place after which to read; a pass begins where none is under way.

        Args:
            now_s: Seconds since the epoch.
            newest: The newest version of the table, where `wants_newest`.
        """
        if self._pass is None:
            sweep = self._swept_s is None or now_s - self._swept_s >= self._overlap_s / 6
            sweep = sweep and (self._high is None or self._floor != self._settled(self._high))
            known = self._high.version if self._high is not None else newest
            self._pass = _Pass(
                sweep=sweep,
                at=self._floor if sweep else self._high,
                limit=self._limit(known, now_s),
            )
            self._swept = {}
        return self._pass.at

    def take(self, rows: Sequence[Row], *, full: bool) -> Batch:
        """Return what of the rows after that place is to be written.

        Args:
            rows: In order.
            full: Whether there may be more behind them.
        """
        new = [row for row in rows if self._known.get(row.cursor.id) != row.digest]
        items = tuple(Record(place, row.product) for place, row in enumerate(new, start=1))
        return Batch(items, more=full, mark=tuple(rows))

    def settle(self, batch: Batch, *, complete: bool, now_s: float) -> None:
        """Take note that a batch is written; see `Changes.settle`."""
        now = self._pass
        if now is None:
            return
        rows: tuple[Row, ...] = batch.mark
        now = replace(now, complete=now.complete and complete)
        if rows:
            now = replace(now, at=rows[-1].cursor)
            self._high = later_of(self._high, now.at)
            self._see(now_s)
        if complete:
            self._remember(rows, sweep=now.sweep)
        if now.sweep and now.complete:
            self._raise_floor(now, over=not batch.more)
        self._pass = now if batch.more else None
        if not batch.more and now.sweep:
            self._swept_s = now_s
            self._known = self._swept

    def _see(self, now_s: float) -> None:
        """Remember when the newest version was first seen, about eight times an overlap."""
        if self._high is None:
            return
        last = self._seen[-1] if self._seen else None
        due = last is None or now_s - last.at_s >= self._overlap_s / 8
        if due and (last is None or last.version < self._high.version):
            self._seen.append(_Seen(now_s, self._high.version))

    def _limit(self, newest: Any, now_s: float) -> Cursor | None:
        """Return up to where no row can show any more."""
        old = [seen.version for seen in self._seen if seen.at_s + self._overlap_s <= now_s]
        if isinstance(newest, date) and not isinstance(newest, datetime):
            old = []  # a day goes on after it was first seen
        limit = Cursor(old[-1]) if old else None
        if newest is not None:
            before = earlier(newest, self._overlap_s, per_second=self._per_second)
            limit = later_of(limit, None if before is None else Cursor(before))
        return limit

    def _raise_floor(self, now: _Pass, *, over: bool) -> None:
        reached = self._settled(self._high) if over else now.at
        if now.limit is None or reached is None:
            return
        found = now.limit if now.limit.before(reached) else reached
        self._floor = later_of(self._floor, found)
        floor = self._floor
        self._seen = [s for s in self._seen if floor is None or floor.before(Cursor(s.version))]

    def _remember(self, rows: Sequence[Row], *, sweep: bool) -> None:
        for row in rows:
            for known in (self._known, self._swept) if sweep else (self._known,):
                if len(known) < _REMEMBERED or row.cursor.id in known:
                    known[row.cursor.id] = row.digest

    @staticmethod
    def _settled(high: Cursor | None) -> Cursor | None:
        return None if high is None else Cursor(high.version)


def _cursor(packed: Any) -> Cursor | None:
    return None if packed is None else Cursor(unpack(packed[0]), unpack(packed[1]))


def _packed(cursor: Cursor | None) -> Any:
    return None if cursor is None else [pack(cursor.version), pack(cursor.id)]
