"""Measure calls to servers that are slow: the second request, and the deadline."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from typing import Any

from benchmarks.modelling.servers import Servers
from benchmarks.modelling.stacks import MODEL, OFF, Row, stack
from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._sync.models.stack import ModelStack
from es_hybrid.errors import ServiceError
from es_hybrid.settings import EmbedSettings, Settings
from es_hybrid.types import TextKind

FAULTS: tuple[dict[str, Any], ...] = (
    {"latency_s": 5.0},
    {"hang": True},
    {"stall": True},
    {"drip_s": 0.01},
    {"status": 503},
    {"reset": True},
)


def hedging(at: Servers, *, calls: int) -> list[Row]:
    """Measure the slowest calls of a server that is now and then slow, with a second request."""
    found = []
    for name, hedge_after_ms in (("none", None), ("after 20 ms", 20.0), ("observed p95", 0.0)):
        with stack(at, cache=OFF, hedge_after_ms=hedge_after_ms) as models:
            took = []
            at.fail(latency_s=0.005)
            at.asked()
            for number in range(calls):
                if number % 33 == 32:
                    at.fail(latency_s=0.2, times=1)
                started = time.perf_counter()
                models.queries.embed([f"shoe {number}"], kind=TextKind.QUERY, timeout_s=30.0)
                took.append((time.perf_counter() - started) * 1e3)
            took.sort()
            found.append(
                {
                    "second request": name,
                    "p50_ms": round(took[len(took) // 2], 1),
                    "p99_ms": round(took[int(0.99 * len(took))], 1),
                    "extra_requests": at.asked() - calls,
                    "calls": calls,
                }
            )
    at.fail()
    return found


def overrun(at: Servers, *, timeout_s: float, calls: int) -> list[Row]:
    """Measure how long after its deadline a call comes back, for each way a server holds it."""
    found = []
    for faults in (*FAULTS, {"endless headers": True}):
        row: Row = {"fault": ",".join(faults)}
        for flavour, run in (("sync", _late_sync), ("async", _late_async)):
            holds = "endless headers" in faults
            where = f"{at.drip_url}/v1" if holds else at.embed_url
            if not holds:
                at.fail(**faults)
            late_ms, error = run(where, timeout_s, calls)
            row |= {f"{flavour}_worst_ms": round(late_ms, 1), "error": error}
        found.append(row)
    at.fail()
    return found


def _late_sync(url: str, timeout_s: float, calls: int) -> tuple[float, str]:
    worst, name = -1e9, ""
    embed = EmbedSettings(base_url=url, model=MODEL)
    with closing(ModelStack(Settings(embed=embed))) as models:
        for number in range(calls):
            started = time.perf_counter()
            try:
                models.queries.embed([f"{number}"], kind=TextKind.QUERY, timeout_s=timeout_s)  # type: ignore[union-attr]
            except ServiceError as error:
                name = type(error).__name__
            worst = max(worst, time.perf_counter() - started - timeout_s)
    return worst * 1e3, name


def _late_async(url: str, timeout_s: float, calls: int) -> tuple[float, str]:
    async def run() -> tuple[float, str]:
        worst, name = -1e9, ""
        embed = EmbedSettings(base_url=url, model=MODEL)
        models = AsyncModelStack(Settings(embed=embed))
        for number in range(calls):
            started = time.perf_counter()
            try:
                await models.queries.embed(  # type: ignore[union-attr]
                    [f"{number}"], kind=TextKind.QUERY, timeout_s=timeout_s
                )
            except ServiceError as error:
                name = type(error).__name__
            worst = max(worst, time.perf_counter() - started - timeout_s)
        await models.aclose()
        return worst * 1e3, name

    return asyncio.run(run())
