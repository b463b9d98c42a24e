"""Measure what stands between a search and its models: our CPU, caches, merging, hedging, overrun.

    python -m benchmarks.models [--dims 1024] [--redis redis://localhost:6379/0] [--json FILE]

The model servers are fakes in another process that answer at once, or as slowly as they are told;
so the numbers are ours, not a model's. Lanes take turns in one run: read the ratios, not the
absolute times of a machine that others use too.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.modelling.measure import turns
from benchmarks.modelling.servers import Servers, servers
from benchmarks.modelling.slow import hedging, overrun
from benchmarks.modelling.stacks import MODEL, OFF, Row, settings, stack
from benchmarks.modelling.targets import targets
from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._background import Background
from es_hybrid._sync.models.embed import EmbedClient
from es_hybrid._sync.models.rerank import RerankClient
from es_hybrid.rank.stand_in import words_scores
from es_hybrid.settings import EmbedSettings, RerankSettings
from es_hybrid.types import TextKind

WORDS = "light waterproof trail running shoe with a firm grip and a wide toe box for long days out"


def product(number: int) -> str:
    """Return a text of about 300 characters that no other number gives."""
    return f"Product {number}. {WORDS}. {WORDS}. {WORDS}."


def own_cpu(at: Servers, *, rounds: int) -> list[Row]:
    """Measure an embedded query and reranks of 50 and 100, beside the client without wrappers."""
    bare_embed = EmbedClient(EmbedSettings(base_url=at.embed_url, model=MODEL))
    bare_rerank = RerankClient(RerankSettings(url=at.rerank_url, model=MODEL))

    def reranks(model: Any, count: int) -> Callable[[int], object]:
        texts = [product(place) for place in range(count)]
        return lambda n: model.rerank(f"shoe {n}", texts, instruction=None, timeout_s=30.0)

    def embeds(model: Any) -> Callable[[int], object]:
        return lambda n: model.embed([f"red shoe {n}"], kind=TextKind.QUERY, timeout_s=30.0)

    with closing(bare_embed), closing(bare_rerank), stack(at) as on, stack(at, cache=OFF) as off:
        lanes = {
            "embed, bare client": embeds(bare_embed),
            "embed, deadline kept": embeds(off.queries),
            "embed, cache missed": embeds(on.queries),
        }
        for count in (50, 100):
            lanes |= {
                f"rerank {count}, bare client": reranks(bare_rerank, count),
                f"rerank {count}, deadline kept": reranks(off.pairs, count),
                f"rerank {count}, cache missed": reranks(on.pairs, count),
            }
        texts = [product(place) for place in range(50)]
        lanes["words instead of a rerank of 50"] = lambda n: words_scores(f"trail shoe {n}", texts)
        return turns(lanes, rounds=rounds, calls=20)


def hits(at: Servers, *, redis_url: str | None, rounds: int) -> list[Row]:
    """Measure what an answer from memory costs, and from Redis."""
    texts = [product(place) for place in range(100)]
    with stack(at) as models:

        def vector(_: int) -> object:
            return models.queries.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=30.0)

        def scores(_: int) -> object:
            return models.pairs.rerank("red shoe", texts, instruction=None, timeout_s=30.0)

        lanes = {"vector, this process": vector, "100 scores, this process": scores}
        if redis_url is None:
            return turns(lanes, rounds=rounds, calls=100)
        cache = {"redis_url": redis_url, "redis_timeout_ms": 1000.0}
        with stack(at, cache=cache) as shared:

            def far_vector(_: int) -> object:
                shared.forget()
                return shared.queries.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=30.0)

            def far_scores(_: int) -> object:
                shared.forget()
                return shared.pairs.rerank("red shoe", texts, instruction=None, timeout_s=30.0)

            far = {"vector, Redis": far_vector, "100 scores, Redis": far_scores}
            return turns(lanes | far, rounds=rounds, calls=50)


def handover(*, rounds: int) -> list[Row]:
    """Measure what it costs to make a call in a thread that can be left, over calling it."""
    with closing(Background()) as background:
        lanes = {
            "called": lambda n: n,
            "called in the background": lambda n: background.within(1.0, lambda: n),
        }
        return turns(lanes, rounds=rounds, calls=500)


def merging(at: Servers, *, callers: int, rounds: int) -> list[Row]:
    """Measure searches at once, each with a query of its own, with and without merging."""
    found = []
    for latency_s in (0.0, 0.02):
        at.fail(latency_s=latency_s)
        lanes = {name: _burst(at, merge_ms, callers, rounds) for name, merge_ms in _MERGES}
        for name, (took_ms, slowest_ms, cpu_us, requests) in lanes.items():
            found.append(
                {
                    "server_ms": latency_s * 1000,
                    "lane": name,
                    "all_ms": round(took_ms, 1),
                    "slowest_ms": round(slowest_ms, 1),
                    "cpu_us_a_query": round(cpu_us),
                    "requests": requests,
                }
            )
    at.fail()
    return found


_MERGES = (("alone", 0.0), ("merged", 2.0))


def _burst(
    at: Servers, merge_ms: float, callers: int, rounds: int
) -> tuple[float, float, float, float]:
    async def run() -> tuple[float, float, float, float]:
        models = AsyncModelStack(settings(at, cache=OFF, merge_ms=merge_ms))
        took, slowest, cpu, requests = [], [], [], []
        assert models.queries is not None  # noqa: S101 - for the type checker

        async def one(number: int) -> float:
            started = time.perf_counter()
            await models.queries.embed(  # type: ignore[union-attr]
                [f"red shoe {number}"], kind=TextKind.QUERY, timeout_s=60.0
            )
            return time.perf_counter() - started

        for turn in range(rounds + 1):
            at.asked()
            started, began = time.perf_counter(), time.process_time()
            times = await asyncio.gather(*(one(turn * callers + n) for n in range(callers)))
            if turn:
                took.append((time.perf_counter() - started) * 1e3)
                cpu.append((time.process_time() - began) / callers * 1e6)
                slowest.append(max(times) * 1e3)
                requests.append(at.asked())
        await models.aclose()
        median = statistics.median
        return median(took), median(slowest), median(cpu), median(requests)

    return asyncio.run(run())


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write JSON; return the exit code."""
    parser = argparse.ArgumentParser(description="Measure what stands before the models.")
    parser.add_argument("--dims", type=int, default=1024, help="length of the vectors")
    parser.add_argument("--rounds", type=int, default=7, help="turns of each lane")
    parser.add_argument("--callers", type=int, default=64, help="searches at once")
    parser.add_argument("--redis", metavar="URL", help="a Redis to measure too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers")
    args = parser.parse_args(argv)
    numbers: dict[str, Any] = {
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "dims": args.dims,
        }
    }
    with servers(dims=args.dims) as at:
        for title, part in _parts(at, args):
            numbers[title] = part()
            _print(title, numbers[title])
    own, hit, _, merged, _, late = list(numbers.values())[1:]
    numbers["targets"] = targets(own, hit, merged, late)
    _print("targets", numbers["targets"])
    if args.json:
        args.json.write_text(json.dumps(numbers, indent=1) + "\n", encoding="utf-8")
    return 0


def _print(title: str, rows: Sequence[Row]) -> None:
    print(f"\n{title}")
    for row in rows:
        print("  " + "  ".join(f"{key}={value}" for key, value in row.items()))


def _parts(at: Servers, args: argparse.Namespace) -> list[tuple[str, Callable[[], list[Row]]]]:
    rounds, callers = args.rounds, args.callers
    return [
        ("our cost a call", lambda: own_cpu(at, rounds=rounds)),
        ("an answer from memory", lambda: hits(at, redis_url=args.redis, rounds=rounds)),
        ("a call that can be left", lambda: handover(rounds=rounds)),
        (f"{callers} searches at once", lambda: merging(at, callers=callers, rounds=rounds)),
        ("a server that is slow 3 times in 100", lambda: hedging(at, calls=400)),
        ("how late, at a deadline of 150 ms", lambda: overrun(at, timeout_s=0.15, calls=5)),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
