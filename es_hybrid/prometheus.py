"""The metrics of a client as Prometheus reads them; needs the extra `prometheus`.

    prometheus_client.REGISTRY.register(ShopCollector(shop))

Numbers are read when Prometheus asks. Names and labels hold no shopper's words, keys or products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from es_hybrid._breaker import BreakerMode
from es_hybrid.errors import missing_extra
from es_hybrid.metrics import BOUNDS_S, Durations, Metrics

if TYPE_CHECKING:
    from prometheus_client import Metric

__all__ = ["FAMILIES", "Family", "ShopCollector", "exposition"]


_Samples: TypeAlias = Iterator[tuple[tuple[str, ...], Any]]
"""The values of a family's labels, with a number or `Durations`."""


class Family(NamedTuple):
    """One metric: its name, the labels of its samples, what it means, and where it is read."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    meaning: str
    samples: Callable[[Metrics], _Samples]


def _searches(metrics: Metrics) -> _Samples:
    yield from (((level,), count) for level, count in metrics.searches.items())


def _degradations(metrics: Metrics) -> _Samples:
    for (stage, reason), count in metrics.degraded.items():
        yield (str(stage), str(reason)), count


def _took(metrics: Metrics) -> _Samples:
    yield (), metrics.took


def _stages(metrics: Metrics) -> _Samples:
    yield from (((str(stage),), found) for stage, found in metrics.stages.items())


def _lookups(metrics: Metrics) -> _Samples:
    for stage, stats in metrics.caches.items():
        yield (str(stage), "hit"), stats.hits
        yield (str(stage), "shared_hit"), stats.shared_hits
        yield (str(stage), "miss"), stats.misses


def _redis_failures(metrics: Metrics) -> _Samples:
    for stage, stats in metrics.caches.items():
        yield (str(stage),), stats.shared_failures + stats.shared_skipped


def _cache_bytes(metrics: Metrics) -> _Samples:
    yield from (((str(stage),), stats.size_bytes) for stage, stats in metrics.caches.items())


def _breakers(metrics: Metrics) -> _Samples:
    for service, mode in metrics.breakers.items():
        yield from (((service, str(each)), int(each is mode)) for each in BreakerMode)


def _records(metrics: Metrics) -> _Samples:
    for index, found in metrics.ingests.items():
        yield from (((index, result), count) for result, count in found.records.items())


def _embedded(metrics: Metrics) -> _Samples:
    yield from (((index,), found.embedded) for index, found in metrics.ingests.items())


def _without_vector(metrics: Metrics) -> _Samples:
    yield from (((index,), found.without_vector) for index, found in metrics.ingests.items())


def _current(metrics: Metrics) -> _Samples:
    known = ((index, found.current_at_s) for index, found in metrics.ingests.items())
    yield from (((index,), at_s) for index, at_s in known if at_s is not None)


FAMILIES = (
    Family(
        "es_hybrid_searches_total",
        "counter",
        ("level",),
        "Searches by the rung of the ladder; passthrough: sent on untouched",
        _searches,
    ),
    Family(
        "es_hybrid_degradations_total",
        "counter",
        ("stage", "reason"),
        "What searches did without, and why",
        _degradations,
    ),
    Family(
        "es_hybrid_search_duration_seconds",
        "histogram",
        (),
        "Whole searches, remembered and untouched ones included",
        _took,
    ),
    Family(
        "es_hybrid_stage_duration_seconds",
        "histogram",
        ("stage",),
        "Stages, of the searches in which they took part",
        _stages,
    ),
    Family(
        "es_hybrid_cache_lookups_total",
        "counter",
        ("cache", "result"),
        "Values looked up: hit in this process, shared_hit in Redis, or miss",
        _lookups,
    ),
    Family(
        "es_hybrid_cache_redis_failures_total",
        "counter",
        ("cache",),
        "Calls of Redis that failed, or that were not made after failures in a row",
        _redis_failures,
    ),
    Family(
        "es_hybrid_cache_bytes",
        "gauge",
        ("cache",),
        "Memory of this process, about",
        _cache_bytes,
    ),
    Family(
        "es_hybrid_breaker_state",
        "gauge",
        ("service", "state"),
        "1 for the state that a service's breaker is in, 0 for the others",
        _breakers,
    ),
    Family(
        "es_hybrid_ingest_records_total",
        "counter",
        ("index", "result"),
        "Records: indexed, unchanged, stale, failed or deleted",
        _records,
    ),
    Family(
        "es_hybrid_ingest_embedded_total",
        "counter",
        ("index",),
        "Texts turned into vectors",
        _embedded,
    ),
    Family(
        "es_hybrid_ingest_without_vector",
        "gauge",
        ("index",),
        "Products of the last run that have no vector",
        _without_vector,
    ),
    Family(
        "es_hybrid_ingest_current_timestamp_seconds",
        "gauge",
        ("index",),
        "Moment up to which the index follows its source; time() minus this is the lag",
        _current,
    ),
)
"""Every metric, in order."""


class Measured(Protocol):
    """What has metrics: a `HybridClient` or an `AsyncHybridClient`."""

    @property
    def metrics(self) -> Metrics:
        """The numbers so far."""
        ...


class ShopCollector:
    """Gives the metrics of a client, or of several, to a `prometheus_client` registry.

    Args:
        shop: The client; copies made by `options` count together with it. Several clients by name
            are told apart by a label `shop`.

    Raises:
        ConfigurationError: The extra is not installed.

    Example:
        prometheus_client.REGISTRY.register(ShopCollector(shop))
    """

    def __init__(self, shop: Measured | Mapping[str, Measured]) -> None:
        _library()
        self._shops = shop if isinstance(shop, Mapping) else {None: shop}
        self._label = ("shop",) if isinstance(shop, Mapping) else ()

    def describe(self) -> Iterator[Metric]:
        """Yield every metric without samples, so that a registry refuses a second collector."""
        for family in FAMILIES:
            yield self._empty(family)

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its samples."""
        read = {name: shop.metrics for name, shop in self._shops.items()}
        for family in FAMILIES:
            found = self._empty(family)
            for name, metrics in read.items():
                own = () if name is None else (name,)
                for values, value in family.samples(metrics):
                    _add(found, [*own, *values], value)
            yield found

    def _empty(self, family: Family) -> Any:
        library = _library()
        kinds = {
            "counter": library.CounterMetricFamily,
            "gauge": library.GaugeMetricFamily,
            "histogram": library.HistogramMetricFamily,
        }
        names = [*self._label, *family.labels]
        return kinds[family.kind](family.name, family.meaning, labels=names)


def exposition(shop: Measured) -> tuple[bytes, str]:
    """Return body and content type of a `/metrics` page for one client.

    Raises:
        ConfigurationError: The extra is not installed.

    Example:
        body, content_type = exposition(shop)
    """
    collector = ShopCollector(shop)
    import prometheus_client  # noqa: PLC0415 (an extra)

    registry = prometheus_client.CollectorRegistry()
    registry.register(collector)
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST


def _add(family: Any, labels: list[str], value: Any) -> None:
    if isinstance(value, Durations):
        bounds = [*map(str, BOUNDS_S), "+Inf"]
        buckets = list(zip(bounds, [*value.buckets, value.count], strict=True))
        family.add_metric(labels, buckets, sum_value=value.sum_s)
    else:
        family.add_metric(labels, value)


def _library() -> Any:
    try:
        from prometheus_client import core  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise missing_extra(error, user="the exporter", extra="prometheus") from error
    return core
