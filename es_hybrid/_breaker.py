"""A circuit breaker: a dead model server must not add its timeout to every page.

Closed, calls go through. After some failures in a row it opens, and calls are skipped for a
cool-down. Then it is half-open: one call, the probe, finds out whether the server is back. The
pattern is Michael Nygard's, "Release It!". The state is a value, the steps are pure functions of
it; `Breaker` holds the current value for threads to share. Clocks are arguments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum


class BreakerMode(StrEnum):
    """What a breaker does with the next call."""

    CLOSED = "closed"
    """Calls go through."""
    OPEN = "open"
    """Calls are skipped."""
    HALF_OPEN = "half_open"
    """The cool-down is over: one probe goes through, or is under way."""


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """When a breaker opens and for how long.

    Attributes:
        failures: Failures in a row that open it.
        cooldown_s: Seconds it stays open the first time; doubled after each failing probe.
        cooldown_cap_s: Longest cool-down, in seconds.
    """

    failures: int = 3
    cooldown_s: float = 5.0
    cooldown_cap_s: float = 60.0


@dataclass(frozen=True, slots=True)
class BreakerState:
    """What a breaker remembers.

    Attributes:
        failures: Failures in a row, while closed.
        cooldown_s: Length of the present cool-down; 0 while closed.
        until_s: When the present cool-down ends; `None` while closed.
        probe_until_s: Until when a probe is waited for; `None` when there is none.
    """

    failures: int = 0
    cooldown_s: float = 0.0
    until_s: float | None = None
    probe_until_s: float | None = None


def mode_at(state: BreakerState, now: float) -> BreakerMode:
    """Return what `state` means at `now`."""
    if state.until_s is None:
        return BreakerMode.CLOSED
    return BreakerMode.OPEN if now < state.until_s else BreakerMode.HALF_OPEN


def admit(state: BreakerState, now: float) -> tuple[bool, BreakerState]:
    """Return whether a call may be made at `now`, and the state after that decision.

    A probe that never reports back, because its caller was killed, holds the breaker for one more
    cool-down only.
    """
    match mode_at(state, now):
        case BreakerMode.CLOSED:
            return True, state
        case BreakerMode.OPEN:
            return False, state
        case _:
            if state.probe_until_s is not None and now < state.probe_until_s:
                return False, state
            return True, replace(state, probe_until_s=now + state.cooldown_s)


def succeeded(state: BreakerState, now: float) -> BreakerState:
    """Return the state after a call that the server answered well.

    A call that began before the breaker opened and ends while it is open proves nothing about now.
    """
    return state if mode_at(state, now) is BreakerMode.OPEN else BreakerState()


def failed(
    state: BreakerState, policy: BreakerPolicy, now: float, *, permanent: bool = False
) -> BreakerState:
    """Return the state after a call that failed through the server's fault.

    Args:
        state: The state before.
        policy: The limits.
        now: When the failure was seen.
        permanent: Whether no later call can succeed either, as with a wrong key; opens at once.
    """
    match mode_at(state, now):
        case BreakerMode.OPEN:
            return state
        case BreakerMode.HALF_OPEN:
            cooldown = min(2 * state.cooldown_s, policy.cooldown_cap_s)
        case BreakerMode.CLOSED if permanent or state.failures + 1 >= policy.failures:
            cooldown = min(policy.cooldown_s, policy.cooldown_cap_s)
        case _:
            return replace(state, failures=state.failures + 1)
    return BreakerState(cooldown_s=cooldown, until_s=now + cooldown)


class Breaker:
    """The state of one service, shared by threads and tasks.

    Each admitted call reports back once: `success`, `failure`, or `release` when it says nothing
    about the server, because it was cancelled or the request itself was at fault.

    Example:
        >>> breaker = Breaker(BreakerPolicy(failures=1, cooldown_s=5.0))
        >>> breaker.allow(now=0.0)
        True
        >>> breaker.failure(now=0.1)
        >>> breaker.allow(now=1.0), breaker.allow(now=5.2), breaker.allow(now=5.3)
        (False, True, False)
    """

    def __init__(self, policy: BreakerPolicy | None = None) -> None:
        self._policy = policy or BreakerPolicy()
        self._state = BreakerState()
        self._lock = threading.Lock()

    def allow(self, now: float) -> bool:
        """Return whether a call may be made; after a cool-down, `True` for one caller only."""
        with self._lock:
            allowed, self._state = admit(self._state, now)
            return allowed

    def success(self, now: float) -> None:
        """Note that the server answered well."""
        self._step(lambda state: succeeded(state, now))

    def failure(self, now: float, *, permanent: bool = False) -> None:
        """Note that the server failed; `permanent` where only a changed setting can help."""
        self._step(lambda state: failed(state, self._policy, now, permanent=permanent))

    def release(self) -> None:
        """Note that a call ended without a verdict; if it was the probe, another may go."""
        self._step(lambda state: replace(state, probe_until_s=None))

    def mode(self, now: float) -> BreakerMode:
        """Return what the next call will meet."""
        return mode_at(self._state, now)

    def _step(self, change: Callable[[BreakerState], BreakerState]) -> None:
        with self._lock:
            self._state = change(self._state)
