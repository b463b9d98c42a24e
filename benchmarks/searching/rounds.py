"""One round asks every query of a lane once; rounds of all lanes take turns, in a new order each time."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import median

import numpy as np

from benchmarks.searching.lanes import AsyncSearch, Found, Search


@dataclass(frozen=True, slots=True)
class Round:
    """Every query once.

    Attributes:
        ms: One search each.
        cpu_ms: Processor time of the whole client process, a search.
        per_second: Searches done.
        pages: Ids by query text.
        trips_ms: Milliseconds of each of our trips, one list entry per search.
    """

    ms: Sequence[float]
    cpu_ms: float
    per_second: float
    pages: Mapping[str, Sequence[str]]
    trips_ms: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def p50(self) -> float:
        """Median of the round."""
        return float(np.percentile(self.ms, 50))

    @property
    def p95(self) -> float:
        """95th percentile of the round."""
        return float(np.percentile(self.ms, 95))


Runner = Callable[[], Round]
"""Runs one round."""


def sync_round(search: Search, texts: Sequence[str], *, callers: int) -> Round:
    """Search every text, with one caller or with several threads."""

    def one(text: str) -> tuple[Found, float]:
        start_s = time.perf_counter()
        found = search(text)
        return found, (time.perf_counter() - start_s) * 1000

    if callers == 1:
        cpu_s, start_s = time.process_time(), time.perf_counter()
        done = [one(text) for text in texts]
        return _round(texts, done, cpu_s, start_s)
    with ThreadPoolExecutor(callers) as pool:
        list(pool.map(time.sleep, [0.001] * callers))  # the threads are there before the clock runs
        cpu_s, start_s = time.process_time(), time.perf_counter()
        done = list(pool.map(one, texts))
        return _round(texts, done, cpu_s, start_s)


async def async_round(search: AsyncSearch, texts: Sequence[str], *, callers: int) -> Round:
    """Search every text, so many at once."""
    gate = asyncio.Semaphore(callers)

    async def one(text: str) -> tuple[Found, float]:
        async with gate:
            start_s = time.perf_counter()
            found = await search(text)
            return found, (time.perf_counter() - start_s) * 1000

    cpu_s, start_s = time.process_time(), time.perf_counter()
    done = await asyncio.gather(*(one(text) for text in texts))
    return _round(texts, done, cpu_s, start_s)


def in_turns(
    runners: Mapping[str, Runner], *, rounds: int, seed: int = 7
) -> dict[str, list[Round]]:
    """Run each lane so many times after a warm-up, in a new order each time."""
    names = list(runners)
    shuffle = random.Random(seed).shuffle
    for name in names:
        runners[name]()
    found: dict[str, list[Round]] = {name: [] for name in names}
    for _ in range(rounds):
        shuffle(names)
        for name in names:
            found[name].append(runners[name]())
    return found


def median_of(values: Iterable[float]) -> float:
    """Return the median of some rounds."""
    return float(median(values))


def ratio(rounds: Sequence[Round], reference: Sequence[Round]) -> float:
    """Return the median over the rounds of how much slower one lane's median search was."""
    return median_of(a.p50 / b.p50 for a, b in zip(rounds, reference, strict=True))


def _round(
    texts: Sequence[str], done: Sequence[tuple[Found, float]], cpu_s: float, start_s: float
) -> Round:
    wall_s = time.perf_counter() - start_s
    cpu_ms = (time.process_time() - cpu_s) * 1000 / len(texts)
    trips: dict[str, list[float]] = {}
    for (_, timings), _ in done:
        for name, ms in timings.items():
            trips.setdefault(str(name), []).append(ms)
    return Round(
        ms=[ms for _, ms in done],
        cpu_ms=cpu_ms,
        per_second=len(texts) / wall_s,
        pages={text: ids for text, ((ids, _), _) in zip(texts, done, strict=True)},
        trips_ms=trips,
    )
