"""Two answers to one search, compared: what the shop serves, and what it would serve."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Self

from es_hybrid.evaluate.overlap import overlap, rank_biased_overlap
from es_hybrid.rules import RuleSet, shown_products
from es_hybrid.types import Json

__all__ = ["Page", "PageFields", "ShadowRecord", "Shadows", "reason_of"]

_REMEMBERED = 10_000
"""Comparisons that a report in memory is made of: the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFields:
    """What is read of a page.

    Attributes:
        k: Products that are compared.
        price: Field of `_source` with the price.
        stock: Field of `_source` that says whether a product can be bought: a number or a boolean.
    """

    k: int = 10
    price: str = "price"
    stock: str = "stock"

    def of(self, hits: Sequence[Mapping[str, Any]]) -> list[Json]:
        """Return what is compared of the first k hits, as hits of its own.

        Example:
            >>> PageFields().of([{"_id": "1", "_score": 2.0, "_source": {"price": 9, "title": "x"}}])
            [{'_id': '1', '_source': {'price': 9}}]
        """
        names = (self.price, self.stock)
        return [
            {
                "_id": hit["_id"],
                "_source": {n: source[n] for n in names if n in source},
            }
            for hit in hits[: self.k]
            for source in (hit.get("_source") or {},)
        ]


@dataclass(frozen=True, slots=True)
class Page:
    """The top of one answer.

    Attributes:
        ids: Products, best first, at most k.
        took_ms: Wall-clock milliseconds, as the shop waited for it.
        price: Their mean price; `None` where no answer says.
        in_stock: Share of them that can be bought; `None` where no answer says.
    """

    ids: tuple[str, ...]
    took_ms: float
    price: float | None = None
    in_stock: float | None = None

    @classmethod
    def of(cls, hits: Sequence[Mapping[str, Any]], *, took_ms: float, fields: PageFields) -> Self:
        """Return the page that an answer's hits make.

        Example:
            >>> hits = [{"_id": "1", "_source": {"price": 9.5, "stock": 0}}]
            >>> Page.of(hits, took_ms=4.0, fields=PageFields())
            Page(ids=('1',), took_ms=4.0, price=9.5, in_stock=0.0)
        """
        shown = shown_products(hits[: fields.k], RuleSet(), price=fields.price, stock=fields.stock)
        prices = [each.price for each in shown if each.price is not None]
        stock = [each.in_stock for each in shown if each.in_stock is not None]
        return cls(
            ids=tuple(each.id for each in shown),
            took_ms=round(took_ms, 3),
            price=fmean(prices) if prices else None,
            in_stock=fmean(stock) if stock else None,
        )


@dataclass(frozen=True, slots=True)
class ShadowRecord:
    """One search as it was served and as it would have been.

    Attributes:
        old: What was served.
        new: What the new search answered; `None` where it failed.
        new_ms: How long the new search took, or took until it failed.
        error: Why it failed: an exception's name, or `timeout`.
        degraded: What the new search went without, such as `rerank: timeout`.
        text: The shopper's words, only where the shop asked for them.
    """

    old: Page
    new: Page | None
    new_ms: float
    error: str | None = None
    degraded: tuple[str, ...] = ()
    text: str | None = None

    @property
    def overlap(self) -> float | None:
        """Share of the first k products that both have there."""
        if self.new is None:
            return None
        k = max(len(self.old.ids), len(self.new.ids), 1)
        return overlap(self.old.ids, self.new.ids, k=k)

    @property
    def rbo(self) -> float | None:
        """Rank-biased overlap of the first k products."""
        return None if self.new is None else rank_biased_overlap(self.old.ids, self.new.ids)

    @property
    def lost(self) -> bool:
        """Whether the old search found something, and the new one nothing."""
        return bool(self.old.ids) and self.new is not None and not self.new.ids

    def to_dict(self) -> Json:
        """Return the record as one line of JSON."""
        return {
            "kind": "shadow",
            "overlap": _rounded(self.overlap),
            "rbo": _rounded(self.rbo),
            **asdict(self),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """Return the record that a line holds.

        Raises:
            KeyError: A key is missing.
            TypeError: A value is of another kind.
            ValueError: A number is none.
        """
        new = record["new"]
        return cls(
            old=_page(record["old"]),
            new=None if new is None else _page(new),
            new_ms=float(record["new_ms"]),
            error=record.get("error"),
            degraded=tuple(record.get("degraded") or ()),
            text=record.get("text"),
        )


@dataclass(slots=True)
class Shadows:
    """What one process has compared.

    Attributes:
        records: The last ten thousand comparisons.
        dropped: Searches that were chosen and left out, because too many were under way.
    """

    records: deque[ShadowRecord] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    dropped: int = 0


def reason_of(error: BaseException) -> str:
    """Return why a search failed, without what its message may hold.

    Example:
        >>> reason_of(TimeoutError()), reason_of(ValueError("trail shoe"))
        ('timeout', 'ValueError')
    """
    name = type(error).__name__
    return "timeout" if isinstance(error, TimeoutError) or "Timeout" in name else name


def _page(record: Mapping[str, Any]) -> Page:
    return Page(
        ids=tuple(map(str, record["ids"])),
        took_ms=float(record["took_ms"]),
        price=_number(record.get("price")),
        in_stock=_number(record.get("in_stock")),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
