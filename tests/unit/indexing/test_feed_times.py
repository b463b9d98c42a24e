"""A feed's time is kept in a form whose order is the order of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.actions import Step, Stored, decide
from es_hybrid.indexing.feed_times import (
    complete_meta,
    feed_time_text,
    guarded_action,
    is_gone,
)
from es_hybrid.indexing.sources import Product

PRODUCT = Product("1", 1, {}, b'{"id":"1"}', "d", "t", "h")
EARLY, LATE = "2026-11-20T03:00:00.000Z", "2026-11-21T03:00:00.000Z"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-11-21T03:00:00Z", LATE),
        ("2026-11-21T04:00:00+01:00", LATE),
        ("2026-11-21T03:00:00", LATE),
        ("2026-11-21", "2026-11-21T00:00:00.000Z"),
        ("2026/11/21 03:00", LATE),
        ("1795230000", LATE),
        (datetime(2026, 11, 21, 3, 0, 0, 7999, UTC), "2026-11-21T03:00:00.007Z"),
    ],
)
def test_times_are_kept_in_utc_to_the_millisecond(value: datetime | str, text: str) -> None:
    """What people and programs write becomes one form."""
    assert feed_time_text(value) == text


@pytest.mark.parametrize("value", ["", "soon", "03/04/2026", datetime(2026, 1, 1)])  # noqa: DTZ001
def test_what_is_no_time_is_refused(value: datetime | str) -> None:
    """Nothing guesses a time zone of a `datetime`, or a day."""
    with pytest.raises(ConfigurationError, match="feed_time"):
        feed_time_text(value)


moments = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.integers(-12, 12).map(lambda hours: timezone(timedelta(hours=hours))),
)


@given(moments, moments)
def test_the_order_of_texts_is_the_order_of_times(one: datetime, other: datetime) -> None:
    """The server compares texts, whatever the time zone a feed is written in."""
    if abs(one - other) >= timedelta(milliseconds=1):
        assert (feed_time_text(one) < feed_time_text(other)) is (one < other)


@pytest.mark.parametrize(
    ("held", "ours", "step", "touch"),
    [
        (None, LATE, Step.UNCHANGED, True),
        (EARLY, LATE, Step.UNCHANGED, True),
        (LATE, LATE, Step.UNCHANGED, False),
        (LATE, EARLY, Step.STALE, False),
        (LATE, None, Step.UNCHANGED, False),
    ],
)
def test_a_newer_document_is_left_and_an_equal_one_is_noted(
    held: str | None, ours: str | None, step: Step, touch: bool
) -> None:
    """An unchanged product keeps the newest time that spoke of it; without times none is asked."""
    decision = decide(PRODUCT, Stored("d", "h", held), vectors=True, feed_time=ours)
    assert (decision.step, decision.touch) == (step, touch)


def test_a_guarded_write_carries_document_time_and_what_to_keep() -> None:
    """The script needs no look at anything but its parameters."""
    action = guarded_action(PRODUCT, None, keep="embedding", feed_time=LATE)
    head, body = (orjson.loads(line) for line in action.lines.splitlines())
    assert head["update"]["_id"] == "1"
    assert (body["scripted_upsert"], body["upsert"]) == (True, {})
    params = body["script"]["params"]
    assert params["doc"] == {"id": "1", "document_hash": "d", "feed_time": LATE}
    assert (params["feed_time"], params["text_hash"]) == (LATE, "h")
    assert params["keep"][0] == "embedding"
    replaced = guarded_action(PRODUCT, {"embedding": "AAAA"}, keep=None, feed_time=LATE)
    params = orjson.loads(replaced.lines.splitlines()[1])["script"]["params"]
    assert (params["keep"], params["doc"]["embedding"]) == ([], "AAAA")


def test_a_complete_feed_is_noted_beside_all_else() -> None:
    """The newest time stays, whichever run ends last; a mapping's other words are kept."""
    meta = {"own": 1, "es_hybrid": {"model": "m"}}
    noted = complete_meta(meta, feed_time=EARLY)
    assert noted == {"own": 1, "es_hybrid": {"model": "m", "complete_feed_time": EARLY}}
    assert complete_meta(noted, feed_time=EARLY) is None
    later = complete_meta(noted, feed_time=LATE)
    assert later is not None
    assert complete_meta(later, feed_time=EARLY) is None


@pytest.mark.parametrize(
    ("stored", "ours", "complete", "gone"),
    [
        (None, EARLY, LATE, True),
        (None, LATE, LATE, False),
        (None, LATE, EARLY, False),
        (None, EARLY, None, False),
        (None, None, LATE, False),
        (Stored("d", "h"), EARLY, LATE, False),
    ],
)
def test_only_what_a_newer_complete_feed_lacks_is_gone(
    stored: Stored | None, ours: str | None, complete: str | None, gone: bool
) -> None:
    """A new product of the newest feed is new; without times nothing is compared."""
    assert is_gone(stored, feed_time=ours, complete=complete) is gone
