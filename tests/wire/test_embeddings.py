"""Embeddings requests and the checks on their answers."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from es_hybrid.errors import ContractError, EmbeddingError
from es_hybrid.types import TextKind
from es_hybrid.wire.embeddings import (
    decode_embeddings,
    encode_texts,
    parse_embeddings,
    prepare_query,
)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["data", "index", "embedding", "x"]), inner, max_size=3)
    ),
    max_leaves=20,
)


def packed(vector: list[float], order: str = "<") -> str:
    return base64.b64encode(np.array(vector, f"{order}f4").tobytes()).decode()


def test_the_instruction_stands_before_a_query_to_the_letter() -> None:
    """One space after `Instruct:`, one newline, no space after `Query:`."""
    expected = b"Instruct: Given a shopping query, retrieve products\nQuery:red shoe"
    instruction = "Given a shopping query, retrieve products"
    assert prepare_query("red shoe", instruction).encode() == expected
    assert prepare_query("red shoe", None) == prepare_query("red shoe", "") == "red shoe"


def test_only_queries_get_the_instruction_and_only_once() -> None:
    """Documents go bare; a query has exactly one instruction."""
    arguments: Any = {"model": "m", "instruction": "Find products"}
    query = encode_texts(["boot"], kind=TextKind.QUERY, **arguments)
    document = encode_texts(["boot"], kind=TextKind.DOCUMENT, **arguments)
    assert query["input"] == ["Instruct: Find products\nQuery:boot"]
    assert document["input"] == ["boot"]


def test_dimensions_are_left_out_unless_wanted() -> None:
    """No `dimensions` key goes out by itself: some servers refuse even `null`."""
    assert "dimensions" not in encode_texts(["a"], kind=TextKind.DOCUMENT, model="m")
    sent = encode_texts(["a"], kind=TextKind.DOCUMENT, model="m", dimensions=512)
    assert sent["dimensions"] == 512


def test_long_texts_are_cut_and_control_tokens_removed_before_the_instruction() -> None:
    """Neither the cut nor the cleaning touches the instruction's own words."""
    text = "Red<|endoftext|> boot. " + "Very long. " * 50
    sent = encode_texts(
        [text], kind=TextKind.QUERY, model="m", instruction="Find products", max_tokens=12
    )["input"][0]
    assert sent == "Instruct: Find products\nQuery:Red  boot. Very long."


def test_blank_texts_are_refused_with_their_position() -> None:
    """A blank text would get a vector of nothing; the caller learns which one it is."""
    with pytest.raises(EmbeddingError, match="1 of 3 texts are blank, the first at position 1"):
        encode_texts(["a", " <|im_end|> ", "b"], kind=TextKind.DOCUMENT, model="m")


@pytest.mark.parametrize(
    ("vector", "encoded"),
    [([1.0, -2.0], "AACAPwAAAMA="), ([0.5, 0.5, 0.5, 0.5], "AAAAPwAAAD8AAAA/AAAAPw==")],
)
def test_base64_is_little_endian_float32(vector: list[float], encoded: str) -> None:
    """The two known vectors are read from base64 as from numbers."""
    from_text = decode_embeddings([(0, encoded)], count=1, dims=None)
    from_numbers = decode_embeddings([(0, vector)], count=1, dims=None)
    assert (from_text == from_numbers).all()


def test_big_endian_bytes_are_refused() -> None:
    """Bytes in the wrong order give numbers near 1e-41, which no model makes."""
    with pytest.raises(ContractError, match=r"at 0 has length .* wrong order"):
        decode_embeddings([(0, "P4AAAMAAAAA=")], count=1, dims=None)


def test_longer_vectors_are_cut_and_have_unit_length_again() -> None:
    """A server that ignores `dimensions` still gives vectors of the length that is wanted."""
    vectors = decode_embeddings([(0, [3.0, 4.0, 12.0]), (1, [0.0, 1.0, 0.0])], count=2, dims=2)
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [pytest.approx([0.6, 0.8]), [0.0, 1.0]]


GOOD = [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([(0, GOOD)], "1 vectors came for 2 texts"),
        ([(0, GOOD), (1, GOOD), (2, GOOD)], "3 vectors came for 2 texts"),
        ([(0, GOOD), (0, GOOD)], "index 0 came twice"),
        ([(0, GOOD), (2, GOOD)], "index 2 is outside 0 to 1"),
        ([(0, GOOD), (-1, GOOD)], "index -1 is outside"),
        ([(0, GOOD), (1, [1.0, 2.0])], "at 1 has 2 dims, the first one 3"),
        ([(0, GOOD), (1, [1.0, float("nan"), 2.0])], "at 1 has NaN or infinity"),
        ([(0, GOOD), (1, [1.0, None, 2.0])], "at 1 is not a list of numbers"),
        ([(0, GOOD), (1, ["1", "2", "3"])], "at 1 is not a list of numbers"),
        ([(0, GOOD), (1, [[1.0], [2.0, 3.0]])], "at 1 is not a list of numbers"),
        ([(0, GOOD), (1, [True, False, True])], "at 1 is not a list of numbers"),
        ([(0, GOOD), (1, [])], "at 1"),
        ([(0, GOOD), (1, [0.0, 0.0, 0.0])], "at 1 has length 0: zero"),
        ([(0, GOOD), (1, [1e200, 1e200, 1.0])], "at 1 has length inf"),
        ([(0, GOOD), (1, [10**400, 1, 1])], "at 1 is not a list of numbers"),
        ([(0, GOOD), (1, "no base64!")], "at 1 is not base64"),
        ([(0, GOOD), (1, "AAAA")], "at 1 is not base64 of float32 numbers"),
        ([(0, GOOD), (1, "")], "at 1 is not base64 of float32 numbers"),
        ([(0, GOOD), (1, packed([1.0, float("inf"), 0.0]))], "at 1 has NaN or infinity"),
    ],
)
def test_broken_vectors_are_refused_with_check_and_position(
    items: list[tuple[int, Any]], words: str
) -> None:
    """Every broken answer is a ContractError that names what is wrong, and where."""
    with pytest.raises(ContractError, match=words) as caught:
        decode_embeddings(items, count=2, dims=None)
    assert "1.0" not in str(caught.value)
    assert (caught.value.service, caught.value.status) == ("embed", 200)


def test_too_short_vectors_say_which_setting_to_change() -> None:
    """A model that gives fewer dims than configured is told apart from a broken answer."""
    with pytest.raises(ContractError, match=r"has 3 dims, 8 are wanted.*ES_HYBRID_EMBED__DIMS"):
        decode_embeddings([(0, GOOD)], count=1, dims=8)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html></html>",
        b'{"data": [{"index": 0, "embedding": [1.0',
        b'{"data": [{"index": 0, "embedding": [NaN, 1.0]}]}',
        b"[]",
        b'"text"',
        b"null",
        b'{"data": null}',
        b'{"data": [1]}',
        b'{"data": [{"embedding": [1.0]}]}',
        b'{"data": [{"index": "0", "embedding": [1.0]}]}',
        b'{"data": [{"index": true, "embedding": [1.0]}]}',
        b'{"data": [{"index": 0, "embedding": null}]}',
    ],
)
def test_answers_of_another_shape_are_refused(body: bytes) -> None:
    """Pages, cut JSON, NaN literals and missing keys are ContractErrors, never another exception."""
    with pytest.raises(ContractError):
        parse_embeddings(body)


@given(JSON_VALUES, st.integers(0, 3), st.sampled_from([None, 1, 2]))
@settings(max_examples=300)
def test_any_json_gives_vectors_or_a_contract_error(
    body: Any, count: int, dims: int | None
) -> None:
    """Whatever JSON a server answers, what comes out is sound, or a ContractError."""
    try:
        items = parse_embeddings(json.dumps({"data": body}).encode())
        vectors = decode_embeddings(items, count=count, dims=dims)
    except ContractError:
        return
    assert len(vectors) == count
    assert np.isfinite(vectors).all()


@given(st.permutations(range(6)), st.booleans())
def test_any_order_decodes_to_the_same(order: list[int], as_text: bool) -> None:
    """Vectors are joined to texts by index, whatever the order of the answer."""
    rows = np.random.default_rng(3).normal(size=(6, 5)).astype(np.float32).tolist()
    items: list[Any] = [(i, packed(rows[i]) if as_text else rows[i]) for i in order]
    straight: list[Any] = list(enumerate(rows))
    expected = decode_embeddings(straight, count=6, dims=4)
    assert np.allclose(decode_embeddings(items, count=6, dims=4), expected, atol=1e-7)
