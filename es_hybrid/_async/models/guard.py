"""Calls a model within a search's budget; what goes wrong becomes a degradation."""

from __future__ import annotations

import time
from typing import TypeVar

from es_hybrid._breaker import Breaker, BreakerMode
from es_hybrid._budget import Budget
from es_hybrid._deadline import AsyncCall
from es_hybrid._logging import get_logger
from es_hybrid.errors import RequestError, ServiceError, ServiceTimeout
from es_hybrid.respond.degrade import degradation_of, is_permanent
from es_hybrid.types import Degradation, DegradationReason, Stage

R = TypeVar("R")

_LOG = get_logger("es_hybrid.search")
_SHORTEST_CALL_S = 0.005
"""With less than this left, a call cannot succeed and is not begun."""


class AsyncGuard:
    """Stands between the pipeline and one model.

    Args:
        stage: Which stage the model serves.
        timeout_s: The stage's own limit, in seconds.
        breaker: Shared by every search of a client.
    """

    def __init__(self, stage: Stage, *, timeout_s: float, breaker: Breaker) -> None:
        self._stage = stage
        self._timeout_s = timeout_s
        self._breaker = breaker

    def mode(self, now: float) -> BreakerMode:
        """Return what the next call will meet."""
        return self._breaker.mode(now)

    async def run(
        self, call: AsyncCall[float, R], *, budget: Budget, raise_errors: bool
    ) -> R | Degradation:
        """Return the model's answer, or why the search goes on without it.

        Args:
            call: Takes the seconds it may use.
            budget: What the search has left.
            raise_errors: Raise the model's error instead.

        Raises:
            ServiceError: With `raise_errors`.
        """
        now = time.monotonic()
        left_s = budget.slice(now, stage_timeout_s=self._timeout_s)
        if left_s < _SHORTEST_CALL_S:
            return self._degraded(
                ServiceTimeout("the search's budget is used up", service=self._stage), raise_errors
            )
        if not self._breaker.allow(now):
            if raise_errors:
                message = "skipped after failures in a row"
                raise ServiceError(message, service=self._stage, retryable=True)
            return Degradation(self._stage, DegradationReason.BREAKER_OPEN)
        try:
            answer = await call(left_s)
        except RequestError:
            self._breaker.release()
            raise
        except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; the search goes on
            self._breaker.failure(time.monotonic(), permanent=is_permanent(error))
            return self._degraded(error, raise_errors)
        except BaseException:
            self._breaker.release()
            raise
        self._breaker.success(time.monotonic())
        return answer

    def _degraded(self, error: Exception, raise_errors: bool) -> Degradation:  # noqa: FBT001
        if raise_errors:
            raise error
        degradation = degradation_of(self._stage, error)
        _LOG.warning("search.degraded", stage=self._stage.value, reason=degradation.reason.value)
        return degradation
