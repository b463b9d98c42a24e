"""What a log says of searches: clicks, sales, failures, times; by day and by variant."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from es_hybrid.evaluate.metrics import percentile
from es_hybrid.logs.history import History, LoggedSearch
from es_hybrid.types import Json

__all__ = ["Figures", "Latency", "LogReport", "report_of"]

VISIT_S = 1800.0
"""Seconds after which another search of the same shopper belongs to another visit."""

REFORMULATED_S = 300.0
"""Seconds within which other words are another way to ask for the same."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds.

    Attributes:
        p50: Half of the searches took longer.
        p95: One in twenty did.
        p99: One in a hundred did.
    """

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, times_ms: Sequence[float]) -> Latency:
        """Return the percentiles of some times."""
        return cls(*(round(percentile(times_ms, share), 2) for share in (50, 95, 99)))


@dataclass(frozen=True, slots=True)
class Figures:
    """What is said of some searches; shares are from 0 to 1, `None` where the log cannot know.

    Attributes:
        searches: How many; pages of one `query_id` are one.
        click_rate: Share after which a product was opened (CTR).
        clicks_per_search: Opened products a search.
        cart_rate: Share after which one was put into the cart.
        conversion: Share after which one was bought.
        revenue_per_search: Money a search.
        zero_result_rate: Share that found nothing.
        bounce_rate: Of those that found something, the share after which nothing was done and, in
            the same visit, nothing else was searched.
        reformulation_rate: Share of searches with words and a session that are followed by other
            words within five minutes, nothing having been done with the answer.
        degraded: Share that went without something, by `stage: reason`.
        latency_ms: Milliseconds per stage, `total` for all.
        explored_share: Share of the shown products that stood there to be tried out.
        explored_click_rate: Clicks a showing of these; they are part of the figures above.
    """

    searches: int
    click_rate: float | None = None
    clicks_per_search: float | None = None
    cart_rate: float | None = None
    conversion: float | None = None
    revenue_per_search: float | None = None
    zero_result_rate: float | None = None
    bounce_rate: float | None = None
    reformulation_rate: float | None = None
    degraded: Mapping[str, float] = field(default_factory=dict)
    latency_ms: Mapping[str, Latency] = field(default_factory=dict)
    explored_share: float | None = None
    explored_click_rate: float | None = None


@dataclass(frozen=True, slots=True)
class LogReport:
    """What a log says.

    Attributes:
        total: Of all searches.
        by_day: By day in UTC.
        by_variant: By `experiment: variant`.
        recommendations: Of lists that nobody searched for, by what was recommended; they are in
            none of the others.
        events: How many events there were.
        unmatched: Those of nothing in the log.
        repeated: Those that were logged before, and are not counted again.
    """

    total: Figures
    by_day: Mapping[str, Figures]
    by_variant: Mapping[str, Figures]
    recommendations: Mapping[str, Figures] = field(default_factory=dict)
    events: int = 0
    unmatched: int = 0
    repeated: int = 0

    def to_dict(self) -> Json:
        """Return the same as JSON."""
        return asdict(self)


def report_of(history: History) -> LogReport:
    """Return what a log says.

    Example:
        >>> search = LoggedSearch("q", 0.0, found_nothing=True)
        >>> report_of(History((search,))).total.zero_result_rate
        1.0
    """
    next_of = _next_searches(history.searches)
    days: dict[str, list[LoggedSearch]] = defaultdict(list)
    variants: dict[str, list[LoggedSearch]] = defaultdict(list)
    for search in history.searches:
        days[search.day].append(search)
        if search.experiment or search.variant:
            variants[f"{search.experiment}: {search.variant}"].append(search)
    lists: dict[str, list[LoggedSearch]] = defaultdict(list)
    for made in history.recommendations:
        lists[made.recommended].append(made)
    return LogReport(
        total=_figures(history.searches, next_of),
        by_day={day: _figures(some, next_of) for day, some in sorted(days.items())},
        by_variant={name: _figures(some, next_of) for name, some in sorted(variants.items())},
        recommendations={kind: _of_lists(some) for kind, some in sorted(lists.items())},
        events=history.events,
        unmatched=history.unmatched,
        repeated=history.repeated,
    )


def _of_lists(lists: Sequence[LoggedSearch]) -> Figures:
    # Whoever passes a list by has not left the shop.
    return replace(_figures(lists, {}), bounce_rate=None)


def _next_searches(searches: Iterable[LoggedSearch]) -> dict[str, LoggedSearch]:
    """Return by its id the search that follows each one in the same visit."""
    last: dict[str, LoggedSearch] = {}
    following: dict[str, LoggedSearch] = {}
    for search in searches:
        if not search.session:
            continue
        before = last.get(search.session)
        if before is not None and search.at_s - before.at_s <= VISIT_S:
            following[before.query_id] = search
        last[search.session] = search
    return following


def _figures(searches: Sequence[LoggedSearch], next_of: Mapping[str, LoggedSearch]) -> Figures:
    count = len(searches)
    if not count:
        return Figures(0)
    deeds = [search.deeds for search in searches]
    found = [search for search in searches if not search.found_nothing]
    worded = [search for search in searches if search.key and search.session]
    lacks = Counter(lack for search in searches for lack in set(search.degraded))
    explored = [(s, position) for s in searches for position in s.explored]
    shown = sum(len(search.shown) for search in searches)
    tried = sum(_clicks(search, position) for search, position in explored)
    return Figures(
        searches=count,
        click_rate=sum(d.clicks > 0 for d in deeds) / count,
        clicks_per_search=sum(d.clicks for d in deeds) / count,
        cart_rate=sum(d.carts > 0 for d in deeds) / count,
        conversion=sum(d.purchases > 0 for d in deeds) / count,
        revenue_per_search=sum(d.revenue for d in deeds) / count,
        zero_result_rate=1.0 - len(found) / count,
        bounce_rate=_share(not s.deeds.any and s.query_id not in next_of for s in found),
        reformulation_rate=_share(_is_reformulated(s, next_of) for s in worded),
        degraded={lack: number / count for lack, number in lacks.most_common()},
        latency_ms=_latencies(searches),
        explored_share=len(explored) / shown if shown else None,
        explored_click_rate=tried / len(explored) if explored else None,
    )


def _is_reformulated(search: LoggedSearch, next_of: Mapping[str, LoggedSearch]) -> bool:
    after = next_of.get(search.query_id)
    if after is None or search.deeds.any or not after.key:
        return False
    return after.key != search.key and after.at_s - search.at_s <= REFORMULATED_S


def _clicks(search: LoggedSearch, position: int) -> float:
    return search.deeds.products.get(search.shown[position], (0.0,))[0]


def _latencies(searches: Iterable[LoggedSearch]) -> dict[str, Latency]:
    times: dict[str, list[float]] = defaultdict(list)
    for search in searches:
        if search.took_ms is not None:
            times["total"].append(search.took_ms)
        for stage, ms in search.timings_ms.items():
            times[stage].append(float(ms))
    return {stage: Latency.of(found) for stage, found in times.items()}


def _share(answers: Iterable[bool]) -> float | None:
    found = list(answers)
    return sum(found) / len(found) if found else None
