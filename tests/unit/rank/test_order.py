"""A search's order can be frozen in a token that fits this search and no other."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import RequestError
from es_hybrid.rank.order import Order, fingerprint, freeze, thaw
from es_hybrid.rank.ranking import rank
from es_hybrid.types import BoostContext, Hit

ORDER = Order([("a", "1"), ("b", "1"), ("a", "2")], [0.9, 0.5], ["g1", None, 7], 2, continues=True)


def token_of(content: Any) -> str:
    return base64.urlsafe_b64encode(zlib.compress(orjson.dumps(content))).decode().rstrip("=")


@given(
    st.lists(
        st.tuples(st.text(min_size=1, max_size=5), st.text(min_size=1, max_size=9)), max_size=9
    ),
    st.data(),
)
def test_there_and_back(keys: list[tuple[str, str]], data: st.DataObject) -> None:
    """Whatever ids and indices are called, a token gives the order back."""
    shown = data.draw(st.integers(0, len(keys)))
    scores = [round(1 - place / 10, 7) for place in range(shown)]
    order = Order(keys, scores, ["x"], added=3, continues=True)
    assert thaw(freeze(order, search="s"), search="s") == order


def test_a_token_of_another_search() -> None:
    """It is refused with what to do, and never mixed in."""
    with pytest.raises(
        RequestError, match="another search; start again at the first page"
    ) as error:
        thaw(freeze(ORDER, search="one"), search="other")
    assert error.value.path == "ext.hybrid.order"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "not a token",
        "连衣裙",
        "====",
        freeze(ORDER, search="s")[:-9],
        freeze(ORDER, search="s")[9:],
        token_of([]),
        token_of(7),
        token_of({"v": 1, "q": "s"}),
        token_of(
            {"v": 1, "q": "s", "i": [], "k": [[5, "1"]], "s": [], "g": [], "a": 0, "c": False}
        ),
        token_of({"v": 1, "q": "s", "i": ["i"], "k": [["0"]], "s": [], "g": [], "a": 0, "c": 0}),
        token_of({"v": 1, "q": "s", "i": ["i"], "k": [], "s": ["x"], "g": [], "a": 0, "c": 0}),
        token_of({"v": 1, "q": "s", "i": ["i"], "k": [], "s": [0.5], "g": [], "a": 0, "c": 0}),
        token_of({"v": 2, "q": "s", "i": ["i"], "k": [], "s": [], "g": [], "a": 0, "c": 0}),
    ],
)
def test_what_is_no_token(token: str) -> None:
    """Cut, invented and hostile tokens are the caller's mistake, told by the path."""
    with pytest.raises(RequestError) as error:
        thaw(token, search="s")
    assert error.value.path == "ext.hybrid.order"


def test_a_bomb_is_not_unpacked() -> None:
    """A small token cannot grow to fill the memory."""
    bomb = base64.urlsafe_b64encode(zlib.compress(b" " * 50_000_000)).decode().rstrip("=")
    with pytest.raises(RequestError):
        thaw(bomb, search="s")


def test_a_token_is_small() -> None:
    """For a hundred candidates it fits into a URL's or a page's hidden field."""
    keys = [("products-20260101t000000-ab12", f"p{n:05}") for n in range(100)]
    token = freeze(Order(keys, [1 / (n + 1) for n in range(100)]), search="s" * 18)
    assert len(token) < 2500


def test_pages() -> None:
    """Only what is shown has a page; candidates collapsed away have none."""
    assert ORDER.page(0, 10) == [(("a", "1"), 0.9), (("b", "1"), 0.5)]
    assert ORDER.page(1, 1) == [(("b", "1"), 0.5)]
    assert ORDER.page(2, 5) == []
    assert (ORDER.best_score, ORDER.lowest_score) == (0.9, 0.5)
    assert (Order([], []).best_score, Order([], []).lowest_score) == (None, 1.0)


def test_fingerprints() -> None:
    """The same search has the same one, however its keys are ordered; another has another."""
    one = fingerprint("i", {"a": 1, "b": {"c": [1, 2]}})
    assert fingerprint("i", {"b": {"c": [1, 2]}, "a": 1}) == one
    for other in (("j", {"a": 1, "b": {"c": [1, 2]}}), ("i", {"a": 1, "b": {"c": [2, 1]}}), ("i",)):
        assert fingerprint(*other) != one


def test_the_order_of_a_ranking() -> None:
    """Shown first, best first; then what was collapsed away, so that no later page shows it."""
    hits = [
        Hit("i", n, lexical_score=s, lexical_rank=r, fields={"g": [g]})
        for n, s, r, g in (("a", 3.0, 1, "x"), ("b", 2.0, 2, "x"), ("c", 1.0, None, "y"))
    ]
    context = BoostContext(now_s=0.0)
    ranking = rank(hits, np.array([0.5, 0.9, 0.1]), None, context=context, collapse_field="g")
    order = ranking.final_order(window=2, added=1, collapse_field="g")
    assert [id_ for _, id_ in order.keys] == ["b", "c", "a"]
    assert (list(order.scores), list(order.groups)) == ([0.9, 0.1], ["x", "y"])
    assert (order.added, order.continues) == (1, True)
    assert not ranking.final_order(window=3, added=0).continues
