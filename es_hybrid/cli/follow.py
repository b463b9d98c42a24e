"""Write changes into an index as they come, for as long as it runs.

The source is a database with a column such as updated_at (--sql), another index with such a field (--from-index), or a growing
NDJSON file (--file), which may be renamed and truncated like a log file. The position is saved after each chunk; after a crash
the same command continues, and nothing is lost. SIGTERM and Ctrl-C stop it after the current chunk.
"""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import elasticsearch

from es_hybrid import HybridClient, HybridError
from es_hybrid.cli.arguments import Parser
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.feeds import (
    add_field_arguments,
    add_sql_arguments,
    open_other_cluster,
    sql_problem,
)
from es_hybrid.cli.output import Output
from es_hybrid.follow import (
    Changes,
    FileChanges,
    FileState,
    IndexChanges,
    IndexState,
    SqlChanges,
    Stop,
)
from es_hybrid.settings import Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "follow products --sql postgresql+psycopg://shop@db/shop --table products"
INTERRUPTED = "what was written stays; run the same command again to continue"


def add_arguments(parser: Parser) -> None:
    """Add what `follow` takes."""
    parser.check = _problem
    parser.set_defaults(streams=True)
    parser.add_argument("name", metavar="INDEX", help="index or alias to write to")
    source = parser.add_argument_group("source, one of them")
    add_sql_arguments(source)
    source.add_argument("--from-index", metavar="INDEX", help="follow another index")
    source.add_argument(
        "--from-url",
        metavar="URL",
        help="the cluster of --from-index (default: the one written to)",
    )
    source.add_argument("--file", metavar="FILE", help="follow an NDJSON file, as tail -F does")
    records = parser.add_argument_group("records")
    records.add_argument(
        "--version-field",
        default="updated_at",
        metavar="FIELD",
        help="column or field that grows with every change (default: updated_at)",
    )
    records.add_argument(
        "--deleted-field",
        metavar="FIELD",
        help="column or field that marks a product as deleted, such as deleted_at",
    )
    add_field_arguments(records)
    place = parser.add_argument_group("position and pace")
    place.add_argument(
        "--state",
        metavar="FILE",
        help="where the position is kept (default: INDEX.follow.json here)",
    )
    place.add_argument(
        "--state-index",
        metavar="INDEX",
        help="keep it in a document of this index instead, so that any machine can continue",
    )
    place.add_argument(
        "--overlap",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="longest time from a row's timestamp to its commit (default: 60)",
    )
    place.add_argument(
        "--interval",
        type=float,
        default=5.0,
        metavar="SECONDS",
        help="pause when there is nothing new (default: 5)",
    )
    place.add_argument("--once", action="store_true", help="exit when there is nothing new")
    records.add_argument(
        "--dead-letter", metavar="FILE", help="append what cannot be stored to this file"
    )


def run(args: argparse.Namespace) -> int:
    """Follow until stopped; a line a chunk, or an event a line with `--json`."""
    out = Output.of(args)
    settings = load_settings(args)
    stop = Stop()
    with (
        open_shop(settings) as shop,
        _source(args, shop, settings) as changes,
        _stopped_by_signals(stop) as signals,
    ):
        try:
            report = shop.follow(
                args.name,
                changes,
                state=_state(args, shop),
                fields=args.fields,
                id_field=args.id_field,
                deleted_field=args.deleted_field,
                dead_letter=args.dead_letter,
                interval_s=args.interval,
                once=args.once,
                stop=stop,
                on_event=lambda name, fields: _show(name, fields, out),
            )
        except (HybridError, elasticsearch.TransportError):
            if signal.SIGINT in signals:  # what failed would have been tried again
                raise KeyboardInterrupt from None
            raise
    if out.json:
        out.event({"event": "follow.done", **asdict(report)})
    else:
        out.line(report)
    if signal.SIGINT in signals:
        out.problem(f"stopped; {INTERRUPTED}")
        return 130
    return 3 if report.failed else 0


def _problem(args: argparse.Namespace) -> str | None:
    if sum(map(bool, (args.sql, args.from_index, args.file))) != 1:
        return "name one source of changes: --sql URL, --from-index INDEX or --file FILE"
    if args.state and args.state_index:
        return "name either --state or --state-index"
    if args.overlap < 0 or args.interval < 0:
        return "--overlap and --interval are seconds, 0 or more"
    return sql_problem(args)


@contextmanager
def _source(args: argparse.Namespace, shop: HybridClient, settings: Settings) -> Iterator[Changes]:
    if args.file:
        yield FileChanges(args.file)
        return
    options = {
        "version": args.version_field,
        "id_field": args.id_field,
        "overlap_s": args.overlap,
    }
    if args.sql:
        yield SqlChanges(args.sql, table=args.table, query=args.query, **options)
        return
    with open_other_cluster(args.from_url, shop, settings) as es:
        yield IndexChanges(es, args.from_index, **options)


def _state(args: argparse.Namespace, shop: HybridClient) -> FileState | IndexState:
    if args.state_index:
        return IndexState(shop.es, args.state_index, args.name)
    return FileState(args.state or f"{args.name}.follow.json")


@contextmanager
def _stopped_by_signals(stop: Stop) -> Iterator[list[int]]:
    """Ask to stop at SIGTERM and Ctrl-C; a second Ctrl-C stops at once. Yields what came."""
    came: list[int] = []

    def handle(number: int, _frame: object) -> None:
        if number in came and number == signal.SIGINT:
            raise KeyboardInterrupt
        came.append(number)
        stop.ask()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _show(name: str, fields: Mapping[str, Any], out: Output) -> None:
    if out.json:
        out.event({"event": name, **fields})
        return
    match name:
        case "follow.chunk":
            counts = ("read", "written", "unchanged", "deleted", "failed")
            out.note(", ".join(f"{fields[count]:,} {count}" for count in counts))
            for failure in fields["failures"]:
                out.problem(failure)
        case "follow.waiting":
            out.note(f"{fields['reason']}; next try in {fields['seconds']:.0f} s")
        case _:
            out.note(fields.get("note", name))
