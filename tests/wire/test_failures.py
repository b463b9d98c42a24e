"""What a failed call turns into, and what must never come out with it."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid._retry import OutcomeKind
from es_hybrid.errors import ContractError, EmbeddingError, RerankError, ServiceTimeout
from es_hybrid.wire.failures import broken, dropped, read_json, refused, timed_out, unreachable
from es_hybrid.wire.messages import excerpt, server_message


def test_a_refusal_carries_what_an_operator_needs() -> None:
    """Status, words, wait and class are all on the error and the outcome."""
    body = b'{"error": {"message": "too many"}}'
    failure = refused(429, {"Retry-After": "2"}, body, service="rerank", sent=[], now=0.0)
    assert isinstance(failure.error, RerankError)
    assert (failure.error.status, failure.error.body_excerpt) == (429, "too many")
    assert failure.error.retryable
    assert failure.outcome.retry_after_s == 2.0
    assert str(pickle.loads(pickle.dumps(failure.error))) == str(failure.error)


SENT = ["轻薄透气夏季连衣裙", "red trail running shoes", "tv"]


@pytest.mark.parametrize(
    "echo",
    [
        "bad input: 轻薄透气夏季连衣裙",
        "bad input: 'red trail running shoes'",
        "bad input: red trail runn...",
        "bad input: 夏季连",
        json.dumps({"input": SENT}),
        repr(SENT),
        "no such product: tv",
    ],
)
def test_a_servers_echo_of_the_request_is_taken_out(echo: str) -> None:
    """Shoppers' words stay out of exceptions, even cut short, escaped or in Chinese."""
    cause = RuntimeError(echo)
    failure = refused(
        400,
        {},
        json.dumps({"detail": echo}).encode(),
        service="embed",
        sent=SENT,
        now=0.0,
        cause=cause,
    )
    shown = f"{failure.error} {failure.error.body_excerpt}"
    for piece in ("trail", "连", "\\u8fde", " tv"):
        assert piece not in shown
    assert failure.cause is None, "the library's exception would show the echo in a traceback"


def test_a_message_without_an_echo_is_left_alone_and_chained() -> None:
    """The server's own words are kept in full up to 300 characters, with the cause."""
    cause = RuntimeError("x")
    body = json.dumps({"message": "queue is full"}).encode()
    failure = refused(503, {}, body, service="embed", sent=SENT, now=0.0, cause=cause)
    assert failure.error.body_excerpt == "queue is full"
    assert failure.cause is cause
    assert len(excerpt("x" * 1000, [])) == 300


@given(st.binary(max_size=200))
def test_any_body_gives_a_message(content: bytes) -> None:
    """No error body, however odd, makes reading it fail."""
    assert isinstance(server_message(content), str)


@given(st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(
    st.sampled_from(["error", "message", "detail", "msg"]), x)))  # fmt: skip
def test_any_json_body_gives_a_message(value: object) -> None:
    """The same for every JSON value in the places where messages are."""
    assert isinstance(server_message(json.dumps(value).encode()), str)


def test_a_page_in_place_of_json_is_a_contract_error_about_the_address() -> None:
    """A proxy's page with status 200 points at the address, not at the page's words."""
    with pytest.raises(ContractError, match="13 bytes is not JSON; check ES_HYBRID_RERANK__URL"):
        read_json(b"<html></html>", service="rerank")
    error = ContractError("x", service="rerank", status=200)
    assert broken(error).outcome.kind is OutcomeKind.PROTOCOL


def test_timeouts_and_lost_connections_are_told_apart() -> None:
    """Both may be retried; one says how long was waited, the other what the system said."""
    late = timed_out("embed", 0.15)
    assert isinstance(late.error, ServiceTimeout)
    assert isinstance(late.error, TimeoutError)
    assert "did not answer within 0.15 s" in str(late.error)
    low = ConnectionRefusedError(111, "Connection refused")
    high = RuntimeError("All connection attempts failed")
    high.__cause__ = low
    lost = unreachable("embed", high)
    assert isinstance(lost.error, EmbeddingError)
    assert "no connection to the embedding server: Connection refused" in str(lost.error)
    assert late.error.retryable
    assert lost.error.retryable


def test_only_an_http_librarys_exceptions_are_taken_for_lost_connections() -> None:
    """A mistake in our own code is not disguised as a server's failure."""

    class ReadTimeout(Exception): ...

    ReadTimeout.__module__ = "httpx2"
    late = dropped("embed", 0.2, ReadTimeout())
    assert late is not None
    assert late.outcome.kind is OutcomeKind.TIMEOUT
    assert dropped("embed", 0.2, TypeError()) is None
