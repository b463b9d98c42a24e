"""Prints the products of an answer, and why each stands where it does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from es_hybrid import HybridResponse
from es_hybrid.cli.arguments import names
from es_hybrid.cli.output import Output

__all__ = ["add_show_argument", "answer_document", "print_hits", "print_lacks"]


def add_show_argument(parser: argparse._ActionsContainer) -> None:
    """Add which fields of each product are printed."""
    parser.add_argument(
        "--show",
        type=names,
        default=("title", "price"),
        metavar="FIELDS",
        help="fields to print (default: title,price)",
    )


def answer_document(response: HybridResponse) -> dict[str, object]:
    """Return an answer as JSON, with what was done for it."""
    body = dict(response.body)
    return {**body, "ext": {**body.get("ext", {}), "hybrid": response.hybrid.to_dict()}}


def print_hits(
    response: HybridResponse,
    out: Output,
    *,
    show: Sequence[str],
    explain: bool = False,
    skipped: int = 0,
) -> None:
    """Print a table of the products.

    Args:
        response: The answer.
        out: Where to.
        show: Fields of each.
        explain: Whether to say why.
        skipped: Hits before the first one.
    """
    rows = []
    for rank, hit in enumerate(response["hits"]["hits"], start=skipped + 1):
        source = hit.get("_source") or {}
        row = [rank, round(hit["_score"] or 0.0, 4), hit["_id"], *map(source.get, show)]
        if explain:
            parts = response.hybrid.parts.get((hit["_index"], hit["_id"]))
            row.append(parts.why if parts else None)
        rows.append(row)
    why = ["why"] if explain else []
    if rows:
        out.table(["#", "score", "id", *show, *why], rows)


def print_lacks(response: HybridResponse, out: Output) -> None:
    """Say what an answer did without."""
    for lack in response.hybrid.degraded:
        out.note(f"without {lack.stage}: {lack.detail or lack.reason}")
