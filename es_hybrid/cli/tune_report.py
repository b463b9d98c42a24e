"""What `es-hybrid tune` tells: the verdict, the evidence, and what speed costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from es_hybrid.cli.output import Output
from es_hybrid.evaluate import JudgedQuery
from es_hybrid.tuning import ScoreTable, Space, TuningReport, group_members
from es_hybrid.types import Json

__all__ = ["evidence_of", "print_tuning"]

_TRIPS, _TRIPS_OF_RERANK = 3, 2
"""Embed, candidates, page; with a reranker also what it reads, and its own call."""


def evidence_of(
    report: TuningReport,
    *,
    index: str,
    made: datetime,
    seed: int,
    versions: Mapping[str, str],
    replayed: tuple[int, int],
) -> Json:
    """Return how settings came about, as it goes into their file."""
    return {
        "index": index,
        "made": made.isoformat(timespec="seconds"),
        "seed": seed,
        "versions": dict(versions),
        "replayed_alike": f"{replayed[0]} of {replayed[1]}",
        **report.to_dict(),
    }


def print_tuning(
    report: TuningReport,
    settings: Mapping[str, Json],
    evidence: Json,
    *,
    table: ScoreTable,
    space: Space,
    queries: Sequence[JudgedQuery],
    out: Output,
) -> None:
    """Print the verdict and what it rests on."""
    groups = list(_groups(report, queries))
    speed = list(_speed(report, table, space, queries))
    if out.json:
        out.document({"settings": settings, **evidence, "groups": groups, "speed": speed})
        return
    out.table(
        ["held-out", "queries", "lexical", "default", "tuned"],
        [
            [each["group"], each["queries"], *(f"{each[name]:.3f}" for name in _NAMES)]
            for each in groups
        ],
    )
    out.line()
    out.table(
        ["candidates per leg", "reranked", "p50 ms", "trips", report.measure, ""],
        [
            [
                *(each[name] for name in ("window", "top", "p50_ms", "trips")),
                f"{each['mean']:.3f}",
                "chosen" if each["chosen"] else "",
            ]
            for each in speed
        ],
    )
    out.line()
    for section, values in settings.items():
        for name, value in values.items():
            out.line(f"{section}.{name} = {value}")
    out.line(report.verdict)
    out.note(
        f"{report.compared} configurations, {report.computed:,} rankings from saved candidates;"
        f" {evidence['replayed_alike']} first pages of real searches were ranked alike"
    )


_NAMES = ("lexical", "default", "tuned")


def _groups(report: TuningReport, queries: Sequence[JudgedQuery]) -> Iterator[Json]:
    """Yield held-out means, of all queries and of each language and kind."""
    places = {query_id: place for place, query_id in enumerate(report.query_ids)}
    members = {"all": list(queries), **group_members(queries)}
    for group, some in members.items():
        at = [places[query.id] for query in some]
        means = {
            name: round(sum(report.values[name][place] for place in at) / len(at), 4)
            for name in _NAMES
        }
        yield {"group": group, "queries": len(at), **means}


def _speed(
    report: TuningReport, table: ScoreTable, space: Space, queries: Sequence[JudgedQuery]
) -> Iterator[Json]:
    """Yield what each number of candidates takes and reaches, all else as chosen.

    On all queries, those that chose among them: it shows what speed costs, and promises nothing.
    """
    base = report.settings.base
    share = base.blend or report.default.base.blend or max(space.blend)
    for window, top in space.stages:
        made = replace(base, window=window, top=top, blend=share if top else 0.0).canonical
        took = table.ms(made)
        yield {
            "window": window,
            "top": top,
            "p50_ms": None if took is None else round(took, 1),
            "trips": _TRIPS + (_TRIPS_OF_RERANK if top else 0),
            "mean": round(table.mean(made, queries), 4),
            "chosen": base.stages == (window, top),
        }
