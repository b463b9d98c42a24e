"""A rule is in force for the words, the audience and the time that it names, and for no others."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from es_hybrid.rules.conditions import Moment, When, folded, stands_in


def holds(when: dict[str, Any], text: str = "", *, at: str = "2026-11-11", **context: Any) -> bool:
    now_s = datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp()
    return When.model_validate(when).holds(Moment.of(text, context=context, now_s=now_s))


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("trail shoe", "Trail  SHOE", True),
        ("trail shoe", "red trail shoe", False),
        ("*shoe", "red trail shoe", True),
        ("trail*", "trail shoe", True),
        ("trail*", "a trail", False),
        ("*trail*shoe*", "my trail running shoes", True),
        ("*shoe*trail*", "trail shoe", False),
        ("a*a", "a", False),
        ("*", "anything", True),
        ("連衣裙", "连衣裙", True),
        ("*裙*", "夏季连衣裙女", True),
        ("café", "CAFE", True),
        (["boot", "shoe"], "shoe", True),
    ],
)
def test_whole_queries(pattern: Any, text: str, matches: bool) -> None:
    """A pattern is the whole query; stars stand for any words, spelling does not matter."""
    assert holds({"query": pattern}, text) is matches


@given(st.text("ab* ", max_size=12), st.text("ab ", max_size=12))
def test_patterns_are_those_of_a_shell(pattern: str, text: str) -> None:
    """A star means what it means in a shell, wherever it stands."""
    if not folded(pattern):
        return
    moment = Moment.of(text, context=None, now_s=0)
    assert When(query=(pattern,)).holds(moment) is fnmatchcase(moment.text, folded(pattern))


@pytest.mark.parametrize(
    ("word", "text", "found"),
    [
        ("gift", "gift for dad", True),
        ("gift", "gifted", False),
        ("gift", "a gifted gift", True),
        ("for dad", "gift for dad", True),
        ("礼物", "送爸爸的礼物盒", True),
        ("shoe", "跑shoe鞋", True),
        ("C++", "learn c++ fast", True),
    ],
)
def test_words_in_a_query(word: str, text: str, found: bool) -> None:
    """Latin words are whole words; Chinese ones stand wherever they stand."""
    assert holds({"words": [word]}, text) is found
    assert stands_in(word, folded(text)) is found


@pytest.mark.parametrize(
    ("when", "at", "expected"),
    [
        ({"from": "2026-11-11T00:00:00+08:00"}, "2026-11-10T16:00:00", True),
        ({"from": "2026-11-11T00:00:00+08:00"}, "2026-11-10T15:59:59", False),
        ({"until": "2026-11-12T00:00:00+00:00"}, "2026-11-11T23:59:59", True),
        ({"until": "2026-11-12T00:00:00+00:00"}, "2026-11-12", False),
        ({"months": [12, 1, 2]}, "2026-01-31", True),
        ({"months": [12, 1, 2]}, "2026-11-30", False),
    ],
)
def test_seasons(when: dict[str, Any], at: str, expected: bool) -> None:
    """A campaign begins and ends to the second in its own zone; a season comes every year."""
    assert holds(when, at=at) is expected


def test_context_and_all_together() -> None:
    """All that is given must hold; of a list one is enough; what the request does not say fails."""
    when = {"context": {"audience": ["women", "kids"], "app": "ios"}, "words": ["shoe"]}
    assert holds(when, "red shoe", audience="women", app=["ios", "beta"])
    assert not holds(when, "red shoe", audience="men", app="ios")
    assert not holds(when, "red shoe", audience="women")
    assert not holds(when, "red boot", audience="women", app="ios")


@pytest.mark.parametrize(
    "when",
    [
        {},
        {"query": " "},
        {"words": [""]},
        {"months": [13]},
        {"from": "2026-11-11T00:00:00"},
        {"from": "2026-11-12T00:00:00Z", "until": "2026-11-11T00:00:00Z"},
        {"audience": "women"},
        {"query": 7},
        {"words": "a" * 201},
    ],
)
def test_conditions_that_say_nothing(when: dict[str, Any]) -> None:
    """A condition that never or always holds by mistake is refused, and so is a date without zone."""
    with pytest.raises(ValidationError):
        When.model_validate(when)


def test_a_long_query_costs_little() -> None:
    """Many stars against a long query take no time to speak of."""
    when = When(query=("*a" * 90 + "*b",))
    moment = Moment.of("a" * 100_000, context=None, now_s=0)
    begun = time.thread_time()  # this thread's own, whatever else the machine does
    assert not when.holds(moment)
    assert time.thread_time() - begun < 0.1
