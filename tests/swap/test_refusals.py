"""What `ext.hybrid` may not say: refused at once, with the JSON path of the mistake."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, RequestError
from es_hybrid.testing import HashEmbedder
from es_hybrid.types import PassthroughReason as Reason
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names

pytestmark = pytest.mark.es

WORDS: dict[str, Any] = {"match": {"title": "trail shoe"}}


@pytest.fixture(scope="module")
def shop(es: Elasticsearch) -> Iterator[HybridClient]:
    """A shop with an embedder."""
    with HybridClient(es, settings=patient(), embedder=HashEmbedder(dims=DIMS)) as opened:
        yield opened


VECTOR = [1.0] + [0.0] * (DIMS - 1)

MISTAKES: list[tuple[Any, str]] = [
    ("yes", ""),
    (3, ""),
    ([], ""),
    ({"windw": 5}, ".windw"),
    ({"text": ""}, ".text"),
    ({"text": " \n"}, ".text"),
    ({"text": 5}, ".text"),
    ({"text": ["shoe"]}, ".text"),
    ({"text_path": "query.match.colour"}, ".text_path"),
    ({"text_path": "query..title"}, ".text_path"),
    ({"text_path": "aggs.0.x"}, ".text_path"),
    ({"text_path": ""}, ".text_path"),
    ({"text_path": 7}, ".text_path"),
    ({"window": 0}, ".window"),
    ({"window": -5}, ".window"),
    ({"window": 10_001}, ".window"),
    ({"window": "100"}, ".window"),
    ({"window": 10.5}, ".window"),
    ({"window": True}, ".window"),
    ({"window": math.nan}, ".window"),
    ({"num_candidates": 0}, ".num_candidates"),
    ({"num_candidates": 10_001}, ".num_candidates"),
    ({"min_similarity": 1.5}, ".min_similarity"),
    ({"min_similarity": math.nan}, ".min_similarity"),
    ({"min_similarity": "high"}, ".min_similarity"),
    ({"plan": "fast"}, ".plan"),
    ({"plan": None, "fusion": 5}, ".fusion"),
    ({"fusion": {"method": 7}}, ".fusion.method"),
    ({"fusion": {"k": 0}}, ".fusion.k"),
    ({"fusion": {"normalize": "softmax"}}, ".fusion.normalize"),
    ({"fusion": {"scores": "some"}}, ".fusion.scores"),
    ({"fusion": {"weight": 1}}, ".fusion.weight"),
    ({"fusion": {"weights": {"lexical": 0.5}}}, ".fusion.weights.semantic"),
    ({"fusion": {"weights": {"lexical": -1.0, "semantic": 1.0}}}, ".fusion.weights.lexical"),
    ({"fusion": {"weights": {"lexical": 1.0, "semantic": math.inf}}}, ".fusion.weights.semantic"),
    ({"fusion": {"weights": {"lexical": 1.0, "semantic": "1"}}}, ".fusion.weights.semantic"),
    ({"fusion": {"weights": [0.5, 0.5]}}, ".fusion.weights"),
    ({"rerank": 50}, ".rerank"),
    ({"rerank": {"top": 0}}, ".rerank.top"),
    ({"rerank": {"top": 1001}}, ".rerank.top"),
    ({"rerank": {"tops": 10}}, ".rerank.tops"),
    ({"rerank": {"fields": [1]}}, ".rerank.fields.0"),
    ({"rerank": {"fields": "title"}}, ".rerank.fields"),
    ({"rerank": {"blend": 1.5}}, ".rerank.blend"),
    ({"rerank": {"blend": math.nan}}, ".rerank.blend"),
    ({"boosts": {"field": "sales"}}, ".boosts"),
    ({"boosts": [5]}, ".boosts.0"),
    ({"boosts": [{"field": "sales"}]}, ".boosts.0"),
    ({"boosts": [{"field": "sales", "scale": 0}]}, ".boosts.0.scale"),
    ({"boosts": [{"field": "sales", "scale": math.nan}]}, ".boosts.0.scale"),
    ({"boosts": [{"field": "sales", "scale": 1, "factor": -1}]}, ".boosts.0.factor"),
    ({"boosts": [{"field": "sales", "scale": 1, "shape": "cube"}]}, ".boosts.0.shape"),
    ({"boosts": [{"field": "", "equals": 1}]}, ".boosts.0.field"),
    ({"boosts": [{"equals": 1}]}, ".boosts.0.field"),
    ({"boosts": [{"field": "a", "equals": 1}, {"fild": 1, "scale": 1}]}, ".boosts.1.fild"),
    ({"boosts": [{"name": "no-such"}]}, ".boosts.0.name"),
    ({"boosts": [{"name": 5}]}, ".boosts.0.name"),
    ({"order": "not a token"}, ".order"),
    ({"order": ""}, ".order"),
    ({"order": "eJxLy"}, ".order"),
    ({"order": "é"}, ".order"),
    ({"order": 5}, ".order"),
    ({"explain": "yes"}, ".explain"),
    ({"explain": 1}, ".explain"),
    ({"budget_s": 0}, ".budget_s"),
    ({"budget_s": -1.0}, ".budget_s"),
    ({"budget_s": math.inf}, ".budget_s"),
    ({"on_error": "ignore"}, ".on_error"),
    ({"vector": []}, ".vector"),
    ({"vector": "abc"}, ".vector"),
    ({"vector": 0.5}, ".vector"),
    ({"vector": [0.0] * DIMS}, ".vector"),
    ({"vector": [math.nan, *VECTOR[1:]]}, ".vector"),
    ({"vector": [math.inf, *VECTOR[1:]]}, ".vector"),
    ({"vector": [1e300, *VECTOR[1:]]}, ".vector"),
    ({"vector": [1e-300, *VECTOR[1:]]}, ".vector"),
    ({"vector": VECTOR[:-1]}, ".vector"),
    ({"vector": [*VECTOR, 0.0]}, ".vector"),
    ({"vector": ["a", *VECTOR[1:]]}, ".vector.0"),
    ({"vector": [None, *VECTOR[1:]]}, ".vector.0"),
    ({"vector": [VECTOR]}, ".vector.0"),
]


@pytest.mark.parametrize(
    ("section", "path"), MISTAKES, ids=[str(section)[:40] for section, _ in MISTAKES]
)
def test_mistakes_in_our_section(shop: HybridClient, names: Names, section: Any, path: str) -> None:
    """Each mistake is a `RequestError` at its own path, and is not repeated in the message."""
    with pytest.raises(RequestError) as caught:
        shop.search(index=names.shop, query=WORDS, ext={"hybrid": section})
    assert caught.value.path == f"ext.hybrid{path}"
    assert str(caught.value).startswith(caught.value.path)
    assert "no-such" not in str(caught.value)


@pytest.mark.parametrize("body", [False, True])
def test_a_mistake_in_either_spelling(shop: HybridClient, names: Names, body: bool) -> None:
    """The section is checked in `ext=` and in the deprecated `body=` alike."""
    asked: dict[str, Any] = {"query": WORDS, "ext": {"hybrid": {"window": 0}}}
    with pytest.raises(RequestError, match=r"^ext\.hybrid\.window"):
        shop.search(index=names.shop, **({"body": asked} if body else asked))


TOGETHER: list[tuple[Reason, dict[str, Any], str]] = [
    (Reason.NO_TEXT, {"query": {"match_all": {}}}, "ext.hybrid.text"),
    (
        Reason.AMBIGUOUS_TEXT,
        {"query": {"bool": {"must": [WORDS, {"match": {"description": "hills"}}]}}},
        "ext.hybrid.text",
    ),
    (Reason.SORT, {"query": WORDS, "sort": [{"price": "asc"}]}, "sort"),
    (Reason.SCROLL, {"query": WORDS, "scroll": "1m"}, "scroll"),
    (Reason.SEARCH_AFTER, {"query": WORDS, "search_after": [1.0]}, "search_after"),
    (Reason.PIT, {"query": WORDS, "pit": {"id": "abc"}}, "pit"),
    (Reason.SLICE, {"query": WORDS, "slice": {"id": 0, "max": 2}}, "slice"),
    (Reason.SIZE_ZERO, {"query": WORDS, "size": 0}, "size"),
    (Reason.PAST_RESULT_WINDOW, {"query": WORDS, "from_": 9_999, "size": 10}, "from"),
    (
        Reason.KNN,
        {"query": WORDS, "knn": {"field": "embedding", "query_vector": VECTOR, "k": 3}},
        "knn",
    ),
    (Reason.RETRIEVER, {"retriever": {"standard": {"query": WORDS}}}, "retriever"),
    (Reason.RANK, {"query": WORDS, "rank": {"rrf": {}}}, "rank"),
    (Reason.MIN_SCORE, {"query": WORDS, "min_score": 0.5}, "min_score"),
    (Reason.TERMINATE_AFTER, {"query": WORDS, "terminate_after": 5}, "terminate_after"),
    (Reason.NO_INDEX, {"query": WORDS, "index": None}, "index"),
    (Reason.PARAMETER, {"query": WORDS, "filter_path": "hits"}, "filter_path"),
]


@pytest.mark.parametrize(
    ("reason", "asked", "path"), TOGETHER, ids=[str(reason) for reason, _, _ in TOGETHER]
)
@pytest.mark.parametrize("section", [True, {"window": 50}])
def test_what_cannot_be_combined(
    shop: HybridClient, names: Names, reason: Reason, asked: Any, path: str, section: Any
) -> None:
    """Options asked for together with what rules them out are refused, naming what does."""
    arguments = {"index": names.shop, **asked, "ext": {"hybrid": section}}
    before = copy.deepcopy(arguments)
    with pytest.raises(RequestError) as caught:
        shop.search(**arguments)
    assert caught.value.path == path
    assert arguments == before
    with pytest.raises(RequestError):
        shop.plan(**arguments)


def test_every_reason_is_refused_when_asked_for() -> None:
    """No reason to pass through is forgotten; switching off is no wish for options."""
    assert {reason for reason, _, _ in TOGETHER} == set(Reason) - {Reason.SWITCHED_OFF}


@pytest.mark.parametrize(
    "asked", [asked for reason, asked, _ in TOGETHER if reason not in {Reason.PIT, Reason.RANK}]
)
def test_switched_off(
    shop: HybridClient, es: Elasticsearch, names: Names, asked: dict[str, Any]
) -> None:
    """`"hybrid": False` beside anything sends the request as it would have been."""
    arguments = {"index": names.shop, **asked}
    outcomes: list[Any] = []
    off: dict[str, Any] = {"ext": {"hybrid": False}}
    for client, section in ((es, {}), (shop, off)):
        try:
            body = client.search(**arguments, **section).body
            outcomes.append({k: v for k, v in body.items() if k not in {"took", "_scroll_id"}})
            if "_scroll_id" in body:
                es.clear_scroll(scroll_id=body["_scroll_id"])
        except Exception as error:  # noqa: BLE001 - what it raises is what is compared
            outcomes.append(type(error))
    if asked.get("index", "") is None:  # others' indices come and go
        assert outcomes[0].keys() == outcomes[1].keys()
    else:
        assert outcomes[0] == outcomes[1]


def test_a_vector_of_the_callers_own(shop: HybridClient, names: Names) -> None:
    """A vector that fits is used as it is, lists and arrays alike."""
    row = HashEmbedder(dims=DIMS).embed(["two person tent"], kind="query", timeout_s=1)[0]  # type: ignore[arg-type]
    pages = [
        shop.search(index=names.shop, query=WORDS, ext={"hybrid": {"vector": vector}})
        for vector in (row.tolist(), tuple(row.tolist()), row)
    ]
    ids = [[hit["_id"] for hit in page["hits"]["hits"]] for page in pages]
    assert ids[0] == ids[1] == ids[2]
    assert all(page.hybrid.degraded == () for page in pages)
