"""Rebuild the index behind ALIAS and move the alias to it, while reads and writes continue.

--dry-run prints what would be done and writes nothing. The old index is kept, closed to writes;
es-hybrid rollback ALIAS returns to it, with the writes since then.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from es_hybrid import ReindexPlan, ReindexProgress, ReindexReport
from es_hybrid.cli.arguments import Parser, names
from es_hybrid.cli.connect import load_settings, open_shop, require_answer
from es_hybrid.cli.output import Output
from es_hybrid.cli.progress import Progress

__all__ = ["EXAMPLE", "INTERRUPTED", "Steps", "add_arguments", "print_report", "run", "shown_steps"]

EXAMPLE = "reindex products --mapping products --dry-run"
INTERRUPTED = (
    "run the same command with --resume to continue, or with --abort to remove the new index"
)

_SHOWN = 10


def add_arguments(parser: Parser) -> None:
    """Add what `reindex` takes."""
    parser.check = _problem
    parser.add_argument("name", metavar="ALIAS", help="the name that readers and writers use")
    parser.add_argument(
        "--mapping",
        metavar="NAME",
        help="a mapping that comes with es_hybrid, or a JSON file (default: the current one)",
    )
    parser.add_argument("--dry-run", action="store_true", help="print the plan, write nothing")
    parser.add_argument(
        "--resume", action="store_true", help="resume a run that was killed or rejected"
    )
    parser.add_argument(
        "--abort", action="store_true", help="remove the index of an unfinished run"
    )
    schema = parser.add_argument_group("fields of a mapping that does not say so itself")
    for option, what in (
        ("--search-fields", "fields of a plain text search, such as title^3,brand"),
        ("--code-fields", "fields that hold exact codes"),
        ("--rerank-fields", "fields shown to the reranker, in order"),
        ("--text-fields", "fields of the embedded text, in order"),
    ):
        schema.add_argument(option, type=names, metavar="FIELDS", help=f"{what} (default: guessed)")
    schema.add_argument("--id-field", metavar="FIELD", help="keyword field that equals _id")
    parser.add_argument(
        "--min-overlap",
        type=float,
        default=0.5,
        metavar="SHARE",
        help="share of the first 10 hits of probe queries that must be among the first 30 (default: 0.5)",
    )
    parser.add_argument(
        "--replace-index",
        action="store_true",
        help="ALIAS is still an index, which gives its name to an alias; rejects writes for seconds",
    )


def _problem(args: argparse.Namespace) -> str | None:
    if sum((args.dry_run, args.resume, args.abort)) > 1:
        return "--dry-run, --resume and --abort exclude each other"
    return None


def run(args: argparse.Namespace) -> int:
    """Plan, reindex, resume or abort; print what was done."""
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        require_answer(shop)
        if args.abort:
            return _print_removed(shop.abort_reindex(args.name), args.name, out)
        plan: ReindexPlan | str = args.name
        if not args.resume:
            plan = shop.plan_reindex(
                args.name,
                mapping=args.mapping,
                fields={
                    name: getattr(args, name)
                    for name in (
                        "search_fields",
                        "code_fields",
                        "rerank_fields",
                        "text_fields",
                        "id_field",
                    )
                },
                min_overlap=args.min_overlap,
                replace_index=args.replace_index,
            )
            if args.dry_run:
                out.document(plan.to_json()) if out.json else out.line(plan)
                return 0
            out.note(plan)
        with shown_steps(out, f"reindex {args.name}") as steps:
            report = shop.reindex(plan, resume=args.resume, on_progress=steps.tell)
    return print_report(report, out)


def _print_removed(index: str | None, name: str, out: Output) -> int:
    if out.json:
        out.document({"alias": name, "removed": index})
    else:
        out.line(f"removed {index}" if index else f"no reindex of {name} is unfinished")
    return 0


class Steps:
    """Shows the steps of a reindex, and how far each is."""

    def __init__(self, out: Output, progress: Progress) -> None:
        self._out = out
        self._progress = progress
        self._step = ""

    def tell(self, progress: ReindexProgress) -> None:
        """Take note of a step or a page."""
        if progress.step != self._step:
            self._step = progress.step
            self._out.note(f"  {progress.step.replace('_', ' ')}")
        self._progress.done(progress.done)


@contextmanager
def shown_steps(out: Output, label: str) -> Iterator[Steps]:
    """Show steps on stderr."""
    with out.progress(label) as progress:
        yield Steps(out, progress)


def print_report(report: ReindexReport, out: Output) -> int:
    """Print a report; return the exit code."""
    if out.json:
        out.document(asdict(report))
        return 3 if report.failed else 0
    out.line(report)
    for warning in report.warnings:
        out.note(warning)
    for failure in report.failures[:_SHOWN]:
        out.problem(f"id {failure.id}: {failure.reason}")
    return 3 if report.failed else 0
