"""A shopper's words are words: whatever they are, no query changes its shape."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from elasticsearch import ApiError, Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.preview import candidate_request
from es_hybrid.query.capabilities import Server
from es_hybrid.query.decide import make_passthrough, make_plan
from es_hybrid.query.fetch import page_body, rest_body
from es_hybrid.query.known_models import Models
from es_hybrid.query.models import Surroundings
from es_hybrid.query.request import parse_request
from es_hybrid.query.schema import read_schema
from es_hybrid.testing import HashEmbedder, ScriptedReranker
from es_hybrid.types import Json, LegName
from es_hybrid.wire.msearch import encode
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names, mapping
from tests.swap.conftest import by_checksum
from tests.swap.outcomes import plain_outcome
from tests.swap.texts import texts

COUNT = 10_000
ON_A_CLUSTER = 300
HOLE = "the shopper's words"
VECTOR = np.full(DIMS, 0.125, dtype=np.float32)


def query_of(text: str, kind: int) -> Json:
    """Return one of the queries that shops write around a text."""
    match kind % 5:
        case 0:
            return {"match": {"title": text}}
        case 1:
            return {"multi_match": {"query": text, "fields": ["title^3", "brand.text"]}}
        case 2:
            words = {"match": {"title": {"query": text, "operator": "AND"}}}
            return {"bool": {"must": [words], "filter": [{"term": {"in_stock": True}}]}}
        case 3:
            phrase = {"match_phrase": {"title": {"query": text, "boost": 2}}}
            return {"dis_max": {"queries": [phrase, {"match": {"description": text}}]}}
        case _:
            parsed = {"simple_query_string": {"query": text, "fields": ["title"]}}
            return {"function_score": {"query": parsed, "field_value_factor": {"field": "sales"}}}


def asked(text: str, kind: int) -> Json:
    """Return a storefront's whole request."""
    return {
        "index": "products",
        "query": query_of(text, kind),
        "size": 24,
        "post_filter": {"term": {"colour": "red"}},
        "aggs": {"brands": {"terms": {"field": "brand"}}},
        "highlight": {"fields": {"title": {}}},
    }


@pytest.fixture(scope="module")
def around() -> Surroundings:
    """A shop with an embedder, as the plan sees it."""
    settings = Settings()
    schema = read_schema({"products": {"mappings": mapping()}}, settings.index)
    return Surroundings(settings, schema, Models(embedder=f"hash-{DIMS}", reranker=True))


def built(text: str, kind: int, around: Surroundings) -> dict[Any, Any] | None:
    """Return what is sent for a text, leg by leg, as the server reads it."""
    request = parse_request(asked(text, kind))
    if make_passthrough(request) is not None:
        assert request.arguments == asked(text, kind)
        return None
    plan = make_plan(request, around)
    sent = candidate_request(plan, VECTOR, Server((9, 4)))
    # The lines part at line feeds alone, as Elasticsearch parts them.
    lines = [read(line) for line in sent.lines.split(b"\n") if line]
    names = [leg for leg, _ in sent.searches]
    assert len(lines) == 2 * len(names)
    assert lines[::2] == [{}] * len(names)
    legs: dict[Any, Any] = dict(zip(names, lines[1::2], strict=True))
    keys = [("products", "p00")]
    legs["page"] = read(encode(page_body(plan, keys)))
    legs["rest"] = read(encode(rest_body(plan, keys, [], from_=0, size=3)))
    return legs


def read(line: bytes) -> Any:
    return json.loads(line.decode("utf-8", "surrogatepass"))


def filled(template: Any, text: str) -> Any:
    """Return a template with the text in its hole."""
    if isinstance(template, dict):
        return {name: filled(inner, text) for name, inner in template.items()}
    if isinstance(template, list):
        return [filled(inner, text) for inner in template]
    return text if template == HOLE else template


def assert_code_leg(leg: Json, text: str) -> None:
    """Codes of the text stand as values of terms, and nowhere else."""
    assert set(leg) <= {
        "query",
        "size",
        "_source",
        "stored_fields",
        "docvalue_fields",
        "track_total_hits",
    }
    codes, *filters = leg["query"]["bool"]["filter"]
    assert text not in json.dumps(filters) or len(text) < 4
    for clause in codes["constant_score"]["filter"]["bool"]["should"]:
        ((field, term),) = clause["term"].items()
        assert field in {"sku", "id"}
        assert set(term) == {"value", "case_insensitive"}
        assert isinstance(term["value"], str)
    assert len(codes["constant_score"]["filter"]["bool"]["should"]) <= 200


def test_no_text_changes_a_query(around: Surroundings) -> None:
    """Ten thousand texts: each leg differs from the next one's in the text alone."""
    templates = [built(HOLE, kind, around) for kind in range(5)]
    searched = 0
    for number, text in enumerate(texts(COUNT)):
        legs, template = built(text, number, around), templates[number % 5]
        assert template is not None
        if legs is None:
            continue
        searched += 1
        codes = legs.pop(LegName.CODE, None)
        if codes is not None:
            assert_code_leg(codes, text)
        assert legs == filled(template, text), repr(text[:80])
    assert searched > COUNT * 0.9


def test_the_texts_are_many() -> None:
    """The generator gives ten thousand texts, most of them different, the same every time."""
    found = list(texts(COUNT))
    assert len(found) == COUNT
    assert len(set(found)) > COUNT * 0.8
    assert found == list(texts(COUNT))
    assert sum(len(text) >= 90_000 for text in found) >= 10
    assert sum("\x00" in text for text in found) > 10
    assert sum(any("\ud800" <= char <= "\udfff" for char in text) for text in found) > 100


@pytest.fixture(scope="module")
def shop(es: Elasticsearch) -> Any:
    """A shop with both models."""
    with HybridClient(
        es,
        settings=patient(),
        embedder=HashEmbedder(dims=DIMS),
        reranker=ScriptedReranker(by_checksum),
    ) as opened:
        yield opened


@pytest.mark.es
@pytest.mark.parametrize("part", range(10))
def test_any_text_on_a_cluster(
    shop: HybridClient, es: Elasticsearch, names: Names, part: int
) -> None:
    """Hundreds of them through both clients: where one answers the other does, or both refuse."""
    for number, text in list(enumerate(texts(ON_A_CLUSTER)))[part::10]:
        # A query string of 20,000 words keeps the server itself busy for ten seconds.
        kind = number if len(text) < 50_000 else 0
        arguments = {**asked(text, kind), "index": names.shop}
        theirs, ours = plain_outcome(es.search, arguments), plain_outcome(shop.search, arguments)
        assert ours.failure == theirs.failure, repr(text[:80])
        if ours.error is None:
            assert ours.body.keys() == theirs.body.keys()
            assert ours.body["aggregations"] == theirs.body["aggregations"]
            assert all(hit["_source"]["colour"] == "red" for hit in ours.hits)


@pytest.mark.es
@pytest.mark.parametrize("part", range(4))
def test_any_text_in_the_url(
    shop: HybridClient, es: Elasticsearch, names: Names, part: int
) -> None:
    """The same for `q=`, whose syntax Elasticsearch itself reads."""
    found = [text for text in texts(160) if len(text) < 1000]
    for text in found[part::4]:
        arguments = {"index": names.shop, "q": text, "df": "title"}
        theirs, ours = plain_outcome(es.search, arguments), plain_outcome(shop.search, arguments)
        # The bare client breaks on half a character in the URL; the shop may do better.
        broken = isinstance(theirs.error, UnicodeEncodeError) and ours.error is None
        assert broken or ours.failure == theirs.failure, repr(text[:80])


@pytest.mark.es
def test_any_text_of_our_own_section(shop: HybridClient, names: Names) -> None:
    """`ext.hybrid.text` takes any text; what Elasticsearch cannot read, it refuses itself."""
    for text in [text for text in texts(ON_A_CLUSTER) if text.strip()][::3]:
        got = plain_outcome(
            shop.search,
            {"index": names.shop, "query": {"match_all": {}}, "ext": {"hybrid": {"text": text}}},
        )
        assert got.error is None or isinstance(got.error, ApiError), repr(text[:80])


@pytest.mark.es
@pytest.mark.parametrize("text", ["\ud800", "\x00", "🎧", "shoe \udfff", '"}}', "x" * 100_000])
def test_any_text_in_a_plan_and_a_token(shop: HybridClient, names: Names, text: str) -> None:
    """A plan can be printed for any text, and an order frozen wherever a search succeeds."""
    arguments: Json = {"index": names.shop, "query": {"match": {"title": text}}}
    assert str(shop.plan(**arguments))
    first = plain_outcome(shop.search, {**arguments, "ext": {"hybrid": {"order": True}}})
    if first.error is None:
        token = first.response.hybrid.order
        assert shop.search(**arguments, ext={"hybrid": {"order": token}}).hybrid.order == token
    else:
        assert isinstance(first.error, ApiError)
