"""Every shape through the bare client and through the shop: same answer, other order."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest

from es_hybrid.types import PassthroughReason, PlanName
from tests.swap.catalogue import Names
from tests.swap.conftest import WAYS, BareClient, Expected, Way, on_one_page
from tests.swap.outcomes import (
    Outcome,
    as_found,
    hybrid,
    key_of,
    outcome,
    same_every_time,
    types_of,
)
from tests.swap.shapes.all import ANSWERED, SHAPES
from tests.swap.shapes.refused import REFUSED
from tests.swap.shapes.shape import Shape

pytestmark = pytest.mark.es

each_way = pytest.mark.parametrize("way", WAYS, ids=str)
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)


@pytest.mark.asyncio(loop_scope="session")
@each_way
@each_shape
async def test_shape(
    shape: Shape, way: Way, shops: dict[Way, Any], bare: BareClient, names: Names
) -> None:
    """The shop answers a request as the bare client does: keys, types, counts, hits, failures."""
    here = way.names(names)
    expected = bare.expected(shape, here)
    asked = here.fill_in(shape.asks)
    before, options = copy.deepcopy(asked), client_state(shops[way].es)
    got = await outcome(shops[way].search, asked)
    if not changed_by_the_client(shape):
        assert asked == before
    assert client_state(shops[way].es) == options
    assert got.failure == expected.outcome.failure
    if way.kind != "plain" and shape.fails is not None:
        assert (got.failure is not None) == shape.fails
    if got.error is None:
        await forget_scroll(shops[way].es, got)
        await assert_answered(shape, way, shops[way], expected, got, here)


async def assert_answered(
    shape: Shape, way: Way, shop: Any, expected: Expected, got: Outcome, names: Names
) -> None:
    assert_decided(shape, way, got)
    plain = expected.outcome
    if hybrid(got.response).reason is not None or (way.kind == "bare" and not has_codes(got)):
        theirs = same_every_time(plain.body)
        if "index" not in shape.asks:  # others' indices come and go
            theirs["_shards"] = got.body["_shards"]
        assert same_every_time(got.body) == theirs
        assert got.body.keys() == plain.body.keys()
        return
    assert list(got.body) == list(plain.body)
    assert list(got.body["hits"]) == list(plain.body["hits"])
    for name in ("aggregations", "suggest", "_shards", "timed_out"):
        assert got.body.get(name) == plain.body.get(name)
    assert outside_hits(got.body) == outside_hits(plain.body)
    assert_total(got, plain)
    assert_scores(got)
    assert expected.every is not None
    every = await outcome(shop.search, on_one_page(names.fill_in(shape.asks)))
    assert every.error is None
    assert_complete(shape, every, expected.every)
    await assert_hits(shape, shop, every, expected.every, names)
    if shape_size(shape) is None:
        assert len(got.hits) >= len(plain.hits)


def assert_decided(shape: Shape, way: Way, got: Outcome) -> None:
    done = hybrid(got.response)
    if shape.passes is not None:
        assert (done.plan, done.reason) == (PlanName.PASSTHROUGH, shape.passes)
        return
    assert done.reason is None
    if way.kind == "hybrid" and not shape.lacks:
        assert (done.plan, done.degraded) == (PlanName.MSEARCH_FUSION, ())
    if way.kind in {"bare", "reranked"} or (way.kind == "plain" and shape.asks["index"] == "@shop"):
        assert done.plan is PlanName.LEXICAL_ONLY
        assert done.degraded
    if way.kind in {"reranked", "plain"} and got.hits:
        assert done.reranked


def assert_total(got: Outcome, plain: Outcome) -> None:
    ours, theirs = got.body["hits"].get("total"), plain.body["hits"].get("total")
    if isinstance(theirs, dict):
        assert isinstance(ours, dict)
        assert ours["relation"] == theirs["relation"]
        ours, theirs = ours["value"], theirs["value"]
    if theirs is not None:
        assert ours >= theirs


def assert_scores(got: Outcome) -> None:
    scores = [hit["_score"] for hit in got.hits]
    assert all(math.isfinite(score) for score in scores)
    assert scores == sorted(scores, reverse=True)
    if scores:
        assert got.body["hits"]["max_score"] >= scores[0]


def assert_complete(shape: Shape, got: Outcome, plain: Outcome) -> None:
    """No match of the bare client is missing, nothing comes twice."""
    field = collapse_field(shape)
    found, wanted = (
        [keys_by(hit, field) for hit in got.hits],
        {keys_by(h, field) for h in plain.hits},
    )
    assert len(found) == len(set(found))
    assert wanted <= set(found)


async def assert_hits(shape: Shape, shop: Any, got: Outcome, plain: Outcome, names: Names) -> None:
    """Each hit is rendered as the bare client renders it."""
    rendered = {key_of(hit): hit for hit in plain.hits}
    others = [hit for hit in got.hits if key_of(hit) not in rendered]
    for hit in got.hits:
        if key_of(hit) in rendered:
            assert as_found(hit) == as_found(rendered[key_of(hit)])
            assert list(hit) == list(rendered[key_of(hit)])
    if not others:
        return
    by_id = on_one_page(names.fill_in(shape.asks))
    holder = by_id["body"] if isinstance(by_id.get("body"), dict) else by_id
    for name in _NOT_OF_A_HIT:
        holder.pop(name, None)
    if "collapse" in holder:
        holder["collapse"] = {"field": holder["collapse"]["field"]}
    holder["query"] = {"ids": {"values": [hit["_id"] for hit in others]}}
    fetched = await outcome(shop.es.search, by_id)
    assert fetched.error is None
    rendered = {key_of(hit): hit for hit in fetched.hits}
    for hit in others:
        bare_hit = {name: value for name, value in hit.items() if name not in _OF_A_MATCH}
        assert as_found(bare_hit) == as_found(rendered[key_of(hit)])


_NOT_OF_A_HIT = (
    *("aggs", "aggregations", "suggest", "highlight", "rescore", "post_filter"),
    *("q", "df", "default_operator", "analyze_wildcard", "lenient", "analyzer"),
)
_OF_A_MATCH = frozenset({"inner_hits", "highlight", "matched_queries"})


def outside_hits(body: Any) -> set[tuple[str, str]]:
    return {pair for pair in types_of(body) if not pair[0].startswith("hits.hits[]")}


def has_codes(got: Outcome) -> bool:
    """A code in the query is looked up without any model."""
    return "fetch" in hybrid(got.response).timings_ms


def collapse_field(shape: Shape) -> str | None:
    field: str | None = shape.asks.get("collapse", {}).get("field")
    return field


def keys_by(hit: Any, field: str | None) -> Any:
    return key_of(hit) if field is None else tuple(hit["fields"].get(field, ()))


def shape_size(shape: Shape) -> int | None:
    size: int | None = shape.asks.get("size")
    return size


def changed_by_the_client(shape: Shape) -> bool:
    """The bare client itself writes into a body that comes beside arguments."""
    return shape.name in {"body_and_arguments", "body_of_arguments"}


def client_state(es: Any) -> dict[str, str]:
    """Return all that a client holds, as text: headers, retries, timeouts."""
    # The client notes by itself that it has seen an Elasticsearch answer.
    return {n: repr(value) for n, value in vars(es).items() if n != "_verified_elasticsearch"}


async def forget_scroll(es: Any, got: Outcome) -> None:
    if "_scroll_id" in got.body:
        await outcome(es.clear_scroll, {"scroll_id": got.body["_scroll_id"]})


def test_there_are_enough_shapes() -> None:
    """The suite holds at least ninety requests of many kinds, each with a reason to be there."""
    assert len(ANSWERED) >= 90
    assert len({shape.name for shape in SHAPES}) == len(SHAPES)
    assert all(shape.why for shape in SHAPES)
    assert all(shape.fails for shape in REFUSED)


def test_every_reason_to_pass_through_has_a_shape() -> None:
    """Whatever sends a request through untouched is among the shapes."""
    shown = {shape.passes for shape in SHAPES} - {None}
    assert shown >= set(PassthroughReason) - {
        PassthroughReason.SWITCHED_OFF,  # only by ext.hybrid, which the bare client refuses
        PassthroughReason.PIT,  # a point in time names its indices itself: NO_INDEX
        PassthroughReason.RANK,  # deprecated; the licence refuses it
        PassthroughReason.PAST_RESULT_WINDOW,  # refused by the index
    }
