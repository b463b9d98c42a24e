"""Ask the queries that are shown, and print BM25's products beside the final ones."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

from es_hybrid import HybridClient, HybridResponse
from es_hybrid.cli.output import Output, has_rich
from es_hybrid.evaluate import JudgedQuery, Recipe, ndcg
from es_hybrid.types import DegradationReason, Json, PlanName, Stage
from scripts.demonstration.layout import Entry, Line, Style, side_by_side, wrapped
from scripts.demonstration.showcase import Showcase

__all__ = ["PAGE", "Printer", "ask", "compare", "entries", "language_notes", "terminal_width"]

PAGE = 10
"""Products of a search: a shopper's first page, and what NDCG@10 looks at."""

_SHOWN = 5
_PIPE_WIDTH = 120
_FIELDS = ["title", "price", "currency", "brand"]
_DRAWN = {
    Style.HEADING: "bold",
    Style.TITLE: "",
    Style.NEW_TITLE: "green",
    Style.DETAIL: "dim",
    Style.WHY: "cyan",
}


def ask(
    shop: HybridClient, showcase: Showcase, query: JudgedQuery, recipe: Recipe, *, explain: bool
) -> tuple[HybridResponse, float]:
    """Search one page; return it with the wall-clock milliseconds that it took."""
    section = recipe.section(query.text)
    section["hybrid"]["explain"] = explain
    clause = showcase.filter_of(query)
    request: Json = {"index": showcase.alias, "size": PAGE, "ext": section, "source": _FIELDS}
    if clause:
        request["query"] = {"bool": {"filter": [clause]}}
    began = perf_counter()
    response = shop.search(**request)
    return response, (perf_counter() - began) * 1000.0


def compare(
    shop: HybridClient,
    showcase: Showcase,
    out: Output,
    *,
    before: Recipe,
    after: Recipe,
) -> None:
    """Print, for each query that is shown, the first five of two recipes; the second says why.

    Before the first query in a language that the embedder does not know, it says so.
    """
    printer = Printer(terminal_width())
    told: set[str] = set()
    for query in showcase.shown_queries()[:1]:  # the first search also reads the mapping
        ask(shop, showcase, query, after, explain=False)
    for query in showcase.shown_queries():
        first, first_ms = ask(shop, showcase, query, before, explain=False)
        final, final_ms = ask(shop, showcase, query, after, explain=True)
        grades = showcase.judgments.get(query.id) if showcase.judgments else None
        kind = query.labels.get("type")
        for note in language_notes(final) - told:
            told.add(note)
            out.line()
            printer.lines(
                [(Line(text, Style.DETAIL),) for text in wrapped(note, width=printer.width)]
            )
        out.line()
        printer.lines([(Line(query.text + (f"  ({kind})" if kind else ""), Style.HEADING),)])
        printer.lines(
            side_by_side(
                (_heading("BM25", first, grades, first_ms), entries(first, grades)),
                (
                    _heading(_steps(final), final, grades, final_ms),
                    entries(final, grades, beside=first),
                ),
                width=printer.width,
            )
        )


def terminal_width() -> int:
    """Return the columns of the terminal, or of `COLUMNS`; 120 where there is neither."""
    return shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns


class Printer:
    """Draws lines on a terminal that rich knows, and prints them plainly elsewhere."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._rich = has_rich(sys.stdout)

    def lines(self, lines: Any) -> None:
        """Print lines of pieces, as `side_by_side` yields them."""
        for line in lines:
            if self._rich:
                self._draw(line)
            else:
                print("".join(piece.text for piece in line).rstrip())

    def _draw(self, line: Sequence[Line]) -> None:
        from rich.console import Console  # noqa: PLC0415 - an extra
        from rich.text import Text  # noqa: PLC0415

        text = Text.assemble(*((piece.text, _DRAWN[piece.style]) for piece in line))
        Console(file=sys.stdout).print(text, soft_wrap=True)


def entries(
    response: HybridResponse,
    grades: Mapping[str, int] | None,
    *,
    beside: HybridResponse | None = None,
) -> list[Entry]:
    """Return the first five products of an answer, with what speaks for them.

    Args:
        response: The answer.
        grades: What judges said of its products; `None` where nobody judged.
        beside: The answer that it is shown beside; what is not among its first five is marked.
    """
    shown_there = {hit.id for hit in beside.hits[:_SHOWN]} if beside else set()
    entries = []
    for hit in response.hits[:_SHOWN]:
        parts = response.hybrid.parts.get((hit.index, hit.id))
        entries.append(
            Entry(
                title=str(hit.source.get("title") or hit.id),
                detail=_detail(hit.source),
                grade=None if grades is None else grades.get(hit.id, 0),
                why=parts.why.partition(": ")[2] if parts else "",
                new=beside is not None and hit.id not in shown_there,
            )
        )
    return entries


def _detail(source: Mapping[str, Any]) -> str:
    price, brand = source.get("price"), source.get("brand")
    money = f"{price:,.2f} {source.get('currency') or ''}".strip() if price is not None else ""
    return " · ".join(part for part in (money, brand) if part)


def _heading(
    name: str, response: HybridResponse, grades: Mapping[str, int] | None, took_ms: float
) -> str:
    quality = ""
    if grades and any(grades.values()):
        quality = f" · NDCG@10 {ndcg([hit.id for hit in response.hits], grades):.2f}"
    return f"{name}{quality} · {took_ms:.0f} ms"


def language_notes(response: HybridResponse) -> set[str]:
    """Return what is to be said of a search in a language that the embedder does not know."""
    return {
        f"{lack.detail}: below, BM25 finds the products and boosts order them."
        " An embedder that knows the language makes these searches hybrid, too."
        for lack in response.hybrid.degraded
        if lack.reason is DegradationReason.LANGUAGE and lack.stage is Stage.EMBED
    }


def _steps(response: HybridResponse) -> str:
    """Name what was really done: a model that does not know the language took no part."""
    done = response.hybrid
    steps = ["BM25" if done.plan is PlanName.LEXICAL_ONLY else "hybrid"]
    steps += ["reranked"] if done.reranked else []
    steps += ["boosted"] if any(part.factors for part in done.parts.values()) else []
    return ", ".join(steps)
