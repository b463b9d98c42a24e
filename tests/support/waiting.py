"""Waiting for what happens in threads, processes and servers, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from es_hybrid import Settings
from es_hybrid._concurrency import async_sleep, sleep

WITHIN_S = 60.0
"""What has not happened by then does not happen."""

IN_TIME_S = 30.0
"""A busy machine pauses a process for seconds; what the servers here hold, they hold for minutes.
Whoever was let go within this time did not wait for them."""


async def async_until(happened: Callable[[], object]) -> None:
    """Wait until `happened()` is true."""
    ends_s = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < ends_s, "it did not happen"
        await async_sleep(0.005)


def until(happened: Callable[[], object]) -> None:
    """Wait until `happened()` is true."""
    ends_s = time.monotonic() + WITHIN_S
    while not happened():
        assert time.monotonic() < ends_s, "it did not happen"
        sleep(0.005)


PATIENT: Mapping[str, Mapping[str, Any]] = {
    "search": {"budget_s": WITHIN_S},
    "embed": {"timeout_s": WITHIN_S},
    "rerank": {"timeout_s": WITHIN_S},
    "rules": {"timeout_s": WITHIN_S},
    "experiment": {"timeout_s": WITHIN_S},
    "shoppers": {"timeout_ms": WITHIN_S * 1000},
}


def patient(**sections: Any) -> Settings:
    """Return settings with which a busy machine costs no search a stage.

    Args:
        sections: Settings of the test's own, such as `search={"plan": "single"}`.
    """
    told = {name: {**limits, **sections.get(name, {})} for name, limits in PATIENT.items()}
    return Settings(**{**sections, **told})
