"""What servers' code and documents say, run through the codecs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from es_hybrid.types import TextKind
from es_hybrid.wire.embeddings import decode_embeddings, encode_texts, parse_embeddings
from es_hybrid.wire.failures import refused
from es_hybrid.wire.rerank import DIALECTS, check_template, decode_scores, dialect
from tests.support.documented import documented, rerank_pairs

PAIRS = rerank_pairs()
ELSEWHERE = documented("rerank_answers_elsewhere")["answers"]
EMBEDDINGS = documented("embeddings")["answers"]
ERRORS = documented("errors")["answers"]


def test_every_dialect_is_documented() -> None:
    """No dialect is without a pair that says where its format comes from."""
    assert {pair["dialect"] for pair in PAIRS.values()} == set(DIALECTS)
    assert all(pair["documented"] for pair in PAIRS.values())


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_rerank_requests_are_what_the_server_reads(pair: Any) -> None:
    """A codec writes the documented body, key for key."""
    codec, call = dialect(pair["dialect"]), pair["call"]
    check_template(codec, call["template"])
    assert codec.encode(**call) == pair["body"]


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_rerank_answers_become_scores_in_input_order(pair: Any) -> None:
    """Each server's answer gives one score per text, in the order the texts were sent."""
    assert decode_scores(pair["response"], count=2) == pair["scores"]


@pytest.mark.parametrize("answer", ELSEWHERE, ids=lambda answer: answer["source"][:40])
def test_other_known_shapes_are_read_too(answer: Any) -> None:
    """Shapes of servers without a dialect of their own are understood."""
    assert decode_scores(answer["response"], count=2) == answer["scores"]


@pytest.mark.parametrize("pair", EMBEDDINGS, ids=lambda pair: pair["source"][:40])
def test_embeddings_requests_and_answers(pair: Any) -> None:
    """An embeddings request has exactly the documented keys, and its answer gives unit vectors."""
    request = pair["request"]
    body = encode_texts(
        request["input"],
        kind=TextKind.DOCUMENT,
        model=request["model"],
        dimensions=request.get("dimensions"),
        encoding_format=request["encoding_format"],
    )
    assert body == request
    items = parse_embeddings(json.dumps(pair["response"]).encode())
    vectors = decode_embeddings(items, count=len(request["input"]), dims=pair["dims"])
    assert vectors.tolist() == [pytest.approx(row, abs=1e-6) for row in pair["vectors"]]


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case['server']}-{case['status']}")
def test_errors_are_read_classified_and_answered(case: Any) -> None:
    """A server's words reach the exception, its class reaches the retry, a hint says what to do."""
    content = json.dumps(case["body"]).encode()
    failure = refused(case["status"], {}, content, service=case["service"], sent=[], now=0.0)
    assert failure.error.body_excerpt == case["message"]
    assert failure.outcome.kind == case["kind"]
    assert failure.error.retryable == (case["kind"] in {"busy", "fault"})
    assert (case["hint"] or "") in (failure.error.hint or "")
