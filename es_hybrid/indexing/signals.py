"""From what happened in the shop, day by day, to what a product's ranking fields should say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any

import orjson

from es_hybrid.indexing.actions import Action
from es_hybrid.indexing.event_log import read_event, records_of
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.types import Json

__all__ = [
    "BUCKET_MAPPINGS",
    "WINDOWS",
    "Bucketed",
    "SignalsReport",
    "bayesian_rating",
    "bucket_action",
    "bucketed",
    "run_out_query",
    "smoothed_rows",
    "windowed",
]

WINDOWS: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "purchase": {"sales_7d": 7, "sales_30d": 30},
        "click": {"clicks_7d": 7, "clicks_30d": 30},
        # Read of new products alone, which are new for less than that.
        "impression": {"impressions": 90},
    }
)
"""Days by field, by kind of event."""

BUCKET_MAPPINGS: Json = {
    "dynamic": False,
    "_meta": {"es_hybrid": {"signals": 1}},
    "properties": {
        "day": {"type": "date", "format": "strict_date"},
        "kind": {"type": "keyword"},
        "counts": {"type": "object", "enabled": False},
    },
}

Counts = Mapping[str, float]
"""How many, by product id."""


@dataclass(frozen=True, slots=True)
class SignalsReport:
    """What was made of an event log.

    Attributes:
        events: Events that were counted.
        skipped: Records that name no product, no time, or nothing that is counted.
        future: Events of days that have not come yet; a clock runs ahead.
        days: Days that the log holds, oldest first; what was known of them is replaced.
        until: Last day of every window.
        products: Products whose fields were computed.
        changed: Products that were written; the others say the same already.
        unknown: Products of the log that the index does not have.
        failed: Products that could not be written.
        left_out: Fields that the index's mapping does not have.
    """

    events: int = 0
    skipped: int = 0
    future: int = 0
    days: tuple[str, ...] = ()
    until: str = ""
    products: int = 0
    changed: int = 0
    unknown: int = 0
    failed: int = 0
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.events:,} events of {len(self.days)} days, {self.skipped:,} skipped,"
            f" {self.products:,} products up to {self.until}: {self.changed:,} changed,"
            f" {self.unknown:,} not in the index, {self.failed:,} failed"
        )


@dataclass(slots=True)
class Bucketed:
    """A log, counted by day, kind and product.

    Attributes:
        counts: By day and kind.
        events: Events that were counted.
        skipped: Records that were not.
        future: Events after `today`.
    """

    counts: dict[tuple[date, str], dict[str, float]] = field(default_factory=dict)
    events: int = 0
    skipped: int = 0
    future: int = 0

    @property
    def days(self) -> tuple[str, ...]:
        """The days, oldest first."""
        return tuple(sorted({day.isoformat() for day, _ in self.counts}))


def bucketed(items: Iterable[FeedItem], *, today: date, zone: tzinfo = UTC) -> Bucketed:
    """Count a log by day.

    Args:
        items: What `read_products` yields, or dictionaries.
        today: The last day that may be counted.
        zone: Whose midnight ends a day.

    Example:
        >>> log = [{"event": "purchase", "product_id": "a", "at": "2026-11-20T23:30:00Z", "qty": 2}]
        >>> bucketed(log, today=date(2026, 11, 21)).counts
        {(datetime.date(2026, 11, 20), 'purchase'): {'a': 2.0}}
    """
    found = Bucketed()
    for record in records_of(items):
        event = None if record is None else read_event(record)
        day = None if event is None else _day_of(event.at_s, zone)
        if event is None or event.kind is None or day is None:
            found.skipped += 1
        elif day > today:
            found.future += 1
        else:
            found.events += 1
            counts = found.counts.setdefault((day, event.kind), {})
            counts[event.product_id] = counts.get(event.product_id, 0.0) + event.count
    return found


def run_out_query(until: date) -> Json:
    """Return the query for days of each kind that none of its windows reaches.

    Example:
        >>> run_out_query(date(2026, 11, 21))["bool"]["should"][0]["bool"]["filter"][1]
        {'range': {'day': {'lt': '2026-10-23'}}}
    """
    kinds = []
    for kind, own in WINDOWS.items():
        oldest = until - timedelta(days=max(own.values()) - 1)
        old = {"range": {"day": {"lt": oldest.isoformat()}}}
        kinds.append({"bool": {"filter": [{"term": {"kind": kind}}, old]}})
    return {"bool": {"should": kinds, "minimum_should_match": 1}}


def windowed(
    buckets: Iterable[tuple[date, str, Counts]],
    *,
    until: date,
    fields: Iterable[str],
    windows: Mapping[str, Mapping[str, int]] = WINDOWS,
) -> dict[str, Json]:
    """Return the fields to update, by product id.

    A window is so many days up to `until`, that one included. A product that something happened to,
    but nothing within a window, gets a 0 there: last month's count must not stand for ever.

    Args:
        buckets: Day, kind, and counts by product; each day and kind once.
        until: The last day that counts.
        fields: Those that the index has.
        windows: What is counted where.

    Example:
        >>> buckets = [(date(2026, 11, 1), "purchase", {"a": 2})]
        >>> windowed(buckets, until=date(2026, 11, 21), fields=["sales_7d", "sales_30d"])
        {'a': {'sales_7d': 0, 'sales_30d': 2}}
    """
    known = set(fields)
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for day, kind, counts in buckets:
        age = (until - day).days
        if age < 0:
            continue
        for name, days in windows.get(kind, {}).items():
            if name not in known:
                continue
            inside = age < days
            for product, count in counts.items():
                own = found[product]
                own[name] = own.get(name, 0.0) + (count if inside else 0.0)
    return {product: {name: _whole(n) for name, n in own.items()} for product, own in found.items()}


def bucket_action(day: date, kind: str, counts: Counts) -> Action:
    """Return the bulk item of one day's counts of one kind; it replaces what was known of them."""
    id_ = f"{day.isoformat()}-{kind}"
    head = orjson.dumps({"index": {"_id": id_}})
    body = orjson.dumps({"day": day.isoformat(), "kind": kind, "counts": counts})
    return Action(id_, b"%b\n%b\n" % (head, body))


def bayesian_rating(
    total: float, count: float, *, prior_mean: float, prior_count: float = 10.0
) -> float:
    """Return a rating that few reviews cannot carry away from the catalogue's mean.

    `(prior_count * prior_mean + total) / (prior_count + count)`: the mean of the reviews and of
    `prior_count` made-up ones of the catalogue's mean rating. The posterior mean under a conjugate
    prior (Gelman et al., "Bayesian Data Analysis", section 2.5); shops know it as the formula of
    IMDb's top list.

    Args:
        total: Sum of the ratings.
        count: How many there are.
        prior_mean: The catalogue's mean rating.
        prior_count: Reviews that weigh as much as the prior.

    Example:
        >>> round(bayesian_rating(5.0, 1, prior_mean=4.0), 2)
        4.09
    """
    return (prior_count * prior_mean + total) / (prior_count + count)


def smoothed_rows(
    sources: Iterable[Mapping[str, Any]], *, prior_mean: float, prior_count: float
) -> Iterator[Json]:
    """Yield an update of `rating_smoothed` for each product with `rating` and `review_count`."""
    for source in sources:
        rating, count = source.get("rating"), source.get("review_count")
        if isinstance(rating, (int, float)) and isinstance(count, (int, float)):
            few = max(float(count), 0.0)
            smoothed = bayesian_rating(
                rating * few, few, prior_mean=prior_mean, prior_count=prior_count
            )
            yield {"id": source["id"], "rating_smoothed": round(smoothed, 3)}


def _day_of(at_s: float | None, zone: tzinfo) -> date | None:
    if at_s is None:
        return None
    try:
        return datetime.fromtimestamp(at_s, zone).date()
    except (ValueError, OverflowError, OSError):
        return None


def _whole(number: float) -> Any:
    return int(number) if float(number).is_integer() else number
