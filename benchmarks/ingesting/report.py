"""Rows of a report: as a table for people, and as JSON."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from es_hybrid.types import Json


@dataclass(frozen=True, slots=True)
class Round:
    """One lane, once.

    Attributes:
        docs: Products written.
        seconds: From the file to the refreshed index.
        cpu_s: Processor time of the writing process.
        node_cpu_s: Processor time of the node meanwhile.
        memory_mb: Its own memory, over time.
    """

    docs: int
    seconds: float
    cpu_s: float
    node_cpu_s: float
    memory_mb: Sequence[float]

    @property
    def per_second(self) -> float:
        """Products a second."""
        return self.docs / self.seconds

    @property
    def work_s(self) -> float:
        """Processor time of both sides."""
        return self.cpu_s + self.node_cpu_s


def row(name: str, rounds: Sequence[Round], *, reference: Sequence[Round] | None) -> Json:
    """Return what is known of one lane; ratios are to the reference of the same round."""
    pairs = list(zip(rounds, reference or (), strict=False))
    return {
        "lane": name,
        "docs_per_second": round(statistics.median(each.per_second for each in rounds)),
        "slowest": round(min(each.per_second for each in rounds)),
        "fastest": round(max(each.per_second for each in rounds)),
        "ratio": _median([mine.per_second / theirs.per_second for mine, theirs in pairs]),
        "work_ratio": _median([theirs.work_s / mine.work_s for mine, theirs in pairs]),
        "cpu_us_per_doc": round(statistics.median(each.cpu_s / each.docs * 1e6 for each in rounds)),
        "node_us_per_doc": round(
            statistics.median(each.node_cpu_s / each.docs * 1e6 for each in rounds)
        ),
        "memory_half_mb": round(
            max((each.memory_mb or [0.0])[len(each.memory_mb) // 2] for each in rounds)
        ),
        "memory_mb": round(max(max(each.memory_mb, default=0.0) for each in rounds)),
    }


def _median(values: Sequence[float]) -> float | None:
    return round(statistics.median(values), 3) if values else None


_COLUMNS: Mapping[str, str] = {
    "lane": "lane",
    "docs_per_second": "docs/s",
    "slowest": "slowest",
    "fastest": "fastest",
    "ratio": "ratio",
    "work_ratio": "work ratio",
    "cpu_us_per_doc": "CPU µs/doc",
    "node_us_per_doc": "node µs/doc",
    "memory_half_mb": "MB half way",
    "memory_mb": "MB at most",
}


def print_table(console: Console, title: str, rows: Sequence[Json]) -> None:
    """Print one row per lane."""
    table = Table(title=title, box=box.SIMPLE)
    for key, head in _COLUMNS.items():
        table.add_column(head, justify="left" if key == "lane" else "right", no_wrap=True)
    for each in rows:
        table.add_row(*(_cell(each[key]) for key in _COLUMNS))
    console.print(table)


def print_speeds(console: Console, speeds: Mapping[str, float]) -> None:
    """Print what one core does without a network."""
    for name, speed in speeds.items():
        console.print(f"{name}: {speed:,.0f} docs/s a core")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
