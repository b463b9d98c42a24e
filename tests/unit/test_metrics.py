"""Counts for a dashboard add up, from any thread, and name nothing that was typed."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.report import IngestReport
from es_hybrid.metrics import BOUNDS_S, IngestMetrics, Meter, Metrics
from es_hybrid.prometheus import FAMILIES, ShopCollector, exposition
from es_hybrid.protocols import SearchDone
from es_hybrid.types import Degradation, DegradationReason, Level, PlanName, Stage

LACK = Degradation(Stage.EMBED, DegradationReason.TIMEOUT)


class Shop:
    """Has the metrics that it is given."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics


@given(st.lists(st.integers(0, 20_000).map(lambda ms: ms / 1000.0), max_size=30))
def test_a_histogram_counts_everything_once(seconds: list[float]) -> None:
    """Each bucket holds what took no longer than its bound."""
    meter = Meter()
    for each in seconds:
        meter.search_done(
            SearchDone(PlanName.MSEARCH_FUSION, took_ms=1000.0 * each, level=Level.FULL)
        )
    found = meter.read().took
    assert found.count == len(seconds)
    assert found.sum_s == pytest.approx(sum(seconds))
    assert list(found.buckets) == [sum(s <= bound for s in seconds) for bound in BOUNDS_S]


def test_threads_lose_no_count() -> None:
    """A thousand searches of eight threads are a thousand searches."""
    meter = Meter()
    event = SearchDone(
        PlanName.MSEARCH_FUSION,
        took_ms=30.0,
        timings_ms={Stage.EMBED: 7.0},
        degraded=(LACK,),
        level=Level.LEXICAL,
    )
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: meter.search_done(event), range(1000)))
    found = meter.read()
    assert found.searches["lexical"] == found.took.count == found.stages[Stage.EMBED].count == 1000
    assert found.degraded == {(Stage.EMBED, DegradationReason.TIMEOUT): 1000}
    meter.search_done(SearchDone(PlanName.PASSTHROUGH, took_ms=1.0))
    assert meter.read().searches["passthrough"] == 1


def test_runs_add_up_and_the_newest_moment_counts() -> None:
    """Records of an index are counted over runs; an older feed does not set the clock back."""
    meter = Meter()
    meter.ingested("a", IngestReport(read=3, indexed=2, failed=1, embedded=2, without_vector=1))
    meter.ingested("a", IngestReport(read=3, unchanged=3))
    meter.deleted("a", 4)
    for at_s in (100.0, 50.0):
        meter.current("a", at_s)
    meter.current("b", 7.0)
    found = meter.read().ingests
    assert found["a"].records == {
        "indexed": 2, "unchanged": 3, "stale": 0, "failed": 1, "deleted": 4,
    }  # fmt: skip
    assert (found["a"].runs, found["a"].embedded, found["a"].without_vector) == (2, 2, 0)
    assert found["a"].lag_s(now_s=130.0) == 30.0
    assert (found["b"].lag_s(now_s=5.0), IngestMetrics().lag_s(now_s=5.0)) == (0.0, None)


def test_every_metric_is_on_the_page_and_shops_are_told_apart() -> None:
    """Each metric is named once, whatever there is of it, and samples name their shop."""
    empty = Shop(Metrics())
    registry = CollectorRegistry()
    registry.register(ShopCollector({"uk": Shop(Meter().read()), "de": empty}))
    page = generate_latest(registry).decode()
    assert 'es_hybrid_searches_total{level="full",shop="uk"} 0.0' in page
    assert 'es_hybrid_search_duration_seconds_count{shop="de"} 0.0' in page
    for family in FAMILIES:
        assert page.count(f"# HELP {family.name} {family.meaning}") == 1
    with pytest.raises(ValueError, match="Duplicated"):
        registry.register(ShopCollector(empty))
    assert exposition(empty)[1].startswith("text/plain")


def test_without_the_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop that lacks the package learns its name, not an ImportError."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.setitem(sys.modules, "prometheus_client.core", None)
    with pytest.raises(ConfigurationError, match=r"es-hybrid\[prometheus\]"):
        exposition(Shop(Metrics()))
