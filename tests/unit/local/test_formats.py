"""Requests and answers in the words of SGLang, vLLM and Xinference."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from es_hybrid.local.formats import (
    MAX_CHARACTERS,
    Dialect,
    WireError,
    WireFormat,
    embeddings_answer,
    error_body,
    read_embeddings,
    read_rerank,
    rerank_answer,
)

MODEL = "some-model"
ASKED: dict[str, Any] = {"query": "shoe", "documents": ["a", "b", "c"]}


def read(body: object, dialect: Dialect = Dialect.AUTO) -> Any:
    return read_rerank(body, model=MODEL, dialect=dialect)


def answer(scores: list[float], body: dict[str, Any]) -> Any:
    request = read(body)
    return rerank_answer(scores, request=request, model=MODEL, tokens=7, answer_id="0f")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "must be a JSON object"),
        ({}, "`input` must be a string"),
        ({"input": 3}, "`input` must be a string"),
        ({"input": []}, "Input cannot be empty"),
        ({"input": ""}, "index 0 cannot be empty or whitespace only"),
        ({"input": ["a", " \n"]}, "index 1 cannot be empty or whitespace only"),
        ({"input": ["a", 3]}, "index 1 must be a string"),
        ({"input": [[1, 2]]}, "index 0 must be a string; token ids are not read"),
        ({"input": ["a", "b" * (MAX_CHARACTERS + 1)]}, "index 1 is longer than"),
        ({"input": "a", "encoding_format": "bytes"}, "must be float or base64"),
        ({"input": "a", "dimensions": 128}, "does not support matryoshka"),
        ({"input": "a", "dimensions": 256}, "does not support matryoshka"),
        ({"input": "a", "dimensions": 0}, "must be greater than 0"),
        ({"input": "a", "dimensions": "128"}, "must be an integer"),
        ({"input": "a", "dimensions": True}, "must be an integer"),
    ],
)
def test_wrong_embedding_requests_get_flat_400s(body: object, message: str) -> None:
    """One wrong item refuses the whole request, in SGLang's flat error body."""
    with pytest.raises(WireError, match=message) as caught:
        read_embeddings(body, model=MODEL)
    said = error_body(caught.value)
    assert said["object"] == "error"
    assert (said["type"], said["param"], said["code"]) == ("BadRequestError", None, 400)


def test_embedding_requests_may_carry_more() -> None:
    """A single string, nulls and unknown fields are taken as SGLang takes them."""
    body = {"input": "a", "dimensions": None, "encoding_format": None, "user": "x"}
    request = read_embeddings(body, model=MODEL)
    assert (request.texts, request.base64) == (("a",), False)


def test_embeddings_answer_in_order_and_both_encodings() -> None:
    """Floats and little-endian base64 carry the same numbers, in the order of the texts."""
    rows = np.array([[1.0, -2.0], [0.5, 0.5]], dtype=np.float32)
    bodies = {}
    for encoding in ("float", "base64"):
        request = read_embeddings({"input": ["a", "b"], "encoding_format": encoding}, model=MODEL)
        bodies[encoding] = embeddings_answer(rows, request=request, model=MODEL, tokens=4)
    first, second = bodies["base64"]["data"]
    assert first["embedding"] == "AACAPwAAAMA="
    np.testing.assert_array_equal(
        np.frombuffer(base64.b64decode(second["embedding"]), "<f4"), rows[1]
    )
    body = bodies["float"]
    assert (body["object"], body["model"]) == ("list", MODEL)
    assert body["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert [(item["object"], item["index"]) for item in body["data"]] == [
        ("embedding", 0),
        ("embedding", 1),
    ]
    np.testing.assert_array_equal([item["embedding"] for item in body["data"]], rows)


@pytest.mark.parametrize(
    ("change", "message", "code"),
    [
        ({"query": None}, "`query` must be a string", 400),
        ({"query": {"content": []}}, "`query` must be a string", 400),
        ({"documents": []}, "at least one string", 400),
        ({"documents": {"text": "a"}}, "at least one string", 400),
        ({"documents": ["a", {"text": "b"}]}, "each of `documents`", 400),
        ({"top_n": None}, "`top_n` must be an integer of at least 0", 400),
        ({"top_n": -1}, "`top_n` must be an integer of at least 0", 400),
        ({"top_n": True}, "`top_n` must be an integer of at least 0", 400),
        ({"top_n": "2"}, "`top_n` must be an integer of at least 0", 400),
        ({"model": "another"}, "The model `another` does not exist.", 404),
    ],
)
def test_wrong_rerank_requests_get_nested_errors(
    change: dict[str, Any], message: str, code: int
) -> None:
    """Wrong requests are refused in vLLM's nested error body, an unknown model with 404."""
    with pytest.raises(WireError, match=message) as caught:
        read(ASKED | change)
    error = error_body(caught.value)["error"]
    assert (error["code"], error["param"]) == (code, None)
    assert caught.value.status == code


@pytest.mark.parametrize(
    "change", [{"top_n": -1}, {"documents": "a"}, {"model": None}, {"model": "x"}]
)
def test_xinference_errors_are_a_detail(change: dict[str, Any]) -> None:
    """Where Xinference is spoken, an error is a 400 with a `detail`."""
    body = ASKED | {"model": MODEL, "return_documents": False} | change
    with pytest.raises(WireError) as caught:
        read(body)
    assert error_body(caught.value) == {"detail": caught.value.message}
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("extra", "dialect", "expected"),
    [
        ({}, Dialect.AUTO, WireFormat.VLLM),
        ({"return_documents": False}, Dialect.AUTO, WireFormat.XINFERENCE),
        ({"kwargs": "{}"}, Dialect.AUTO, WireFormat.XINFERENCE),
        ({"return_documents": True}, Dialect.VLLM, WireFormat.VLLM),
        ({}, Dialect.XINFERENCE, WireFormat.XINFERENCE),
    ],
)
def test_dialect(extra: dict[str, Any], dialect: Dialect, expected: WireFormat) -> None:
    """`auto` goes by the fields of the request; a named dialect is kept to."""
    assert read(ASKED | {"model": MODEL} | extra, dialect).wire is expected


def test_vllm_answer() -> None:
    """Best first, ties in the caller's order, every document echoed as an object."""
    assert answer([0.2, 0.9, 0.2], ASKED) == {
        "id": "score-0f",
        "model": MODEL,
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
        "results": [
            {"index": 1, "document": {"text": "b", "multi_modal": None}, "relevance_score": 0.9},
            {"index": 0, "document": {"text": "a", "multi_modal": None}, "relevance_score": 0.2},
            {"index": 2, "document": {"text": "c", "multi_modal": None}, "relevance_score": 0.2},
        ],
    }


@pytest.mark.parametrize(("top_n", "count"), [(0, 3), (1, 1), (2, 2), (9, 3)])
def test_top_n(top_n: int, count: int) -> None:
    """0 means all, and more than there are is all."""
    assert len(answer([0.2, 0.9, 0.3], ASKED | {"top_n": top_n})["results"]) == count


def test_xinference_answer() -> None:
    """Documents come when asked for and are null otherwise; there is a `meta` and no `usage`."""
    body = ASKED | {"model": MODEL, "return_documents": True, "top_n": 1}
    said = answer([0.2, 0.9, 0.3], body)
    assert said["results"] == [{"index": 1, "document": {"text": "b"}, "relevance_score": 0.9}]
    assert set(said) == {"id", "results", "meta"}
    silent = answer([0.2, 0.9, 0.3], body | {"return_documents": False, "top_n": None})
    assert [item["document"] for item in silent["results"]] == [None, None, None]


def test_a_single_document_may_be_a_string() -> None:
    """VLLM takes one document without a list around it."""
    assert read(ASKED | {"documents": "a"}).documents == ("a",)
