"""A call is tried again when that can help, after a wait within its bounds, and not otherwise."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid._retry import (
    Outcome,
    OutcomeKind,
    RetryPolicy,
    classify_status,
    next_delay,
    parse_retry_after,
    retry_after,
)

SEARCH = RetryPolicy(max_attempts=2, max_elapsed_s=0.3, base_s=0.02, cap_s=0.1)
INGEST = RetryPolicy(max_attempts=6, max_elapsed_s=300.0, base_s=0.5, cap_s=20.0)
NOW = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC).timestamp()

seconds = st.floats(0, 1000, allow_nan=False)
policies = st.builds(
    RetryPolicy,
    max_attempts=st.integers(1, 200),
    max_elapsed_s=seconds,
    base_s=seconds,
    cap_s=seconds,
    retry_after_cap_s=seconds,
    protocol_attempts=st.integers(1, 3),
)
outcomes = st.builds(Outcome, kind=st.sampled_from(OutcomeKind), retry_after_s=st.none() | seconds)
chances = st.floats(0, 1, exclude_max=True)


def test_waits_double_up_to_the_cap() -> None:
    """With chance at its upper end the waits are base, 2 base, 4 base, ... and end at the cap."""
    policy = RetryPolicy(max_attempts=99, max_elapsed_s=1e9, base_s=0.5, cap_s=5.0)
    busy = Outcome(OutcomeKind.BUSY)
    waits = [next_delay(policy, n, busy, 0.0, lambda: 1.0) for n in range(1, 7)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_waits_have_full_jitter() -> None:
    """Chance chooses evenly from 0 up, so clients that failed together come back apart."""
    busy = Outcome(OutcomeKind.BUSY)
    assert next_delay(INGEST, 1, busy, 0.0, lambda: 0.0) == 0.0
    assert next_delay(INGEST, 1, busy, 0.0, lambda: 0.25) == 0.125


@given(policies, st.integers(1, 300), outcomes, seconds, chances)
def test_a_wait_is_always_within_its_bounds(
    policy: RetryPolicy, attempt: int, outcome: Outcome, elapsed_s: float, chance: float
) -> None:
    """Whatever the inputs: no try too many, none too late, no wait longer than allowed."""
    delay = next_delay(policy, attempt, outcome, elapsed_s, lambda: chance)
    if delay is None:
        return
    asked = outcome.retry_after_s or 0.0
    assert attempt < policy.max_attempts
    assert elapsed_s + delay < policy.max_elapsed_s
    assert asked <= delay <= max(policy.cap_s, asked)
    assert asked <= policy.retry_after_cap_s
    assert outcome.kind not in {OutcomeKind.CALLER, OutcomeKind.CONFIG}


@given(policies, outcomes, chances)
def test_trying_ends(policy: RetryPolicy, outcome: Outcome, chance: float) -> None:
    """A server that fails for ever is called at most `max_attempts` times."""
    attempt, elapsed_s = 1, 0.0
    while (delay := next_delay(policy, attempt, outcome, elapsed_s, lambda: chance)) is not None:
        attempt += 1
        elapsed_s += delay
    assert attempt <= policy.max_attempts


@pytest.mark.parametrize(
    ("kind", "search", "ingest"),
    [
        (OutcomeKind.BUSY, 2, 6),
        (OutcomeKind.FAULT, 2, 6),
        (OutcomeKind.TIMEOUT, 2, 6),
        (OutcomeKind.CONNECTION, 2, 6),
        (OutcomeKind.PROTOCOL, 1, 2),
        (OutcomeKind.CALLER, 1, 1),
        (OutcomeKind.CONFIG, 1, 1),
    ],
)
def test_calls_by_kind_of_failure(kind: OutcomeKind, search: int, ingest: int) -> None:
    """Failures that another try cannot help are not tried again; broken answers seldom are."""
    ingesting = RetryPolicy(max_attempts=6, max_elapsed_s=300.0, protocol_attempts=2)
    for policy, calls in ((SEARCH, search), (ingesting, ingest)):
        attempt = 1
        while next_delay(policy, attempt, Outcome(kind), 0.0, lambda: 0.5) is not None:
            attempt += 1
        assert attempt == calls


def test_a_server_may_ask_for_a_longer_wait() -> None:
    """`Retry-After` is a lower bound; past its cap or past the time limit the call is given up."""
    policy = RetryPolicy(max_attempts=5, max_elapsed_s=20.0, base_s=1.0, retry_after_cap_s=10.0)

    def wait(asked_s: float, elapsed_s: float = 0.0) -> float | None:
        outcome = Outcome(OutcomeKind.BUSY, 429, asked_s)
        return next_delay(policy, 1, outcome, elapsed_s, lambda: 0.5)

    assert wait(0.1) == 0.5
    assert wait(4.0) == 4.0
    assert wait(10.0) == 10.0
    assert wait(10.1) is None
    assert wait(4.0, elapsed_s=16.0) is None


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (401, "Unauthorized", "config"),
        (403, "", "config"),
        (404, "The model `nope` does not exist.", "config"),
        (405, "Method Not Allowed", "config"),
        (501, "The model does not support Embeddings API", "config"),
        (307, "", "config"),
        (
            400,
            "Model 'x' does not support Matryoshka embeddings; dimensions must be unset",
            "config",
        ),
        (400, "Model only supports dimensions in range [1, 2560], got 4096.", "config"),
        (400, "Requested dimensions must be greater than 0", "config"),
        (400, "Provided dimensions are greater than max embedding dimension: 2560", "config"),
        (422, "`dimensions` should be smaller than the maximum embedding dimension.", "config"),
        (400, "This model does not appear to be an embedding model by default.", "config"),
        (400, "Detected Qwen3 reranker chat template, but the server is not in", "config"),
        (400, "[address=1, pid=2] Model not found in the model list, uid: qwen", "config"),
        (429, "You exceeded your current quota: insufficient_quota", "config"),
        (400, "Input at index 3 cannot be empty or whitespace only", "caller"),
        (413, "", "caller"),
        (422, "batch size 33 > maximum allowed batch size 32", "caller"),
        (400, "2 validation errors: input 'Shelf, dimensions 80 x 30 cm'", "caller"),
        (400, "This model's maximum context length is 512 tokens.", "caller"),
        (
            400,
            "The input (9 tokens) is longer than the model's context length (8 tokens).",
            "caller",
        ),
        (400, "the input length exceeds the context length", "caller"),
        (
            422,
            "Input validation error: `inputs` must have less than 512 tokens. Given: 900",
            "caller",
        ),
        (500, "input (900 tokens) is too large to process. increase the physical batch", "caller"),
        (500, "[address=1] This model's maximum context length is 512 tokens.", "caller"),
        (429, "Model is overloaded", "busy"),
        (503, "The engine is currently busy and cannot accept new requests.", "busy"),
        (408, "", "fault"),
        (409, "", "fault"),
        (424, "NaN", "fault"),
        (500, "CUDA error: dimension out of range", "fault"),
        (502, "<html>", "fault"),
        (504, "", "fault"),
        (200, "", "protocol"),
    ],
)
def test_what_a_status_means(status: int, message: str, kind: str) -> None:
    """Servers' own words decide where the status misleads."""
    assert classify_status(status, message).value == kind


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("0", 0.0),
        ("2", 2.0),
        (" 1.5 ", 1.5),
        (format_datetime(datetime.fromtimestamp(NOW + 90, UTC), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(NOW - 90, UTC), usegmt=True), 0.0),
        ("Mon, 05 Jan 2026 12:00:30 -0000", 30.0),
        (None, None),
        ("", None),
        ("-1", None),
        ("inf", None),
        ("nan", None),
        ("soon", None),
        ("Mon, 99 Jan 2026 12:00:30 GMT", None),
    ],
)
def test_what_retry_after_asks_for(value: str | None, wanted: float | None) -> None:
    """Seconds and HTTP dates are understood; anything else is as if it were not there."""
    assert parse_retry_after(value, NOW) == wanted


@given(st.text())
def test_no_header_value_breaks_parsing(value: str) -> None:
    """A header is whatever a stranger sent; it gives usable seconds or nothing."""
    asked = parse_retry_after(value, NOW)
    assert asked is None or (math.isfinite(asked) and asked >= 0)


def test_milliseconds_come_first() -> None:
    """The finer header wins where it is usable, whatever the case of the names."""
    assert retry_after({"retry-after-ms": "250", "Retry-After": "1"}, NOW) == 0.25
    assert retry_after({"Retry-After-MS": "?", "RETRY-AFTER": "1"}, NOW) == 1.0
    assert retry_after({"content-type": "text/html"}, NOW) is None
