"""A document is carried with what is still true of it, and nothing else of ours."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from es_hybrid.indexing.deletes import delete_action
from es_hybrid.indexing.product import BudgetedText
from es_hybrid.indexing.reindex.checks import check_count, check_overlap, check_uuids, same_document
from es_hybrid.indexing.reindex.documents import (
    Found,
    Target,
    carry,
    found_of,
    outcomes,
    write_action,
)
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind, ReindexPlan, VectorNames
from es_hybrid.indexing.reindex.report import eta_s
from es_hybrid.indexing.reindex.texts import FieldsText, values_at

NAMES = VectorNames(language="embedding_language")
TARGET = Target(
    names=NAMES,
    foreign=("old_vector",),
    model="m",
    dims=2,
    text=BudgetedText(FieldsText(("name",))),
    packed=False,
    language=lambda _text: "en",
)


def found(**source: Any) -> Found:
    return Found("1", None, 3, 7, source)


def test_a_new_text_waits_for_its_vector() -> None:
    """The old model's vector does not go over."""
    carried = carry(found(name="shoe", old_vector=[1]), TARGET, None, stays=False)
    assert carried.pending
    assert carried.document == {"name": "shoe"}


def test_a_text_that_the_target_has_keeps_its_vector() -> None:
    """A price that changed embeds nothing again."""
    held = {"embedding": [1.0, 0.0], "embedding_text_hash": TARGET.hash_of("shoe")}
    carried = carry(found(name="shoe", price=5), TARGET, held, stays=False)
    assert not carried.pending
    assert carried.document == {"name": "shoe", "price": 5, **held}
    assert carry(found(name="boot"), TARGET, held, stays=False).pending


def test_vectors_that_stay_go_over_as_they_are() -> None:
    """Nothing is looked at."""
    source = {"name": "shoe", "embedding": [1.0, 0.0]}
    assert carry(found(**source), TARGET, None, stays=True).document == source


def test_a_vector_comes_with_what_tells_its_age() -> None:
    """Hash, model, dims and language stand beside it."""
    ours = TARGET.vector_fields(np.array([1, 0], np.float32), text="shoe", hash_="h")
    assert set(ours) == set(NAMES.all)
    assert (ours["embedding_dims"], ours["embedding_language"]) == (2, "en")


def test_versions_and_routing_go_along() -> None:
    """And a version that began again is written over."""
    hit = {"_id": "1", "_routing": "r", "_version": 9, "_seq_no": 4, "_source": {"n": 2**70}}
    carried = carry(found_of(hit), TARGET, None, stays=True)
    head, body = map(json.loads, write_action(carried).lines.splitlines())
    assert head == {
        "index": {"_id": "1", "routing": "r", "version": 9, "version_type": "external_gte"}
    }
    assert body == {"n": 2**70}
    assert b"version" not in write_action(carried, versioned=False).lines
    assert json.loads(delete_action("1", routing="r").lines) == {
        "delete": {"_id": "1", "routing": "r"}
    }


def test_deleting_what_is_not_there_is_done() -> None:
    """An item without an answer is not."""
    answer = {"items": [{"delete": {"status": 404}}, {"index": {"status": 201}}]}
    assert [status for _, status, _ in outcomes(answer, ["a", "b", "c"])] == [200, 201, 503]


def test_texts_come_from_any_depth() -> None:
    """Lists and objects are walked; numbers are words, truth values are not."""
    text = FieldsText(("a.b", "c"))
    assert text({"a": [{"b": "x"}, {"b": ["y", 3]}], "c": True}) == "x, y, 3"
    assert list(values_at({"a.b": 1}, "a.b")) == [1]
    assert text({"a": "flat"}) == ""


def test_verdicts() -> None:
    """A count may differ by writes under way and no more; another index is not taken for ours."""
    plan = ReindexPlan("p", PlanKind.NEW_MAPPING, "p-1", "u1", "p-2", CopyKind.SERVER, {}, {}, {})
    assert check_uuids(plan, old="u1", new="u2", made="u2").passed
    assert not check_uuids(plan, old="u9", new="u2", made="u2").passed
    assert not check_uuids(plan, old="u1", new="u2", made="u3").passed
    assert check_count(old=10, new=9, under_way=1).passed
    assert not check_count(old=10, new=8, under_way=1).passed
    assert same_document({"a": 1, "v": 2}, {"a": 1}, ours={"v"})
    assert not same_document({"a": 1}, None, ours=())
    assert check_overlap([], least=0.9, top=10).passed
    assert not check_overlap([1.0, 0.2], least=0.9, top=10).passed
    assert eta_s(done=0, total=5, elapsed_s=1.0) is None
