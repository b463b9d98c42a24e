"""Timers: ours alone, and as ratios to another lane that takes turns in the same run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What one call of a turn cost.

    Attributes:
        cpu_us: Microseconds of CPU of this process, all threads.
        wall_us: Microseconds until the answer.
    """

    cpu_us: float
    wall_us: float


def turns(
    lanes: Mapping[str, Callable[[int], object]], *, rounds: int, calls: int
) -> list[dict[str, str | float]]:
    """Measure lanes that take turns, so that a noisy moment hits all of them.

    Args:
        lanes: Each takes the number of the call, so that it can ask something new.
        rounds: Turns of each lane; the median of them is taken.
        calls: Calls a turn.
    """
    spent: dict[str, list[Cost]] = {name: [] for name in lanes}
    number = 0
    for turn in range(rounds + 1):
        for name, call in lanes.items():
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(calls):
                number += 1
                call(number)
            cost = Cost(
                (time.process_time() - cpu) / calls * 1e6,
                (time.perf_counter() - wall) / calls * 1e6,
            )
            if turn:  # the first one warms up
                spent[name].append(cost)
    return [
        {
            "lane": name,
            "cpu_us": round(statistics.median(cost.cpu_us for cost in costs), 1),
            "wall_us": round(statistics.median(cost.wall_us for cost in costs), 1),
        }
        for name, costs in spent.items()
    ]
