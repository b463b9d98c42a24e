"""Numbers of one client for a dashboard: searches, degradations, times, caches, breakers, ingests.

They hold names and counts only: no shopper's words, no keys, no vectors, no product.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate

from es_hybrid._breaker import BreakerMode
from es_hybrid._cache import CacheStats
from es_hybrid.indexing.report import IngestReport
from es_hybrid.protocols import SearchDone
from es_hybrid.types import DegradationReason, Level, PlanName, Stage

__all__ = ["BOUNDS_S", "Durations", "IngestMetrics", "Meter", "Metrics"]

BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5.0)
"""Upper bounds of the buckets of durations; twice the default budget of 0.4 s is one of them."""

_OUTCOMES = ("indexed", "unchanged", "stale", "failed", "deleted")


@dataclass(frozen=True, slots=True)
class Durations:
    """How long something took, counted since the client was made.

    Attributes:
        count: How often.
        sum_s: Seconds in all.
        buckets: How often it took no longer than each of `BOUNDS_S`.

    Example:
        >>> Durations(count=2, sum_s=9.03).sum_s
        9.03
    """

    count: int = 0
    sum_s: float = 0.0
    buckets: tuple[int, ...] = (0,) * len(BOUNDS_S)


class _Stopwatch:
    """Counts durations in place; every search adds one a stage."""

    __slots__ = ("_count", "_in_bucket", "_sum_s")

    def __init__(self) -> None:
        self._count, self._sum_s = 0, 0.0
        self._in_bucket = [0] * (len(BOUNDS_S) + 1)

    def add(self, seconds: float) -> None:
        self._count += 1
        self._sum_s += seconds
        self._in_bucket[bisect_left(BOUNDS_S, seconds)] += 1

    def read(self) -> Durations:
        return Durations(self._count, self._sum_s, tuple(accumulate(self._in_bucket[:-1])))


@dataclass(frozen=True, slots=True)
class IngestMetrics:
    """What this process wrote into one index.

    Attributes:
        runs: Runs that ended well; each chunk of `follow` is one.
        records: Records by outcome: indexed, unchanged, stale, failed, deleted.
        embedded: Texts turned into vectors.
        without_vector: Products of the last run that have no vector.
        current_at_s: Seconds since the epoch up to which the index follows its source: when the
            last run of `ingest` began, or the time of its feed; with `follow`, when nothing was
            left to write. `None`: not known yet.
    """

    runs: int = 0
    records: Mapping[str, int] = field(default_factory=lambda: dict.fromkeys(_OUTCOMES, 0))
    embedded: int = 0
    without_vector: int = 0
    current_at_s: float | None = None

    def lag_s(self, now_s: float) -> float | None:
        """Return for how many seconds the index may have lacked what its source has.

        Example:
            >>> IngestMetrics(current_at_s=100.0).lag_s(130.0)
            30.0
        """
        return None if self.current_at_s is None else max(now_s - self.current_at_s, 0.0)


@dataclass(frozen=True, slots=True)
class Metrics:
    """The numbers of one client, since it was made; `shop.metrics`.

    Attributes:
        searches: Searches by level; those that were passed through are `passthrough`.
        degraded: What searches did without, by stage and reason.
        took: Whole searches, those that were passed through or remembered included.
        stages: Each stage, of the searches in which it took part.
        caches: By the stage whose results they remember.
        breakers: What the next call of a service meets, by the service's name.
        ingests: By the name of the index or alias that was written to.
    """

    searches: Mapping[str, int] = field(default_factory=dict)
    degraded: Mapping[tuple[Stage, DegradationReason], int] = field(default_factory=dict)
    took: Durations = field(default_factory=Durations)
    stages: Mapping[Stage, Durations] = field(default_factory=dict)
    caches: Mapping[Stage, CacheStats] = field(default_factory=dict)
    breakers: Mapping[str, BreakerMode] = field(default_factory=dict)
    ingests: Mapping[str, IngestMetrics] = field(default_factory=dict)


class Meter:
    """Counts for one client, from any thread.

    Example:
        >>> meter = Meter()
        >>> meter.search_done(SearchDone(PlanName.MSEARCH_FUSION, took_ms=12.0, level=Level.FULL))
        >>> meter.read().searches["full"], meter.read().took.count
        (1, 1)
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._searches = dict.fromkeys([*map(str, Level), str(PlanName.PASSTHROUGH)], 0)
        self._degraded = Counter[tuple[Stage, DegradationReason]]()
        self._took = _Stopwatch()
        self._stages: defaultdict[Stage, _Stopwatch] = defaultdict(_Stopwatch)
        self._ingests: dict[str, IngestMetrics] = {}

    def search_done(self, event: SearchDone) -> None:
        """Count a search."""
        name = str(PlanName.PASSTHROUGH if event.level is None else event.level)
        with self._lock:
            self._searches[name] += 1
            for each in event.degraded:
                self._degraded[each.stage, each.reason] += 1
            self._took.add(event.took_ms / 1000.0)
            for stage, took_ms in event.timings_ms.items():
                self._stages[stage].add(took_ms / 1000.0)

    def ingested(self, index: str, report: IngestReport) -> None:
        """Count a run."""
        with self._lock:
            before = self._ingests.get(index, IngestMetrics())
            self._ingests[index] = replace(
                before,
                runs=before.runs + 1,
                records={n: before.records[n] + getattr(report, n) for n in _OUTCOMES},
                embedded=before.embedded + report.embedded,
                without_vector=report.without_vector,
            )

    def deleted(self, index: str, count: int) -> None:
        """Count products that were taken out, other than by a whole feed."""
        with self._lock:
            before = self._ingests.get(index, IngestMetrics())
            records = {**before.records, "deleted": before.records["deleted"] + count}
            self._ingests[index] = replace(before, records=records)

    def current(self, index: str, at_s: float) -> None:
        """Note up to which moment an index follows its source; the newest counts."""
        with self._lock:
            before = self._ingests.get(index, IngestMetrics())
            newest = max(at_s, before.current_at_s or at_s)
            self._ingests[index] = replace(before, current_at_s=newest)

    def read(self) -> Metrics:
        """Return the numbers so far."""
        with self._lock:
            return Metrics(
                searches=dict(self._searches),
                degraded=dict(self._degraded),
                took=self._took.read(),
                stages={stage: each.read() for stage, each in self._stages.items()},
                ingests=dict(self._ingests),
            )
