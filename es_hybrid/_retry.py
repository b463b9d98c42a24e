"""Decides whether and when a failed call is tried again. Pure: clock and chance are arguments.

A call ends in an `Outcome`; `next_delay` turns it into seconds to wait or `None` for stop. Both
flavours of the client ask the same function, and no test of it sleeps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum

from es_hybrid.types import zoned

BUSY_STATUSES = frozenset({408, 429, 502, 503, 504})
"""HTTP statuses of a cluster, or of a proxy in front of it, that may do it later. What a model server
means by its statuses is told by `classify_status`, which reads its words too."""


class OutcomeKind(StrEnum):
    """What kind of failure a call ended in."""

    BUSY = "busy"
    """The server asks to come back later: 429, 503."""
    FAULT = "fault"
    """The server failed: 5xx, 408, 409, 424."""
    TIMEOUT = "timeout"
    """No answer in time."""
    CONNECTION = "connection"
    """No connection, or one that broke."""
    CALLER = "caller"
    """This one request cannot be served: too long, malformed. Others can."""
    CONFIG = "config"
    """No request will be served before someone changes a setting: key, address, model, flag."""
    PROTOCOL = "protocol"
    """A 200 that does not keep the contract: bad JSON, count, dimension, NaN."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call failed.

    Attributes:
        kind: The class of failure, which decides whether another try makes sense.
        status: HTTP status, where an answer came.
        retry_after_s: Seconds that the server asked to wait, where it did.
    """

    kind: OutcomeKind
    status: int | None = None
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long a call is tried.

    Attributes:
        max_attempts: Calls in all, the first included.
        max_elapsed_s: Seconds since the first call after which none is begun.
        base_s: Longest wait before the second call; it doubles with each further one.
        cap_s: Longest wait that is chosen here.
        retry_after_cap_s: Longest wait that a server may ask for; asked for more, the call stops.
        protocol_attempts: Calls in all when answers break the contract; a search makes one.
    """

    max_attempts: int
    max_elapsed_s: float
    base_s: float = 0.1
    cap_s: float = 10.0
    retry_after_cap_s: float = 30.0
    protocol_attempts: int = 1


def next_delay(
    policy: RetryPolicy,
    attempt: int,
    outcome: Outcome,
    elapsed_s: float,
    rng: Callable[[], float],
) -> float | None:
    """Return the seconds to wait before the next call, or `None` to give up.

    Waits are drawn by "full jitter": evenly from 0 to `min(cap, base · 2^n)`, which spreads clients
    that failed together. Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture
    Blog, 2015. A `Retry-After` is a lower bound of the wait.

    Args:
        policy: The limits.
        attempt: Calls made so far, at least 1.
        outcome: How the last one failed.
        elapsed_s: Seconds since the first one began.
        rng: Returns an even random number from 0 to 1, such as `random.random`.

    Example:
        >>> policy = RetryPolicy(max_attempts=3, max_elapsed_s=5.0, base_s=0.2)
        >>> next_delay(policy, 2, Outcome(OutcomeKind.BUSY), 0.5, lambda: 0.5)
        0.2
    """
    if attempt >= _attempts(policy, outcome.kind):
        return None
    ceiling = min(policy.cap_s, math.ldexp(policy.base_s, min(attempt - 1, 64)))
    delay = ceiling * rng()
    if outcome.retry_after_s is not None:
        if outcome.retry_after_s > policy.retry_after_cap_s:
            return None
        delay = max(delay, outcome.retry_after_s)
    return delay if elapsed_s + delay < policy.max_elapsed_s else None


def _attempts(policy: RetryPolicy, kind: OutcomeKind) -> int:
    match kind:
        case OutcomeKind.CALLER | OutcomeKind.CONFIG:
            return 1
        case OutcomeKind.PROTOCOL:
            return min(policy.protocol_attempts, policy.max_attempts)
        case _:
            return policy.max_attempts


# What servers say when one text is too long; llama.cpp says it as a 500, Xinference anything as 500.
_TOO_LONG = re.compile(
    r"too large to process|maximum context length|model's context length|exceeds the context length"
    r"|exceed_context_size|must have less than \d+ tokens",
    re.IGNORECASE,
)
# What servers say when a model, a launch flag or `dimensions` does not fit the settings here. Some
# quote the input, so a bare word such as "dimensions" in a product's text must not match.
_MISCONFIGURED = re.compile(
    r"matryoshka|\bdimensions?`? (?:must|should|are greater|in range|is not supported)"
    r"|requested dimensions?\b|max(?:imum)? embedding dimension|appear to be an embedding model"
    r"|reranker chat template|model not found|no such model"
    r"|model [`'\"]?[\w./:-]+[`'\"]? (?:does not exist|not found|is not loaded)"
    r"|model does not support",
    re.IGNORECASE,
)


def classify_status(status: int, message: str = "") -> OutcomeKind:
    """Return what a refused HTTP request means for the next one.

    Statuses alone mislead: llama.cpp answers 500 to a text that is too long, vLLM answers 400 to
    `dimensions` it was not started for. The servers' own words decide such cases.

    Args:
        status: HTTP status other than 2xx.
        message: The server's error message, in any case.

    Example:
        >>> classify_status(500, "input (900 tokens) is too large to process").value
        'caller'
    """
    match status:
        case 408 | 409 | 424 | 425:
            return OutcomeKind.FAULT
        case 401 | 402 | 403 | 404 | 405 | 501:
            return OutcomeKind.CONFIG
        case 429 if "insufficient_quota" in message:
            return OutcomeKind.CONFIG
        case 429 | 503:
            return OutcomeKind.BUSY
    if _TOO_LONG.search(message):
        return OutcomeKind.CALLER
    if 400 <= status < 500:
        return OutcomeKind.CONFIG if _MISCONFIGURED.search(message) else OutcomeKind.CALLER
    if status >= 500:
        return OutcomeKind.FAULT
    # A redirect means that the address in the settings is not the endpoint's.
    return OutcomeKind.CONFIG if 300 <= status < 400 else OutcomeKind.PROTOCOL


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that an answer's headers ask to wait, or `None`.

    `retry-after-ms`, which OpenAI-style servers send, is finer than `retry-after` and comes first.

    Args:
        headers: Response headers, names in any case.
        now: Seconds since the epoch.

    Example:
        >>> retry_after({"Retry-After-Ms": "250", "Retry-After": "1"}, now=0.0)
        0.25
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    milliseconds = _number(lowered.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    return parse_retry_after(lowered.get("retry-after"), now)


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds a `Retry-After` value asks to wait; `None` where it says nothing usable.

    Args:
        value: Seconds, or an HTTP date (RFC 9110, section 10.2.3).
        now: Seconds since the epoch; a date before it is 0 seconds away.

    Example:
        >>> parse_retry_after("Thu, 01 Jan 1970 00:00:10 GMT", now=4.0)
        6.0
    """
    seconds = _number(value)
    if seconds is not None or value is None:
        return seconds
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # "-0000" is UTC of unknown origin, and has no zone here.
    return max(zoned(date).timestamp() - now, 0.0)


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
