"""From a click log to grades."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.evaluate.clicks import Session
from es_hybrid.learning import clicked_grades, read_sessions


def search(query_id: str, words: str | None, ids: list[str], **attributes: Any) -> dict[str, Any]:
    return {
        "query_id": query_id,
        "user_query": words,
        "query_response_hit_ids": ids,
        "query_attributes": attributes,
    }


def event(query_id: str, product: str, action: str = "click") -> dict[str, Any]:
    about = {"object": {"object_id": product}, "position": {"ordinal": 1}}
    return {"query_id": query_id, "action_name": action, "event_attributes": about}


def written(path: Path, *records: Any) -> Path:
    path.write_text("\n".join(json.dumps(record) for record in records))
    return path


def test_reads_searches_with_their_clicks(tmp_path: Path) -> None:
    """Events find their search wherever they stand; what is no click, and later pages, do not count."""
    log = written(
        tmp_path / "log.ndjson",
        event("1", "b"),
        search("1", "trail shoe", ["a", "b", "c"]),
        event("1", "c", "purchase"),
        event("1", "a", "impression"),
        event("1", "elsewhere"),
        event("9", "a"),
        search("2", "trail shoe", ["d"], **{"from": 24}),
        search("3", "boot", ["a"], **{"from": 0}),
        search("4", "", ["a"]),
        search("5", "nothing found", []),
    )
    assert read_sessions(log) == [
        Session("trail shoe", ["a", "b", "c"], frozenset({1, 2})),
        Session("boot", ["a"], frozenset()),
    ]


@pytest.mark.parametrize(
    "record",
    [
        {"query_id": "1", "action_name": "click", "event_attributes": "words"},
        {"query_id": "1", "query_response_hit_ids": ["a"], "query_attributes": "words"},
        {"query_id": "1", "query_response_hit_ids": 7},
    ],
)
def test_a_wrong_record_is_named_and_not_repeated(tmp_path: Path, record: Any) -> None:
    """The error says which record; what shoppers typed stays in the file."""
    log = written(tmp_path / "log.ndjson", search("1", "secret words", ["a"]), record)
    with pytest.raises(ConfigurationError, match="record 2 of the log is no record") as caught:
        read_sessions(log)
    assert "words" not in str(caught.value)


@pytest.mark.parametrize("words", [None, "9b74c9897bac770ffc029102a200c5de"])
def test_hashed_words_cannot_be_searched(tmp_path: Path, words: str | None) -> None:
    """A log without words says what to change."""
    with pytest.raises(ConfigurationError, match="log the words as typed"):
        read_sessions(written(tmp_path / "log.ndjson", search("1", words, ["a"])))


def test_spellings_of_one_query_are_one(tmp_path: Path) -> None:
    """Case and spaces do not part what shoppers meant; the usual spelling is the one searched for."""
    spellings = ["Trail shoe", "trail  SHOE", "Trail shoe"]
    searches = [search(str(n), words, ["a"]) for n, words in enumerate(spellings)]
    found = read_sessions(written(tmp_path / "log.ndjson", *searches))
    assert [session.query for session in found] == ["Trail shoe"] * 3


def test_what_was_tried_out_teaches_nothing(tmp_path: Path) -> None:
    """A new product in a place of its own is clicked for its place; the grades do not know it."""
    shown = [
        {"position": 1, "object_id": "a"},
        {"position": 2, "object_id": "new", "explored": True},
        {"position": 3, "object_id": "b"},
    ]
    log = written(
        tmp_path / "log.ndjson",
        *(search(str(n), "boot", ["a", "new", "b"], shown=shown) for n in range(9)),
        *(event(str(n), product) for n in range(9) for product in ("new", "b")),
    )
    sessions = read_sessions(log)
    assert {session.left_out for session in sessions} == {frozenset({1})}
    assert clicked_grades(sessions) == {"boot": {"a": 0, "b": 3}}


def test_the_place_is_taken_out() -> None:
    """What is liked more gets the better grade, though it stood low and was clicked less."""
    dice, sessions = random.Random(1), []
    liked = {"good": 0.8, "fair": 0.4, "poor": 0.05}
    for _ in range(3000):
        # The better product stands low nine times out of ten.
        usual = dice.random() < 0.9
        shown = ["fair", "poor", "good"] if usual else ["good", "poor", "fair"]
        clicked = {n for n, p in enumerate(shown) if dice.random() < liked[p] / (1 + n)}
        sessions.append(Session("q", shown, frozenset(clicked)))
    clicks = {
        product: sum(session.shown.index(product) in session.clicked for session in sessions)
        for product in liked
    }
    assert clicks["fair"] > clicks["good"]
    grades = clicked_grades(sessions)["q"]
    assert grades["good"] > grades["fair"] > grades["poor"] == 0


def test_what_was_hardly_shown_stays_unjudged() -> None:
    """One lucky click grades nothing, and a query without any click teaches nothing."""
    often = [Session("q", ["a", "b"], frozenset({0}))] * 9
    once = [Session("q", ["c"], frozenset({0}))]
    silent = [Session("r", ["a", "b"], frozenset[int]())] * 9
    assert clicked_grades([*often, *once, *silent]) == {"q": {"a": 3, "b": 0}}
    assert clicked_grades([]) == {}
