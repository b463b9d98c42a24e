"""From an event log to ranking fields, day by day."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from es_hybrid.indexing.event_log import read_event, seconds_of
from es_hybrid.indexing.signals import (
    bayesian_rating,
    bucketed,
    smoothed_rows,
    windowed,
)
from es_hybrid.indexing.sources import BadRecord, Record

TODAY = date(2026, 11, 21)
FIELDS = ("sales_7d", "sales_30d", "clicks_7d", "clicks_30d")


def sold(product: str, days_ago: int, count: float = 1.0) -> tuple[date, str, dict[str, float]]:
    return TODAY - timedelta(days=days_ago), "purchase", {product: count}


def test_windows_count_whole_days() -> None:
    """Seven days are today and the six before it; what came before thirty days counts nowhere."""
    found = windowed(
        [sold("a", 6, 2), sold("a", 7, 3), sold("a", 30, 9)], until=TODAY, fields=FIELDS
    )
    assert found == {"a": {"sales_7d": 2, "sales_30d": 5}}


def test_a_count_that_ran_out_becomes_zero() -> None:
    """Last month's sales must not stand for ever."""
    found = windowed([sold("a", 40)], until=TODAY, fields=FIELDS)
    assert found == {"a": {"sales_7d": 0, "sales_30d": 0}}


def test_impressions_are_counted_in_the_shipped_field() -> None:
    """What ends a new product's time is counted from the same events as sales."""
    shown = [(TODAY - timedelta(days=days), "impression", {"a": 10.0}) for days in (1, 50)]
    assert windowed(shown, until=TODAY, fields=["impressions"]) == {"a": {"impressions": 20}}


def test_days_after_the_last_one_wait() -> None:
    """A window that ends yesterday knows nothing of today, and no field that is not there."""
    found = windowed(
        [sold("a", 0), (TODAY, "click", {"a": 1.0}), sold("b", 1)],
        until=TODAY - timedelta(days=1),
        fields=["sales_7d"],
    )
    assert found == {"b": {"sales_7d": 1}}


def test_a_log_is_counted_by_day_and_kind() -> None:
    """Midnight is the shop's own; the future and what counts nothing are left out and counted."""
    log: list[Any] = [
        {"event": "purchase", "product_id": "a", "at": "2026-11-20T17:00:00Z", "quantity": "2"},
        Record(2, {"event": "click", "product_id": "a", "at": "2026-11-20T15:00:00Z"}),
        {"event": "purchase", "product_id": "a", "at": "2026-11-25T00:00:00Z"},
        {"event": "login", "product_id": "a", "at": "2026-11-20T15:00:00Z"},
        {"event": "click", "product_id": "a"},
        {"event": "click", "at": "2026-11-20T15:00:00Z"},
        {"event": "click", "product_id": "a", "at": 1e30},
        BadRecord(8, "not JSON"),
    ]
    found = bucketed(log, today=TODAY, zone=ZoneInfo("Asia/Shanghai"))
    assert found.counts == {
        (date(2026, 11, 21), "purchase"): {"a": 2.0},
        (date(2026, 11, 20), "click"): {"a": 1.0},
    }
    assert (found.events, found.skipped, found.future) == (2, 5, 1)
    assert found.days == ("2026-11-20", "2026-11-21")
    assert bucketed(log, today=TODAY, zone=UTC).days == ("2026-11-20",)


@pytest.mark.parametrize(
    "record",
    [
        {"event": "purchase", "product_id": "7", "at": "1970-01-02"},
        {"kind": "order", "sku": 7, "date": "1970/01/02"},
        {"type": "purchase-complete", "item_id": "7", "time": 86400},
        {"event": "purchase", "product_id": "7", "at": "1970-01-02T08:00:00+08:00"},
        {
            "action_name": "purchase",
            "timestamp": "1970-01-02T00:00:00Z",
            "event_attributes": {"object": {"object_id": "7", "object_id_field": "sku"}},
        },
    ],
)
def test_logs_spell_it_their_way(record: dict[str, Any]) -> None:
    """Flat records and UBI events say the same."""
    event = read_event(record)
    assert event is not None
    assert (event.product_id, event.kind, event.at_s) == ("7", "purchase", 86400.0)


def test_milliseconds_are_known_by_their_size() -> None:
    """A log of a browser counts milliseconds."""
    assert seconds_of(1_763_683_200_000) == seconds_of("2025-11-21T00:00:00Z")
    assert seconds_of(None) is seconds_of(True) is None


def test_few_reviews_stay_near_the_mean() -> None:
    """One review of five stars is no better than a hundred of four and a half."""
    one = bayesian_rating(5.0, 1, prior_mean=4.0)
    many = bayesian_rating(450.0, 100, prior_mean=4.0)
    assert 4.0 < one < many < 4.5
    assert bayesian_rating(0.0, 0, prior_mean=4.0) == pytest.approx(4.0)


def test_only_what_is_rated_is_smoothed() -> None:
    """A product without a rating, or without reviews of it, gets none."""
    sources = [{"id": "a", "rating": 5.0, "review_count": 10}, {"id": "b", "rating": 5.0}]
    rows = list(smoothed_rows(sources, prior_mean=4.0, prior_count=10))
    assert rows == [{"id": "a", "rating_smoothed": 4.5}]
