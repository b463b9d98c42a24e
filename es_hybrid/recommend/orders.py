"""From an order log to orders: the products that were bought at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from sys import intern
from typing import Any

from es_hybrid.indexing.event_log import read_event, records_of, seconds_of
from es_hybrid.indexing.sources import FeedItem

__all__ = ["Orders", "read_orders"]

_LISTS = ("products", "items", "lines", "product_ids")
_ITEM = ("product_id", "object_id", "item_id", "sku", "id")
_TIMES = ("at", "timestamp", "ordered_at", "created_at", "date", "time")
_SECONDS_A_DAY = 86_400.0


@dataclass(slots=True)
class Orders:
    """What an order log holds.

    Attributes:
        products: Product ids of each order.
        skipped: Records that are no part of an order, or lie outside the days that count.
    """

    products: list[Sequence[str]] = field(default_factory=list, repr=False)
    skipped: int = 0


def read_orders(items: Iterable[FeedItem], *, now_s: float, days: float | None = None) -> Orders:
    """Gather the orders of a log.

    A record is a whole order, with a list of `products` or `items`; or one line of an order, with
    an `order_id` and a product; or a purchase event of the UBI standard. UBI has no order id: what
    one session bought in a day is taken for one order.

    Memory: the product ids of all orders that come as single lines.

    Args:
        items: What `read_products` yields, or dictionaries.
        now_s: Seconds since the epoch.
        days: Orders that are older do not count; `None`: all do.

    Example:
        >>> lines = [{"order_id": 1, "product_id": "a"}, {"order_id": 1, "product_id": "b"}]
        >>> read_orders(lines, now_s=0).products
        [['a', 'b']]
    """
    found = Orders()
    lines: dict[tuple[str, int], list[str]] = {}
    oldest = None if days is None else now_s - days * _SECONDS_A_DAY
    for record in records_of(items):
        if record is None:
            found.skipped += 1
            continue
        listed = _listed(record)
        if listed is not None:
            at_s = next((s for n in _TIMES if (s := seconds_of(record.get(n))) is not None), None)
            if not listed or _is_old(at_s, oldest):
                found.skipped += 1
            else:
                found.products.append(listed)
            continue
        event = read_event(record)
        order = None if event is None else event.order_id or event.session
        named = any(name in record for name in ("action_name", "event", "kind"))
        bought = event is not None and (event.kind == "purchase" or not named)
        if event is None or order is None or not bought or _is_old(event.at_s, oldest):
            found.skipped += 1
            continue
        # A session goes on for days; an order id is its own.
        day = 0 if event.order_id else int((event.at_s or 0.0) // _SECONDS_A_DAY)
        lines.setdefault((order, day), []).append(intern(event.product_id))
    found.products.extend(lines.values())
    return found


def _is_old(at_s: float | None, oldest: float | None) -> bool:
    return oldest is not None and (at_s is None or at_s < oldest)


def _listed(record: Mapping[str, Any]) -> list[str] | None:
    """Return the products of a record that is a whole order."""
    for name in _LISTS:
        value = record.get(name)
        if isinstance(value, str) and name != "lines":
            parts = value.replace(";", " ").replace(",", " ").replace("|", " ").split()
            return [intern(part) for part in parts]
        if isinstance(value, (list, tuple)):
            ids = [_id_of(each) for each in value]
            return [intern(id_) for id_ in ids if id_]
    return None


def _id_of(item: Any) -> str | None:
    if isinstance(item, Mapping):
        return next((str(item[n]) for n in _ITEM if item.get(n) not in (None, "")), None)
    return None if item is None or isinstance(item, (list, tuple)) else str(item)
