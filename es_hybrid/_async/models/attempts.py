"""Calls a model server until it answers, the retry policy gives up, or the time is over.

The one place that repeats a call; a second replica or a hedged request belongs here too.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterable
from typing import TypeVar

from es_hybrid._budget import Budget
from es_hybrid._concurrency import async_sleep
from es_hybrid._deadline import AsyncCall, async_within
from es_hybrid._retry import RetryPolicy, next_delay
from es_hybrid.errors import ContractError
from es_hybrid.wire.failures import Failure, broken, timed_out

R = TypeVar("R")

SEARCH_RETRY = RetryPolicy(max_attempts=2, max_elapsed_s=1.0, base_s=0.02, cap_s=0.05)
"""For a page that someone waits for: one quick second try, if it fits the call's timeout."""


async def async_call_service(
    call: AsyncCall[Budget, R | Failure],
    *,
    budget: Budget,
    retry: RetryPolicy,
    service: str,
) -> R:
    """Return the first answer that is not a failure.

    Args:
        call: Makes one attempt within what is left of the budget; may raise `ContractError` and
            `TimeoutError`.
        budget: Bounds all attempts and the waits between them.
        retry: How often, and how long between.
        service: `"embed"` or `"rerank"`.

    Raises:
        ServiceError: The last attempt's, with the number of attempts and the seconds spent.
    """
    tries = 0
    while True:
        answer: R | Failure
        left = budget.remaining(time.monotonic())
        if left <= 0:
            raise timed_out(service, budget.total_s).error.after(
                attempts=tries, elapsed_s=time.monotonic() - budget.started_s
            )
        tries += 1
        try:
            answer = await async_within(left, lambda: call(budget))
        except ContractError as error:
            answer = broken(error)
        except TimeoutError as error:
            answer = timed_out(service, budget.total_s, error)
        if not isinstance(answer, Failure):
            return answer
        elapsed_s = time.monotonic() - budget.started_s
        delay = next_delay(retry, tries, answer.outcome, elapsed_s, random.random)
        if delay is None or elapsed_s + delay >= budget.total_s:
            answer.error.after(attempts=tries, elapsed_s=elapsed_s)
            raise answer.error from answer.cause
        await async_sleep(delay)


async def async_read_body(
    chunks: AsyncIterable[bytes], *, budget: Budget, max_bytes: int, service: str
) -> bytes:
    """Read an answer's body, looking at the clock and at its size after each piece.

    Raises:
        TimeoutError: The budget is spent and the body is not complete.
        ContractError: The body is longer than `max_bytes`.
    """
    parts: list[bytes] = []
    size = 0
    async for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > max_bytes:
            raise ContractError(
                f"the answer is longer than {max_bytes} bytes", service=service, status=200
            )
        if budget.exhausted(time.monotonic()):
            raise TimeoutError
    return b"".join(parts)
