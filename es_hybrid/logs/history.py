"""Records joined: each search with what shoppers did with its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from es_hybrid.errors import ConfigurationError
from es_hybrid.logs.events import Action
from es_hybrid.logs.privacy import query_key
from es_hybrid.logs.records import EXPLORED
from es_hybrid.logs.runs import RUNS
from es_hybrid.types import Json, zoned

__all__ = ["CLICKS", "Deeds", "History", "LoggedSearch", "read_history"]

CLICKS = frozenset({Action.CLICK, Action.CLICK_THROUGH, Action.VIEW})
"""A product page that was opened, by any of its names."""


@dataclass(slots=True)
class Deeds:
    """What was done with the answer of one search.

    Attributes:
        clicks: Times that a product was opened.
        carts: Times that one was put into the cart.
        purchases: Times that one was bought.
        revenue: Money of the purchases.
        products: Opened, carted or bought, by id: clicks, carts, purchases and revenue of each.
    """

    clicks: int = 0
    carts: int = 0
    purchases: int = 0
    revenue: float = 0.0
    products: dict[str, list[float]] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether anything was done."""
        return bool(self.clicks or self.carts or self.purchases)

    def add(self, event: Mapping[str, Any]) -> None:
        """Count one event; one of another kind counts as nothing."""
        action, attributes = event.get("action_name"), event.get("event_attributes") or {}
        revenue = float(attributes.get("revenue") or 0.0) if action == Action.PURCHASE else 0.0
        what = (action in CLICKS, action == Action.CART, action == Action.PURCHASE)
        if not any(what):
            return
        self.clicks += what[0]
        self.carts += what[1]
        self.purchases += what[2]
        self.revenue += revenue
        product = str((attributes.get("object") or {}).get("object_id", ""))
        if product:
            sums = self.products.setdefault(product, [0.0, 0.0, 0.0, 0.0])
            for place, more in enumerate((*what, revenue)):
                sums[place] += more


@dataclass(slots=True)
class LoggedSearch:
    """One search, or one recommendation; its later pages are part of it.

    Attributes:
        query_id: What events refer to.
        at_s: Seconds since the epoch.
        key: What tells its words from others: a hash, or the words; empty where not logged.
        session: Hash or id of the visit; empty where not logged.
        experiment: Name, where it was part of one.
        variant: Of the experiment.
        unit: Hash of the shopper who was assigned that; empty where not logged.
        failed: Whether the variant's own search failed.
        recommended: What was recommended, such as `similar`; empty for a search.
        found_nothing: Whether there was no hit at all.
        took_ms: Milliseconds.
        timings_ms: Milliseconds per stage.
        degraded: What it did without, as `stage: reason`.
        shown: Product ids by position, from 1.
        explored: Positions of products that stand there to be tried out.
        teams: Of interleaved rankings, which one a product came from, by id.
        deeds: What was done with it.
    """

    query_id: str
    at_s: float
    key: str = ""
    session: str = ""
    experiment: str = ""
    variant: str = ""
    unit: str = ""
    failed: bool = False
    recommended: str = ""
    found_nothing: bool = False
    took_ms: float | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    shown: dict[int, str] = field(default_factory=dict)
    explored: set[int] = field(default_factory=set)
    teams: dict[str, str] = field(default_factory=dict)
    deeds: Deeds = field(default_factory=Deeds)

    @property
    def day(self) -> str:
        """The day in UTC, such as `2026-11-21`."""
        return f"{datetime.fromtimestamp(self.at_s, UTC):%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class History:
    """A log that was read.

    Attributes:
        searches: In order of time.
        recommendations: The same of lists that nobody searched for.
        events: How many events there were.
        unmatched: Those of neither in the log.
        repeated: Those that were logged before, and are not counted again.
    """

    searches: tuple[LoggedSearch, ...]
    recommendations: tuple[LoggedSearch, ...] = ()
    events: int = 0
    unmatched: int = 0
    repeated: int = 0


def read_history(records: Iterable[Mapping[str, Any]]) -> History:
    """Join searches and events.

    An event that comes again is counted once: it has the `event_id` of another or, without one,
    does the same with the same product after the same search, for the same money.

    Args:
        records: Of both kinds, in any order.

    Raises:
        ConfigurationError: A record is neither; names its place, and repeats nothing of it.

    Example:
        >>> search = {"query_id": "q", "@timestamp": "2026-11-21T10:00:00Z", "user_query": "ab12"}
        >>> event = {"query_id": "q", "action_name": "click"}
        >>> read_history([event, search]).searches[0].deeds.clicks
        1
    """
    searches: dict[str, LoggedSearch] = {}
    deeds: dict[str, Deeds] = {}
    events: dict[str, int] = {}
    seen: set[tuple[object, ...]] = set()
    repeated = 0
    for place, record in enumerate(records, start=1):
        id_ = str(record.get("query_id") or "")
        if record.get("action_name") in RUNS:
            continue
        try:
            if "action_name" in record:
                events[id_] = events.get(id_, 0) + 1
                same = _identity(id_, record)
                if id_ and same in seen:
                    repeated += 1
                    continue
                seen.add(same)
                deeds.setdefault(id_, Deeds()).add(record)
            elif id_:
                search = _search(record)
                _add(searches.setdefault(id_, search), search, record)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # It may hold a shopper's words.
            raise ConfigurationError(
                f"record {place:,} of the log is no record of UBI ({type(error).__name__})",
                hint="docs/logs.md has the fields",
            ) from None
    for id_, search in searches.items():
        search.deeds = deeds.get(id_, search.deeds)
    ordered = tuple(sorted(searches.values(), key=lambda search: search.at_s))
    lost = sum(count for id_, count in events.items() if id_ not in searches)
    return History(
        tuple(search for search in ordered if not search.recommended),
        tuple(search for search in ordered if search.recommended),
        events=sum(events.values()),
        unmatched=lost,
        repeated=repeated,
    )


def _identity(query_id: str, event: Mapping[str, Any]) -> tuple[object, ...]:
    """Return what an event has in common with its repetitions, and with no other."""
    told = event.get("event_attributes") or {}
    if told.get("event_id"):
        return (event.get("action_name"), told["event_id"])
    product = (told.get("object") or {}).get("object_id")
    # Two events that name no product are the same where they are of one moment.
    which = event.get("timestamp") or event.get("@timestamp") if product is None else product
    money = told.get("revenue"), told.get("quantity")
    return (query_id, event.get("action_name"), str(which), *money)


def _search(record: Mapping[str, Any]) -> LoggedSearch:
    told: Json = record.get("query_attributes") or {}
    took = told.get("took_ms")
    return LoggedSearch(
        query_id=str(record["query_id"]),
        at_s=_seconds(record.get("@timestamp") or record.get("timestamp")),
        key=query_key(str(record.get("user_query") or "")),
        session=str(record.get("session_id") or record.get("client_id") or ""),
        experiment=str(told.get("experiment") or ""),
        variant=str(told.get("variant") or ""),
        unit=str(told.get("unit") or ""),
        failed=bool(told.get("failed")),
        recommended=str(told.get("recommended") or ""),
        found_nothing=bool(told.get("zero_results", not record.get("query_response_hit_ids"))),
        took_ms=None if took is None else float(took),
        timings_ms=told.get("timings_ms") or {},
        degraded=tuple(f"{d['stage']}: {d['reason']}" for d in told.get("degraded") or ()),
    )


def _add(search: LoggedSearch, page: LoggedSearch, record: Mapping[str, Any]) -> None:
    """Add a page to its search; whichever came first says when and how."""
    told: Json = record.get("query_attributes") or {}
    search.at_s = min(search.at_s, page.at_s)
    search.found_nothing = search.found_nothing and page.found_nothing
    shown = told.get("shown")
    if shown is None:  # a log of others
        first = int(told.get("from") or 0) + 1
        ids = record.get("query_response_hit_ids") or ()
        shown = [{"position": n, "object_id": i} for n, i in enumerate(ids, start=first)]
    for one in shown:
        position, product = int(one["position"]), str(one["object_id"])
        search.shown[position] = product
        if one.get(EXPLORED):
            search.explored.add(position)
        if "team" in one:
            search.teams[product] = str(one["team"])


def _seconds(time: Any) -> float:
    if not isinstance(time, str):
        return 0.0
    return zoned(datetime.fromisoformat(time)).timestamp()
