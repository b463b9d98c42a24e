"""What a rule set would change: two pages of the same query, compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, NamedTuple

from es_hybrid.evaluate import ndcg
from es_hybrid.rank.stock import in_stock
from es_hybrid.rules.document import RuleSet, StockRule
from es_hybrid.rules.in_force import stock_policy
from es_hybrid.types import Hit, Json

__all__ = ["PageChange", "PageMetrics", "Shown", "Simulation", "page_change", "shown_products"]


class Shown(NamedTuple):
    """A product on a page.

    Attributes:
        id: Document id.
        price: In the index's unit; `None` where it has none.
        in_stock: Whether it can be bought; `None` where that is not known.
        brand: Whatever variety is counted by.
    """

    id: str
    price: float | None = None
    in_stock: bool | None = None
    brand: str | None = None


@dataclass(frozen=True, slots=True)
class PageMetrics:
    """A page in figures; `None` where nothing says.

    Attributes:
        ndcg: NDCG@10 against judgments.
        in_stock: Share of products that can be bought.
        price: Mean price.
        revenue: Sum of `price / log2(place + 1)` over what can be bought: what the page earns if
            shoppers buy in proportion to how often a place is looked at.
        brands: Different brands.
    """

    ndcg: float | None = None
    in_stock: float | None = None
    price: float | None = None
    revenue: float | None = None
    brands: float | None = None


@dataclass(frozen=True, slots=True)
class PageChange:
    """What changed for one query.

    Attributes:
        query: The shopper's words.
        moved: Products on the new page that stood elsewhere, or were not on the old one.
        places: Mean places up or down, over the products of both pages.
        furthest: Most places.
        entered: Ids that came on the page.
        left: Ids that went from it.
        before: The old page in figures.
        after: The new page in figures.
    """

    query: str
    moved: int
    places: float
    furthest: int
    entered: tuple[str, ...]
    left: tuple[str, ...]
    before: PageMetrics
    after: PageMetrics


@dataclass(frozen=True, slots=True)
class Simulation:
    """What changed for all queries.

    Attributes:
        changes: One a query, in the order of the log.
        degraded: Searches that went without something, by `"stage: reason"`.
    """

    changes: tuple[PageChange, ...]
    degraded: Mapping[str, int] = field(default_factory=dict)

    @property
    def changed(self) -> tuple[PageChange, ...]:
        """Queries whose page is another one, the most moved first."""
        touched = (change for change in self.changes if change.moved or change.left)
        return tuple(sorted(touched, key=lambda change: -change.moved))

    def means(self) -> dict[str, tuple[float | None, float | None]]:
        """Return each figure before and after, as the mean over the queries that have it."""
        return {
            name: (self._mean(name, "before"), self._mean(name, "after"))
            for name in PageMetrics.__dataclass_fields__
        }

    def to_dict(self) -> Json:
        """Return the simulation as JSON."""
        shared = [change.places for change in self.changes]
        return {
            "queries": len(self.changes),
            "changed": len(self.changed),
            "moved": fmean([change.moved for change in self.changes]) if shared else 0.0,
            "places": fmean(shared) if shared else 0.0,
            "furthest": max((change.furthest for change in self.changes), default=0),
            "means": {
                name: {"before": before, "after": after}
                for name, (before, after) in self.means().items()
            },
            "degraded": dict(self.degraded),
            "by_query": [asdict(change) for change in self.changes],
        }

    def _mean(self, name: str, page: str) -> float | None:
        both = [(getattr(c.before, name), getattr(c.after, name)) for c in self.changes]
        # Over the same queries before and after, or a figure would change with who is counted.
        known = [pair for pair in both if None not in pair]
        return fmean(pair[page == "after"] for pair in known) if known else None


def page_change(
    query: str,
    before: Sequence[Shown],
    after: Sequence[Shown],
    *,
    grades: Mapping[str, int] | None = None,
) -> PageChange:
    """Return what changed between two pages of one query.

    Args:
        query: The shopper's words.
        before: The page as it is, best first.
        after: The page as it would be.
        grades: Judged products of the query.

    Example:
        >>> change = page_change("shoe", [Shown("a"), Shown("b")], [Shown("b"), Shown("a")])
        >>> change.moved, change.places, change.entered
        (2, 1.0, ())
    """
    old = {shown.id: place for place, shown in enumerate(before)}
    new = {shown.id: place for place, shown in enumerate(after)}
    steps = [abs(place - old[id_]) for id_, place in new.items() if id_ in old]
    entered = tuple(id_ for id_ in new if id_ not in old)
    return PageChange(
        query=query,
        moved=sum(step > 0 for step in steps) + len(entered),
        places=fmean(steps) if steps else 0.0,
        furthest=max(steps, default=0),
        entered=entered,
        left=tuple(id_ for id_ in old if id_ not in new),
        before=_metrics(before, grades),
        after=_metrics(after, grades),
    )


def shown_products(
    hits: Sequence[Mapping[str, Any]],
    rules: RuleSet,
    *,
    price: str = "price",
    brand: str = "brand",
    stock: str | None = None,
) -> list[Shown]:
    """Return the products of an answer's hits.

    Args:
        hits: As Elasticsearch answers them, with their `_source`.
        rules: Say when a product is sold out.
        price: Field of the price.
        brand: Field that variety is counted by.
        stock: Field of the stock, in place of the rules'.

    Example:
        >>> hits = [{"_id": "1", "_source": {"price": 9.5, "stock": 0}}]
        >>> shown_products(hits, RuleSet())[0]
        Shown(id='1', price=9.5, in_stock=False, brand=None)
    """
    # What a product without the field is, only a rule can say.
    said, rule = rules.stock is not None, rules.stock or StockRule()
    policy = stock_policy(rule if stock is None else rule.model_copy(update={"field": stock}))
    shown = []
    for hit in hits:
        source = hit.get("_source") or {}
        amount, named = source.get(policy.field), source.get(brand)
        known = Hit("", "", fields={} if amount is None else {policy.field: [amount]})
        cost = source.get(price)
        shown.append(
            Shown(
                str(hit["_id"]),
                float(cost) if isinstance(cost, (int, float)) else None,
                in_stock([known], policy)[0] if said or amount is not None else None,
                str(named[0] if isinstance(named, list) else named) if named else None,
            )
        )
    return shown


def _metrics(page: Sequence[Shown], grades: Mapping[str, int] | None) -> PageMetrics:
    prices = [shown.price for shown in page if shown.price is not None]
    stock = [shown.in_stock for shown in page if shown.in_stock is not None]
    earned = [
        shown.price / math.log2(place + 1)
        for place, shown in enumerate(page, start=1)
        if shown.price is not None and shown.in_stock is not False
    ]
    brands = {shown.brand for shown in page if shown.brand is not None}
    return PageMetrics(
        ndcg=ndcg([shown.id for shown in page], grades) if grades else None,
        in_stock=fmean(stock) if stock else None,
        price=fmean(prices) if prices else None,
        revenue=math.fsum(earned) if prices else None,
        brands=float(len(brands)) if brands else None,
    )
