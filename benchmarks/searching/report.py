"""Rows of a report: as a table for people, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.searching.lanes import KNN_100
from benchmarks.searching.material import Material
from benchmarks.searching.rounds import Round, median_of, ratio
from es_hybrid.evaluate import ndcg
from es_hybrid.types import Json


@dataclass(frozen=True, slots=True)
class Bytes:
    """What one search of a lane puts on the wire, HTTP headers included."""

    sent: float
    received: float


@dataclass(frozen=True, slots=True)
class Cpu:
    """Processor time that we add, in milliseconds, one value per search.

    Attributes:
        live: A search less its own requests, both on the node.
        instant: A search whose requests are answered from memory.
    """

    live: Sequence[float]
    instant: Sequence[float]


def row(
    name: str,
    rounds: Sequence[Round],
    material: Material,
    *,
    reference: Sequence[Round],
    wire: Bytes | None = None,
    added: Cpu | None = None,
) -> Json:
    """Return what is known of one lane.

    Args:
        name: Of the lane.
        rounds: Its measurements.
        material: The queries, with their judgments.
        reference: Rounds of the bare `query` + `knn` of a hundred, by the same number of callers.
        wire: Bytes a search, where they were counted.
        added: Processor time that we add, where it was measured.
    """
    trips = {
        stage: round(median_of(ms for each in rounds for ms in each.trips_ms[stage]), 3)
        for stage in ("retrieve", "rerank", "fetch")
        if all(stage in each.trips_ms for each in rounds)
    }
    return {
        "lane": name,
        "p50_ms": round(median_of(each.p50 for each in rounds), 3),
        "p95_ms": round(median_of(each.p95 for each in rounds), 3),
        "ratio": round(ratio(rounds, reference), 3),
        "trips_ms": trips,
        "client_cpu_ms": round(median_of(each.cpu_ms for each in rounds), 3),
        "added_cpu_ms": round(median_of(added.live), 3) if added else None,
        "instant_cpu_ms": round(median_of(added.instant), 3) if added else None,
        "sent_bytes": round(wire.sent) if wire else None,
        "received_bytes": round(wire.received) if wire else None,
        "per_second": round(median_of(each.per_second for each in rounds), 1),
        "ndcg_at_10": _ndcg(rounds[-1].pages, material),
    }


def _ndcg(pages: Mapping[str, Sequence[str]], material: Material) -> float | None:
    judged = [query for query in material.queries if query.id in material.judgments]
    if not judged:
        return None
    values = [ndcg(pages[query.text], material.judgments[query.id]) for query in judged]
    return round(sum(values) / len(values), 4)


_COLUMNS: Mapping[str, str] = {
    "lane": "lane",
    "p50_ms": "p50 ms",
    "p95_ms": "p95 ms",
    "ratio": "ratio",
    "trips_ms": "trips ms",
    "client_cpu_ms": "CPU ms",
    "added_cpu_ms": "+CPU ms",
    "instant_cpu_ms": "own CPU ms",
    "sent_bytes": "sent B",
    "received_bytes": "received B",
    "per_second": "per s",
    "ndcg_at_10": "NDCG@10",
}


def print_table(console: Console, title: str, rows: Sequence[Json]) -> None:
    """Print rows; columns that none of them fills are left out."""
    shown = {key: head for key, head in _COLUMNS.items() if any(_cell(r[key]) for r in rows)}
    table = Table(title=title, caption=f"ratio: to {KNN_100}, round by round", box=box.SIMPLE)
    for key, head in shown.items():
        table.add_column(head, justify="left" if key == "lane" else "right", no_wrap=True)
    for each in rows:
        table.add_row(*(_cell(each[key]) for key in shown))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return " + ".join(f"{ms:.2f}" for ms in value.values())
    if isinstance(value, float):
        return f"{value:.2f}" if value >= 1 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
