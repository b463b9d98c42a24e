"""Counts what an experiment's searches come to, and stops it where it does harm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import uuid4

from es_hybrid._async.experiments import AsyncExperiments
from es_hybrid._background import AsyncBackground, AsyncRunning
from es_hybrid._concurrency import AsyncLock, async_blocking
from es_hybrid._logging import get_logger
from es_hybrid.errors import ExperimentConflict
from es_hybrid.experiments.guardrails import Counts
from es_hybrid.experiments.outcomes import Outcome, Outcomes
from es_hybrid.experiments.status import ExperimentStatus
from es_hybrid.types import Variant


class AsyncExperimentWatch:
    """Shared by all copies of one client; what it does runs beside the searches.

    Args:
        store: Where the experiment lies.
        name: Of the experiment.
        every_s: Seconds between two looks.
        outcomes: What shoppers did, where this process can tell.
        stopped: Called when the experiment was stopped here.
    """

    def __init__(
        self,
        store: AsyncExperiments,
        name: str,
        *,
        every_s: float,
        outcomes: Outcomes | None,
        stopped: Callable[[], None],
    ) -> None:
        self._store = store
        self._name = name
        self._every_s = every_s
        self._outcomes = outcomes
        self._stopped = stopped
        self._process = uuid4().hex
        self._lock = threading.Lock()  # never held while waiting, so it serves tasks, too
        self._counts: dict[str, dict[Variant, Counts]] = {}
        self._looking = AsyncLock()
        self._next_s = time.monotonic() + every_s
        self._background = AsyncBackground()
        self._log = get_logger("es_hybrid.experiment")

    def count(self, label: str, variant: Variant, search: Counts) -> None:
        """Add a search, and look at the guardrails in the background where it is time."""
        with self._lock:
            sums = self._counts.setdefault(label, {})
            sums[variant] = sums.get(variant, Counts()) + search
            if time.monotonic() < self._next_s:
                return
            self._next_s = time.monotonic() + self._every_s
        try:
            self._background.start(self.look).add_done_callback(self._ended)
        except RuntimeError as error:  # the client was closed; the search goes on
            self._log.warning("experiment.look_failed", error=type(error).__name__)

    async def look(self) -> ExperimentStatus:
        """Write down what was counted, and stop the experiment where a guardrail is broken.

        Returns:
            How it stands, over all processes.
        """
        async with self._looking:  # a slow look must not write over what a later one wrote
            return await self._look()

    async def _look(self) -> ExperimentStatus:
        version = await self._store.get(self._name)
        label = version.label
        with self._lock:
            own = dict(self._counts.get(label, {}))
            self._counts = {label: own} if own else {}
        if own:
            await self._store.add_counts(label, self._process, own)
        outcomes = await async_blocking(lambda: self._told(label))
        status = ExperimentStatus.of(version, await self._store.counts(label), outcomes)
        if status.harm is not None and status.experiment.runs:
            try:
                await self._store.stop(self._name, reason=status.harm, base=version.version)
            except ExperimentConflict:
                pass  # another process, or a person, was faster
            else:
                self._log.warning("experiment.stopped", experiment=label, reason=status.harm)
            self._stopped()
        return status

    async def aclose(self) -> None:
        """End what runs in the background."""
        await self._background.aclose()

    def _told(self, label: str) -> list[Outcome]:
        return [] if self._outcomes is None else list(self._outcomes(label))

    def _ended(self, running: AsyncRunning[ExperimentStatus]) -> None:
        if not running.cancelled() and (error := running.exception()) is not None:
            self._log.warning("experiment.look_failed", error=type(error).__name__)
