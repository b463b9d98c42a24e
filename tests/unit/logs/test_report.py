"""What a log says, on logs small enough to be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.logs.history import read_history
from es_hybrid.logs.report import LogReport, report_of
from es_hybrid.types import Json


def search(id_: str, at: str, **told: Any) -> Json:
    words = {name: told.pop(name) for name in ("user_query", "session_id") if name in told}
    attributes = {"zero_results": False, "took_ms": 10.0, **told}
    return {
        "query_id": id_,
        "@timestamp": f"2026-11-{at}Z",
        **words,
        "query_attributes": attributes,
    }


def event(action: str, id_: str, product: str = "a", **told: Any) -> Json:
    attributes = {"object": {"object_id": product}, **told}
    return {"action_name": action, "query_id": id_, "event_attributes": attributes}


def report(*records: Json) -> LogReport:
    return report_of(read_history(records))


def test_rates_are_of_searches() -> None:
    """Two clicks after one search are one clicked search, and money is shared by all."""
    found = report(
        search("1", "20T10:00:00"),
        search("2", "20T11:00:00"),
        search("3", "21T10:00:00", zero_results=True),
        search("4", "21T11:00:00"),
        event("click", "1"),
        event("click_through", "1", "b"),
        event("add_to_cart", "1"),
        event("purchase", "1", revenue=30.0),
        event("click", "2"),
        event("impression", "4"),
        event("click", "elsewhere"),
    )
    total = found.total
    assert (total.searches, total.click_rate, total.clicks_per_search) == (4, 0.5, 0.75)
    assert (total.cart_rate, total.conversion, total.revenue_per_search) == (0.25, 0.25, 7.5)
    assert (total.zero_result_rate, total.bounce_rate) == (0.25, pytest.approx(1 / 3))
    assert (found.events, found.unmatched) == (7, 1)
    assert {day: figures.searches for day, figures in found.by_day.items()} == {
        "2026-11-20": 2,
        "2026-11-21": 2,
    }


def test_variants_stand_side_by_side() -> None:
    """Each variant of an experiment has its own figures; searches outside it are in none."""
    found = report(
        search("1", "20T10:00:00", experiment="e", variant="a"),
        search("2", "20T10:00:00", experiment="e", variant="b"),
        search("3", "20T10:00:00"),
        event("purchase", "2", revenue=5.0),
    )
    assert {name: f.revenue_per_search for name, f in found.by_variant.items()} == {
        "e: a": 0.0,
        "e: b": 5.0,
    }


def test_a_second_search_is_no_bounce() -> None:
    """Whoever goes on searching has not left; with other words, they have said it again."""
    found = report(
        search("1", "20T10:00:00", user_query="h1", session_id="s"),
        search("2", "20T10:01:00", user_query="h2", session_id="s"),
        search("3", "20T10:02:00", user_query="h2", session_id="s"),
        search("4", "20T12:00:00", user_query="h3", session_id="s"),
        search("5", "20T10:00:30", user_query="h9", session_id="another"),
    )
    assert found.total.bounce_rate == pytest.approx(3 / 5)
    assert found.total.reformulation_rate == pytest.approx(1 / 5)


def test_what_the_log_cannot_know_is_not_made_up() -> None:
    """Without words and sessions there is no rate of reformulation."""
    found = report(search("1", "20T10:00:00"))
    assert found.total.reformulation_rate is None
    assert found.to_dict()["total"]["explored_click_rate"] is None


def test_pages_of_one_query_are_one_search() -> None:
    """A later page under the first one's id is no search more, and its products follow on."""
    history = read_history(
        [
            search("1", "20T10:00:00", shown=[{"position": 1, "object_id": "a"}]),
            search("1", "20T10:00:09", shown=[{"position": 2, "object_id": "b"}]),
        ]
    )
    assert [found.shown for found in history.searches] == [{1: "a", 2: "b"}]
    assert report_of(history).total.searches == 1


def test_times_and_lacks() -> None:
    """Percentiles a stage, and the share of searches that went without something."""
    lack = [{"stage": "rerank", "reason": "timeout"}] * 2
    found = report(
        search("1", "20T10:00:00", took_ms=10.0, timings_ms={"embed": 4.0}, degraded=lack),
        search("2", "20T10:00:00", took_ms=30.0),
    ).total
    assert found.latency_ms["total"].p50 == 20.0
    assert found.latency_ms["embed"].p95 == 4.0
    assert found.degraded == {"rerank: timeout": 0.5}


def test_what_is_tried_out_is_told_apart() -> None:
    """Products that stand there to be tried out have a click rate of their own."""
    shown = [
        {"position": 1, "object_id": "a"},
        {"position": 2, "object_id": "new", "explored": True},
    ]
    found = report(
        search("1", "20T10:00:00", shown=shown),
        search("2", "20T10:00:00", shown=shown),
        event("click", "1", "new"),
        event("click", "2", "a"),
    ).total
    assert (found.explored_share, found.explored_click_rate) == (0.5, 0.5)


def test_logs_of_others_can_be_read() -> None:
    """A record of UBI's own fields alone has positions and knows when nothing was found."""
    record = {
        "query_id": "1",
        "timestamp": "2018-11-13T20:20:39",
        "user_query": "Boots",
        "client_id": "c",
        "query_response_hit_ids": ["a", "b"],
    }
    (found,) = read_history([record]).searches
    assert (found.shown, found.key, found.session, found.day) == (
        {1: "a", 2: "b"},
        "boots",
        "c",
        "2018-11-13",
    )
    assert not found.found_nothing


def test_an_event_that_comes_again_counts_once() -> None:
    """Sent twice, an event is one; another product, another sum or another id is another event."""
    at = "2026-11-20T10:00:00Z"
    found = report(
        event("purchase", "1", revenue=5.0),
        search("1", "20T10:00:00"),
        search("2", "20T10:00:00"),
        event("purchase", "1", revenue=5.0),
        event("purchase", "1", revenue=7.0),
        event("purchase", "1", "b", revenue=5.0),
        event("purchase", "2", revenue=3.0, event_id="order-9/1"),
        event("purchase", "2", revenue=3.0, event_id="order-9/2"),
        event("purchase", "2", revenue=4.0, event_id="order-9/1"),
        {"action_name": "click", "query_id": "1", "timestamp": at},
        {"action_name": "click", "query_id": "1", "timestamp": at},
        {"action_name": "click", "query_id": "1", "timestamp": at.replace("00Z", "01Z")},
    )
    assert (found.events, found.repeated, found.unmatched) == (10, 3, 0)
    assert found.total.revenue_per_search == (5 + 7 + 5 + 3 + 3) / 2
    assert found.total.clicks_per_search == 1.0


def test_recommendations_stand_apart() -> None:
    """A list that nobody searched for is no search, has no words, and is no bounce."""
    found = report(
        search("1", "20T10:00:00", session_id="s", user_query="h1"),
        search("2", "20T10:00:05", session_id="s", recommended="similar"),
        search("3", "20T10:00:06", recommended="similar"),
        event("click", "2"),
    )
    assert (found.total.searches, found.total.click_rate, found.total.bounce_rate) == (1, 0.0, 1.0)
    lists = found.recommendations["similar"]
    assert (lists.searches, lists.click_rate, lists.bounce_rate) == (2, 0.5, None)
    assert found.unmatched == 0
