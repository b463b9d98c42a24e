"""What is written for a product depends on what is stored; answers are read item by item."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.actions import (
    Action,
    Decision,
    Step,
    Stored,
    VectorFields,
    body_end,
    decide,
    index_action,
    item_reasons,
    keep_vector_action,
    read_stored,
    sanitize_reason,
)
from es_hybrid.indexing.sources import Product

PRODUCT = Product(
    id="1", line=1, source={}, body=b'{"id":"1"}', document_hash="d", text="t", text_hash="h"
)
BROUGHT = Product(
    id="1",
    line=1,
    source={},
    body=b'{"id":"1"}',
    document_hash="d",
    text="t",
    text_hash="h",
    vector=np.ones(2, dtype=np.float32),
)
WORDLESS = Product(id="1", line=1, source={}, body=b'{"id":"1"}', document_hash="d")


@pytest.mark.parametrize(
    ("product", "stored", "step", "embed"),
    [
        (PRODUCT, None, Step.REPLACE, True),
        (PRODUCT, Stored("d", "h"), Step.UNCHANGED, False),
        (PRODUCT, Stored("x", "h"), Step.KEEP_VECTOR, False),
        (PRODUCT, Stored("x", "y"), Step.REPLACE, True),
        (PRODUCT, Stored("d", None), Step.REPLACE, True),
        (PRODUCT, Stored("d", "y"), Step.REPLACE, True),
        (PRODUCT, Stored(None, None), Step.REPLACE, True),
        (BROUGHT, None, Step.REPLACE, False),
        (BROUGHT, Stored("d", "h"), Step.UNCHANGED, False),
        (BROUGHT, Stored("x", "h"), Step.REPLACE, False),
        (BROUGHT, Stored("d", None), Step.REPLACE, False),
        (WORDLESS, Stored("d", None), Step.UNCHANGED, False),
        (WORDLESS, Stored("x", None), Step.REPLACE, False),
    ],
)
def test_nothing_is_written_or_embedded_without_need(
    product: Product, stored: Stored | None, step: Step, embed: bool
) -> None:
    """A new text is embedded, an old one keeps its vector, an equal product is left alone."""
    decision = decide(product, stored, vectors=True)
    assert (decision.step, decision.embed) == (step, embed)


@pytest.mark.parametrize(
    ("stored", "step"),
    [(None, Step.REPLACE), (Stored("d", None), Step.UNCHANGED), (Stored("x", "h"), Step.REPLACE)],
)
def test_a_lexical_index_compares_documents_only(stored: Stored | None, step: Step) -> None:
    """Without a vector field, texts do not matter."""
    assert decide(PRODUCT, stored, vectors=False)[:2] == Decision(step)[:2]


def test_a_document_is_written_with_its_vector_as_base64() -> None:
    """Servers that take it get big-endian float32 as base64, exact to the bit."""
    vector = np.array([1.5, -2.25], dtype=np.float32)
    fields = VectorFields("embedding", "m", packed=True).of(vector, text_hash="h")
    head, document = map(orjson.loads, index_action(PRODUCT, fields).lines.splitlines())
    assert head == {"index": {"_id": "1"}}
    stored = np.frombuffer(base64.b64decode(document.pop("embedding")), dtype=">f4")
    assert stored.tolist() == [1.5, -2.25]
    assert document == {
        "id": "1",
        "document_hash": "d",
        "embedding_dims": 2,
        "embedding_model": "m",
        "embedding_text_hash": "h",
    }


def test_a_document_is_written_with_its_vector_as_numbers() -> None:
    """Older servers get a list of numbers; a strided vector is no exception."""
    vector = np.array([1.5, 9, -2.25, 9], dtype=np.float32)[::2]
    fields = VectorFields("embedding", None, packed=False).of(vector, text_hash="h")
    document = orjson.loads(index_action(PRODUCT, fields).lines.splitlines()[1])
    assert document["embedding"] == [1.5, -2.25]
    assert "embedding_model" not in document


def test_keeping_a_vector_sends_none() -> None:
    """A price change carries the document, never the vector, and works for a deleted product."""
    head, body = map(
        orjson.loads, keep_vector_action(PRODUCT, field="embedding").lines.split(b"\n")[:2]
    )
    assert head == {"update": {"_id": "1", "retry_on_conflict": 3}}
    assert body["scripted_upsert"] is True
    assert body["script"]["params"]["doc"] == {"id": "1", "document_hash": "d"}
    assert body["script"]["params"]["text_hash"] == "h"


@given(st.lists(st.integers(1, 50), max_size=30), st.integers(1, 5), st.integers(1, 60))
def test_requests_keep_their_limits_and_lose_nothing(
    sizes: list[int], count: int, limit: int
) -> None:
    """Actions stay in order; only one that is too large by itself passes the limit, alone."""
    actions = [Action(str(i), b"x" * size) for i, size in enumerate(sizes)]
    found: list[list[Action]] = []
    start = 0
    while start < len(actions):
        end = body_end(actions, start, most=count, max_bytes=limit)
        found.append(actions[start:end])
        start = end
    assert [action for body in found for action in body] == actions
    for body in found:
        assert len(body) <= count
        assert len(body) == 1 or sum(len(action.lines) for action in body) <= limit


def item(status: int, **error: str) -> dict[str, Any]:
    return {"index": {"status": status, **({"error": error} if error else {})}}


def test_each_item_of_an_answer_is_stored_busy_or_refused() -> None:
    """Only what is rejected for now is tried again; a missing answer is not taken for success."""
    answer = {
        "items": [
            item(201),
            item(200),
            item(429, type="es_rejected_execution_exception", reason="full"),
            item(400, type="document_parsing_exception", reason="no"),
            {"update": {"status": 409, "error": {"type": "version_conflict_engine_exception"}}},
            item(408, type="timeout"),
        ]
    }
    assert item_reasons(answer, 7) == [
        None,
        None,
        (True, "429 es_rejected_execution_exception: full"),
        (False, "400 document_parsing_exception: no"),
        (True, "409 version_conflict_engine_exception"),
        (True, "408 timeout"),
        (True, "no answer for this item"),
    ]


@pytest.mark.parametrize(
    "reason",
    [
        "[1:11] failed to parse field [price] of type [double]. Preview of field's value: 'secret'",
        "The [cosine] similarity does not support zero. Preview of invalid vector: [secret, 0.0]",
        'For input string: "secret"',
        "bad id [" + "secret" * 100 + "]",
    ],
)
def test_a_reason_quotes_no_content(reason: str) -> None:
    """What Elasticsearch quotes of a document does not reach a report or a log."""
    found = sanitize_reason("type", reason)
    assert found.count("secret") == 0
    assert len(found) <= 300


def test_what_is_stored_is_read_by_id() -> None:
    """A product may have been written without hashes, by somebody else."""
    docs = [{"_id": "a", "_source": {"document_hash": "d"}}, {"_id": "c"}]
    assert read_stored(docs) == {"a": Stored("d", None), "c": Stored(None, None)}
