"""Limits come from request, rules and settings, in this order; vectors only where compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from es_hybrid.last_mile import compared_keys, draw_of, limits_of, ruled, vectors_in
from es_hybrid.policies import BoostLimits, Cap, Diversity, Exploration, Policies
from es_hybrid.query.plan import Plan
from es_hybrid.query.request import parse_request
from es_hybrid.query.schema import VectorField
from es_hybrid.rank.ranking import rank
from es_hybrid.settings import Settings
from es_hybrid.types import BoostContext, Hit, PlanName

QUERY = {"match": {"title": "acme shoe"}}
HITS = [Hit("i", str(n), fields={"brand": ["Acme" if n < 3 else "Bolt"]}) for n in range(6)]
RANKING = rank(HITS, np.linspace(1, 0, 6), None, context=BoostContext(now_s=0))


def plan(policies: Policies = Policies(), **options: Any) -> Plan:  # noqa: B008 - frozen
    request = parse_request({"index": "p", "query": QUERY, "ext": {"hybrid": options}})
    vector = VectorField("embedding", 2)
    return Plan(PlanName.SINGLE, request, QUERY, vector=vector, policies=policies)


@pytest.mark.parametrize(
    ("options", "rules", "search", "wanted"),
    [
        ({}, None, {}, None),
        ({}, None, {"boost_places": 9}, BoostLimits(9)),
        ({}, None, {"boost_share": 0.2}, BoostLimits(None, 0.2)),
        ({}, BoostLimits(5), {"boost_places": 9}, BoostLimits(5)),
        ({"boost_limits": {"share": 0.1}}, BoostLimits(5), {}, BoostLimits(None, 0.1)),
    ],
)
def test_limits(options: Any, rules: BoostLimits | None, search: Any, wanted: Any) -> None:
    """The nearest one wins as a whole."""
    made = plan(Policies(limits=rules), **options)
    assert limits_of(made, Settings(search=search)) == wanted


def test_whose_vectors_are_fetched() -> None:
    """Three times as many as are made various, best first; none for variety by a field."""
    by_vectors = plan(Policies(diversity=Diversity(first=1)))
    assert compared_keys(by_vectors, RANKING) == [("i", "0"), ("i", "1"), ("i", "2")]
    assert compared_keys(plan(Policies(diversity=Diversity("brand"))), RANKING) == []
    assert compared_keys(plan(), RANKING) == []


def test_vectors_of_an_answer() -> None:
    """A product without a vector is missing."""
    hits = [{"_index": "i", "_id": "1", "fields": {"v": [1, 2]}}, {"_index": "i", "_id": "2"}]
    (key,) = (found := vectors_in(hits, "v"))
    assert (key, found[key].dtype) == (("i", "1"), np.float32)


def test_what_new_products_are_drawn_by() -> None:
    """The same search draws the same on one day, whatever the page; a given seed stands alone."""
    explored = Policies(explore=Exploration())
    first, later = (draw_of(plan(explored), now_s=now_s) for now_s in (5.0, 86_390.0))
    assert first.seed == later.seed
    assert draw_of(plan(explored), now_s=86_410.0).seed != first.seed
    assert draw_of(plan(Policies(explore=Exploration(seed="a"))), now_s=5.0).seed == "a"


def test_a_named_brand_is_found_in_the_words() -> None:
    """The words of the request decide whom a cap leaves alone."""
    capped = plan(Policies(caps=(Cap("brand", most=1, per=6),)))
    order = ruled(capped, RANKING, pinned=(), vectors={}, now_s=0.0).order
    assert list(order) == [0, 1, 2, 3, 4, 5]
