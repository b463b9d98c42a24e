"""What was wanted, beside what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = dict[str, Any]


def targets(
    own: Sequence[Row], hits: Sequence[Row], merged: Sequence[Row], late: Sequence[Row]
) -> list[Row]:
    """Return one row per target, with whether it is met.

    Args:
        own: Our cost a call.
        hits: The cost of an answer from memory.
        merged: Searches at once, alone and merged, for each server.
        late: How late calls came back.
    """
    cpu = {row["lane"]: row["cpu_us"] / 1000 for row in own}
    known = {row["lane"]: row["cpu_us"] / 1000 for row in hits}
    overrun = max(max(row["sync_worst_ms"], row["async_worst_ms"]) for row in late)
    return [
        _row("CPU of an embedded query, ms", cpu["embed, cache missed"], None),
        _row("CPU of a rerank of 50, ms", cpu["rerank 50, cache missed"], None),
        _row("CPU of a rerank of 100, ms", cpu["rerank 100, cache missed"], 3.0),
        _row("CPU of a remembered vector, ms", known["vector, this process"], None),
        _row("CPU of 100 remembered scores, ms", known["100 scores, this process"], None),
        *(_gain(pair) for pair in zip(merged[::2], merged[1::2], strict=True)),
        _row("latest answer after a deadline, ms", overrun, 50.0),
    ]


def _gain(pair: tuple[Mapping[str, Any], Mapping[str, Any]]) -> Row:
    alone, merged = pair
    name = f"merging at a server of {alone['server_ms']:.0f} ms, times as fast"
    return _row(name, alone["all_ms"] / merged["all_ms"], None)


def _row(name: str, value: float, most: float | None) -> Row:
    row: Row = {"what": name, "measured": round(value, 2)}
    return row if most is None else row | {"at_most": most, "met": value <= most}
