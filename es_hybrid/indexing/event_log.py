"""From a record of an event log to what happened to a product, whichever way the log spells it.

Understood are flat records, such as a CSV file has, and events of the User Behavior Insights
standard (https://o19s.github.io/ubi/docs/html/1.2.0/event.schema.html), whose product is
`event_attributes.object.object_id`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from es_hybrid.indexing.sources import BadRecord, FeedItem, Record
from es_hybrid.types import zoned

__all__ = ["LoggedEvent", "read_event", "records_of", "seconds_of"]

_PRODUCT = ("product_id", "object_id", "item_id", "sku", "id")
_KIND = ("action_name", "event", "kind", "event_type", "type")
_TIME = ("timestamp", "at", "time", "date", "created_at", "ordered_at")
_COUNT = ("quantity", "count", "qty")
_ORDER = ("order_id", "order", "transaction_id", "basket_id")
_SESSION = ("session_id", "client_id", "user_id")
_KINDS = {
    "click": "click",
    "click_through": "click",
    "view": "click",
    "detail_page_view": "click",
    "purchase": "purchase",
    "purchase_complete": "purchase",
    "order": "purchase",
    "sale": "purchase",
    "impression": "impression",
}
"""Names of events in logs; all others count nothing."""


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One thing that happened to a product.

    Attributes:
        product_id: Whose.
        kind: `click`, `purchase` or `impression`; `None` where the log does not say, or says something else.
        at_s: Seconds since the epoch; `None` where the log does not say.
        count: How many.
        order_id: Of the order; never kept.
        session: Of the visit; never kept.
    """

    product_id: str
    kind: str | None
    at_s: float | None
    count: float = 1.0
    order_id: str | None = field(default=None, repr=False)
    session: str | None = field(default=None, repr=False)


def records_of(items: Iterable[FeedItem]) -> Iterator[Mapping[str, Any] | None]:
    """Yield the records of a log; `None` in place of one that cannot be read."""
    for item in items:
        match item:
            case Record():
                yield item.product
            case BadRecord():
                yield None
            case _:
                yield item


def read_event(record: Mapping[str, Any]) -> LoggedEvent | None:
    """Return what a record says; `None` where it names no product.

    Example:
        >>> read_event({"event": "purchase", "product_id": "p1", "at": "1970-01-02", "qty": "2"})
        LoggedEvent(product_id='p1', kind='purchase', at_s=86400.0, count=2.0)
    """
    attributes = record.get("event_attributes")
    inner = attributes.get("object") if isinstance(attributes, Mapping) else None
    places = [place for place in (inner, attributes, record) if isinstance(place, Mapping)]
    product = _first(places, _PRODUCT)
    if product is None:
        return None
    said = _first([record], _KIND)
    count = _number(_first(places, _COUNT))
    return LoggedEvent(
        product_id=str(product),
        kind=None if said is None else _KINDS.get(str(said).strip().lower().replace("-", "_")),
        at_s=seconds_of(_first([record], _TIME)),
        count=1.0 if count is None else count,
        order_id=_text(_first(places, _ORDER)),
        session=_text(_first([record], _SESSION)),
    )


def seconds_of(value: Any) -> float | None:
    """Return seconds since the epoch of a time; one without a zone is UTC, a number is seconds.

    Numbers beyond the year 5000 are milliseconds.

    Example:
        >>> seconds_of("1970-01-01T08:00:00+08:00"), seconds_of(1479081600000), seconds_of("soon")
        (0.0, 1479081600.0, None)
    """
    number = _number(value)
    if number is not None:
        return number / 1000.0 if number > _LAST_SECOND else number
    if isinstance(value, datetime):
        parsed = value
    else:
        try:
            parsed = datetime.fromisoformat(str(value).strip().replace("/", "-"))
        except ValueError:
            return None
    return zoned(parsed).timestamp()


_LAST_SECOND = 95_617_584_000.0


def _first(places: Iterable[Mapping[str, Any]], names: Iterable[str]) -> Any:
    wanted = tuple(names)
    for place in places:
        for name in wanted:
            value = place.get(name)
            if value is not None and value != "" and not isinstance(value, (Mapping, list)):
                return value
    return None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None
