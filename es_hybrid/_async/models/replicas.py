"""Several addresses of one model, and the deadline that holds whatever a server does.

A call goes to the replica with the fewest calls under way. If that one fails fast, the next is
asked; one that failed several times in a row is left alone for a while. Where it is switched on, a
second request goes out when the first one takes long, and the first answer wins.

The calls run in the background, so that the caller goes on when its time is over even where a
server holds the call: by dripping headers, say, which no socket timeout ends.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from es_hybrid._background import AsyncAsk, AsyncBackground, AsyncRunning, async_first_done
from es_hybrid._breaker import Breaker, BreakerMode, BreakerPolicy
from es_hybrid._budget import Budget
from es_hybrid._hedge import Hedge
from es_hybrid.errors import ServiceError
from es_hybrid.respond.degrade import is_permanent
from es_hybrid.wire.failures import timed_out
from es_hybrid.wire.replicas import another_may_help, is_servers_fault

C = TypeVar("C")
R = TypeVar("R")

_GRACE_S = 0.01
"""What a call that keeps to its seconds by itself is given to say so."""
_SHORTEST_S = 0.005
"""With less than this left, another call cannot succeed and is not begun."""
_PROBE_SHARE = 1 / 3
"""Share of a call's time after which one that finds out about a replica gets help."""


@dataclass(slots=True, eq=False)
class Replica(Generic[C]):
    """One address.

    Attributes:
        client: Calls it.
        breaker: Whether it is left alone; `None` where there is no other to go to.
        under_way: Calls that someone waits for.
    """

    client: C
    breaker: Breaker | None
    under_way: int = 0

    def mode(self, now: float) -> BreakerMode:
        """Return what the next call will meet."""
        return BreakerMode.CLOSED if self.breaker is None else self.breaker.mode(now)

    def begin(self, now: float) -> bool:
        """Count a call, if one may be made."""
        if self.breaker is not None and not self.breaker.allow(now):
            return False
        self.under_way += 1
        return True

    def end(self, error: BaseException | None, *, left: bool = False) -> None:
        """Take note of how a call ended, or that nobody waits for it any more."""
        self.under_way -= 1
        if self.breaker is None:
            return
        if left or (error is not None and not is_servers_fault(error)):
            self.breaker.release()
        elif error is None:
            self.breaker.success(time.monotonic())
        else:
            permanent = isinstance(error, Exception) and is_permanent(error)
            self.breaker.failure(time.monotonic(), permanent=permanent)


@dataclass(slots=True)
class Race(Generic[C, R]):
    """One call of ours, with all that is under way for it.

    Attributes:
        ask: Makes one call of one client.
        budget: Seconds for everything.
        queue: Replicas that may be asked next, best first.
        running: The calls under way, and whom they ask.
        begun: Calls that were made.
        second_s: When a second one goes out because the first takes long; `None`: not at all.
        probe: A replica that is being tried again after a pause; it gets help early.
    """

    ask: AsyncAsk[C, R]
    budget: Budget
    queue: list[Replica[C]]
    running: dict[AsyncRunning[R], Replica[C]] = field(default_factory=dict)
    begun: int = 0
    second_s: float | None = None
    probe: Replica[C] | None = None

    def patience_s(self) -> float:
        """Return the seconds until something is to be done, if no call ends before."""
        now = time.monotonic()
        patience_s = self.budget.remaining(now) + _GRACE_S
        return patience_s if self.second_s is None else min(patience_s, self.second_s - now)


class AsyncReplicas(Generic[C]):
    """Asks one replica, and another where that helps; knows nothing of models.

    Args:
        clients: One an address, all of the same model.
        service: `"embed"` or `"rerank"`, for errors.
        background: Where the calls run.
        hedge: When a second request goes out; none by default.
        policy: When a replica is left alone; with a single one that is its caller's business.
    """

    def __init__(
        self,
        clients: Sequence[C],
        *,
        service: str,
        background: AsyncBackground,
        hedge: Hedge | None = None,
        policy: BreakerPolicy | None = None,
    ) -> None:
        several = len(clients) > 1
        self._replicas = [
            Replica(client, Breaker(policy) if several else None) for client in clients
        ]
        self._service = service
        self._background = background
        self._hedge = hedge or Hedge()
        self._turn = itertools.count()

    def breakers(self, now: float) -> dict[str, BreakerMode]:
        """Return what the next call of each replica will meet; the first is `embed.0`."""
        if len(self._replicas) == 1:
            return {}  # it is its caller's business
        return {f"{self._service}.{n}": each.mode(now) for n, each in enumerate(self._replicas)}

    async def run(self, ask: AsyncAsk[C, R], *, timeout_s: float) -> R:
        """Return the first answer.

        Args:
            ask: Makes one call of one client.
            timeout_s: Seconds for everything.

        Raises:
            ServiceError: The last replica's, that the time is over, or that all are left alone.
        """
        race = Race(ask, Budget(timeout_s, time.monotonic()), self._in_turn())
        try:
            if not self._begin(race):
                raise self._left_alone()
            while True:
                done = await async_first_done(race.running, timeout_s=race.patience_s())
                if done:
                    winner = self._settled(race, done)
                    if winner is not None:
                        self._overtaken(race)
                        return winner.result()
                elif race.budget.exhausted(time.monotonic()):
                    raise self._too_late(race)
                else:
                    self._second(race)
        finally:
            for running, replica in race.running.items():
                running.cancel()
                replica.end(None, left=True)

    def _settled(self, race: Race[C, R], done: Iterable[AsyncRunning[R]]) -> AsyncRunning[R] | None:
        """Return the call that answered; `None` while one is under way.

        Raises:
            BaseException: That of the last call, where no other may help.
        """
        failed: BaseException | None = None
        for running in done:
            replica = race.running.pop(running)
            error = running.exception()
            replica.end(error)
            if error is None:
                self._hedge.answered(race.budget.total_s - race.budget.remaining(time.monotonic()))
                return running
            failed = error
        if failed is None or (race.running and is_servers_fault(failed)):
            return None
        enough = race.budget.remaining(time.monotonic()) > _SHORTEST_S
        if enough and another_may_help(failed) and self._begin(race):
            return None
        if isinstance(failed, ServiceError) and race.begun > 1:
            elapsed_s = time.monotonic() - race.budget.started_s
            failed.after(attempts=race.begun, elapsed_s=elapsed_s)
        raise failed

    def _begin(self, race: Race[C, R]) -> bool:
        """Ask the next replica that may be asked; return whether there was one."""
        now = time.monotonic()
        while race.queue:
            replica = race.queue.pop(0)
            probes = replica.mode(now) is not BreakerMode.CLOSED
            if not replica.begin(now):
                continue
            self._start(race, replica)
            race.probe = replica if probes else None
            delay_s = race.budget.total_s * _PROBE_SHARE if probes else self._hedge.delay_s()
            race.second_s = None if delay_s is None else now + delay_s
            return True
        return False

    def _second(self, race: Race[C, R]) -> None:
        """Send a second request, if one may go; there is no third."""
        race.second_s = None
        now = time.monotonic()
        # A single address may be a balancer's, with several servers behind it.
        queue = race.queue if len(self._replicas) > 1 else self._replicas
        sound = [replica for replica in queue if replica.mode(now) is BreakerMode.CLOSED]
        if sound and (race.probe or self._hedge.take()) and sound[0].begin(now):
            race.queue = [replica for replica in race.queue if replica is not sound[0]]
            self._start(race, sound[0])

    def _start(self, race: Race[C, R], replica: Replica[C]) -> None:
        left_s = race.budget.remaining(time.monotonic())
        race.running[self._background.start(partial(race.ask, replica.client, left_s))] = replica
        race.begun += 1

    def _in_turn(self) -> list[Replica[C]]:
        """Return the replicas, the one with the fewest calls under way first."""
        first = next(self._turn) % len(self._replicas)
        rotated = self._replicas[first:] + self._replicas[:first]
        return sorted(rotated, key=lambda replica: replica.under_way)

    def _left_alone(self) -> ServiceError:
        count = len(self._replicas)
        message = f"all {count} replicas are left alone after failures in a row"
        return ServiceError(message, service=self._service, attempts=0, retryable=True)

    def _overtaken(self, race: Race[C, R]) -> None:
        """Take note that a replica which was being tried again is as slow as before."""
        for running, replica in list(race.running.items()):
            if replica is race.probe:
                running.cancel()
                del race.running[running]
                replica.end(timed_out(self._service, race.budget.total_s).error)

    def _too_late(self, race: Race[C, R]) -> ServiceError:
        total_s = race.budget.total_s
        error = timed_out(self._service, total_s).error
        error.after(attempts=race.begun, elapsed_s=time.monotonic() - race.budget.started_s)
        for running, replica in race.running.items():
            running.cancel()
            replica.end(error)
        race.running.clear()
        return error
