"""A day in a shop: a promotion, a sell-out, a new arrival, a shopper who comes back.

Each step prints the page before and after. The day has an index of its own, which is deleted in the
end, so that the demo's stays as it is; and it uses nothing but what a shop can use.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from es_hybrid import HybridClient, HybridResponse, read_products
from es_hybrid.cli.output import Output
from es_hybrid.settings import ShopperSettings
from scripts.demonstration.comparison import Printer, entries, terminal_width
from scripts.demonstration.layout import Line, Style, side_by_side, wrapped
from scripts.demonstration.showcase import Showcase

__all__ = ["shop_day"]

QUERY = "running shoes"
DEPARTMENT = "Sports & Outdoors"
SHOPPER = "returning-shopper"
NEW = "new-arrival"
IMPRESSIONS = 500
_PAGE = 24
_FIELDS = {"includes": ["title", "price", "currency", "brand", "category_path"]}
_PATIENCE_MS = 1000.0
"""A demo's machine may be busy; a shop waits for the store of shoppers a fiftieth of that."""


def shop_day(shop: HybridClient, showcase: Showcase, out: Output) -> None:
    """Print the day, on one department of the demo's catalogue.

    Args:
        shop: An open client.
        showcase: The demo's, whose vectors are taken over.
        out: Where lines go.
    """
    out.line(f'\nA day in the shop: "{QUERY}" in {DEPARTMENT}, before and after each event.')
    with _department(shop, showcase) as day:
        for step in (_promotion, _sell_out, _new_arrival, _returning_shopper):
            step(day)


@dataclass(frozen=True, slots=True)
class _Day:
    """The shop of one day.

    Attributes:
        shop: Keeps shoppers in an index of the day's own.
        index: Its alias.
        printer: Draws two pages side by side.
        out: Where sentences go.
    """

    shop: HybridClient
    index: str
    printer: Printer
    out: Output

    def page(self, **section: Any) -> HybridResponse:
        """Search the first page."""
        hybrid = {"text": QUERY, "explain": True, **section}
        return self.shop.search(
            index=self.index, size=_PAGE, source=_FIELDS, ext={"hybrid": hybrid}
        )

    def show(self, title: str, said: str, before: HybridResponse, after: HybridResponse) -> None:
        """Print what happened, and the page before and after it."""
        self.out.line()
        self.printer.lines([(Line(title, Style.HEADING),)])
        for line in wrapped(said, width=self.printer.width):
            self.out.line(line)
        left = ("before", entries(before, None))
        right = ("after", entries(after, None, beside=before))
        self.printer.lines(side_by_side(left, right, width=self.printer.width))

    def say_place(self, what: str, product_id: str, page: HybridResponse) -> None:
        """Print where a product stands on a page."""
        places = {hit.id: place for place, hit in enumerate(page.hits, start=1)}
        place = places.get(product_id)
        where = f"no. {place}" if place else f"not among the first {_PAGE}"
        self.out.line(f"{what}: {where}")


def _promotion(day: _Day) -> None:
    before = day.page()
    first = before.hits[0].source["brand"]
    brand = next((h.source["brand"] for h in before.hits if h.source["brand"] != first), first)
    rules = {
        "boosts": [{"field": "brand", "equals": brand, "factor": 1.5}],
        "limits": {"places": 5},
    }
    said = f"{brand} is boosted by 1.5; no product moves by more than 5 places."
    day.show("A promotion", said, before, day.page(rules=rules))


def _sell_out(day: _Day) -> None:
    rules = {"stock": {"action": "substitute", "group": "variant_group"}}
    before = day.page(rules=rules)
    best = before.hits[0]
    day.shop.update_fields(day.index, [{"id": best.id, "stock": 0}])
    after = day.page(rules=rules)
    said = (
        "The best seller is sold out. Another variant of it takes its place, where there is one;"
        " it goes below all that can be bought."
    )
    day.show("A sell-out", said, before, after)
    day.say_place(f"{best.source['title']}", best.id, after)


def _new_arrival(day: _Day) -> None:
    sales = {"field": "sales_30d", "scale": 1000, "factor": 1.5}
    explore = {"first_place": 3, "impressions_field": "impressions"}
    rules = {"boosts": [{**sales, "prior": 200}], "explore": explore}
    before = day.page(rules=rules)
    like = before.hits[-1].source
    day.shop.ingest(
        day.index,
        [
            {
                "id": NEW,
                "title": "Cushioned trainers for morning jogs and long running weeks, wide toe box, first edition",
                "brand": like["brand"],
                "category_path": like["category_path"],
                "price": like["price"],
                "currency": like["currency"],
                "stock": 40,
                "sales_30d": 0,
                "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        ],
    )
    plain = day.page(rules={"boosts": [sales]})
    after = day.page(rules=rules)
    said = (
        "A product that nobody has bought is found at once, by words and by meaning. A prior of 200"
        " sales stands in for its history, and the page's place for new products is its own."
    )
    day.show("A new arrival", said, before, after)
    day.say_place("by sales alone", NEW, plain)
    day.say_place("with its head start and its place", NEW, after)
    day.out.line(f"said to evaluation: explored = {list(after.hybrid.explored)}")
    day.shop.update_fields(day.index, [{"id": NEW, "impressions": IMPRESSIONS}])
    later = day.page(rules=rules)
    day.say_place(f"after {IMPRESSIONS} impressions", NEW, later)


def _returning_shopper(day: _Day) -> None:
    before = day.page()
    first = before.hits[0].source["brand"]
    liked = [hit for hit in before.hits if hit.source["brand"] != first][-3:]
    for hit in liked:
        day.shop.shoppers.record(SHOPPER, "cart", product_id=hit.id)
    user = {"id": SHOPPER, "factor": 1.5}
    after = day.page(user=user)
    said = (
        "A shopper who put these into the cart last time comes back: "
        + "; ".join(str(hit.source["title"]) for hit in liked)
        + ". What is like them is raised, by 1.5 at most."
    )
    day.show("A returning shopper", said, before, after)
    for lack in after.hybrid.degraded:
        day.out.line(f"without {lack.stage}: {lack.detail or lack.reason}")
    day.shop.shoppers.opt_out(SHOPPER)
    same = [hit.id for hit in day.page(user=user).hits] == [hit.id for hit in before.hits]
    day.out.line(f"after opting out: {'the page of everybody' if same else 'another page'}")


@contextmanager
def _department(shop: HybridClient, showcase: Showcase) -> Iterator[_Day]:
    """Open the day's own shop, with one department in an index of its own."""
    index = f"{showcase.alias}-day-{uuid4().hex[:8]}"
    kept = ShopperSettings(store="index", index=f"{index}-shoppers", timeout_ms=_PATIENCE_MS)
    settings = shop.settings.model_copy(update={"shoppers": kept})
    with HybridClient(shop.es, settings=settings) as own:
        name = own.create_index(index)
        try:
            report = own.ingest(index, _products(showcase), vectors_from=showcase.alias)
            if report.failed:
                raise RuntimeError(f"the day's products could not be stored: {report}")
            yield _Day(own, index, Printer(terminal_width()), Output(quiet=True))
        finally:
            own.indices.delete(index=f"{name},{kept.index}", ignore_unavailable=True)


def _products(showcase: Showcase) -> Iterator[Mapping[str, Any]]:
    for record in read_products(showcase.file):
        product = getattr(record, "product", {})  # what cannot be read has none
        if str(product.get("category_path", "")).startswith(DEPARTMENT):
            yield product
