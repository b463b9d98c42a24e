"""Set up the log of searches, and report on it: clicks, sales, failures, preferences.

A client logs if ES_HYBRID_LOG__TO says so; docs/logs.md lists the fields. Reports read the data
streams in the settings, or the files named by --from.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict

import elasticsearch

from es_hybrid import HybridError
from es_hybrid.cli.arguments import add_action, add_actions
from es_hybrid.cli.connect import load_settings, open_elasticsearch
from es_hybrid.cli.logs_output import print_change, print_model, print_report
from es_hybrid.cli.logs_source import add_source_arguments, load_history
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import read_queries, read_run
from es_hybrid.evaluate.clicks import dependent_click_model, position_based_model
from es_hybrid.logs import Stream, index_template, stream_name, template_name
from es_hybrid.logs.privacy import Privacy, query_key
from es_hybrid.logs.report import report_of
from es_hybrid.logs.sessions import Reward, click_sessions, estimate_change, moved_share
from es_hybrid.settings import Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "logs report --since 7d"
INTERRUPTED = "the templates named above are installed; run the same command again for the rest"

_ROUNDS = 200
_CLIP = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `logs` takes."""
    actions = add_actions(parser)
    setup = add_action(
        actions,
        "setup",
        _setup,
        "install the index templates of the log's data streams",
        example="logs setup --keep 90d",
        interrupted=INTERRUPTED,
    )
    setup.add_argument(
        "--keep",
        metavar="AGE",
        help="let Elasticsearch delete records after this long, such as 90d",
    )
    setup.add_argument(
        "--ilm", metavar="POLICY", help="instead of --keep, an existing index lifecycle policy"
    )
    setup.add_argument(
        "--dry-run", action="store_true", help="print the templates, install nothing"
    )
    report = add_action(
        actions,
        "report",
        _report,
        "print clicks, sales, failures and times, by day and variant",
        example="logs report --since 7d",
    )
    clicks = add_action(
        actions,
        "clicks",
        _clicks,
        "tell what shoppers like from what merely ranks high",
        example="logs clicks --since 30d",
    )
    clicks.add_argument(
        "--model",
        choices=("position", "dependent"),
        default="position",
        help="position-based, or dependent clicks (DCM) (default: position)",
    )
    clicks.add_argument(
        "--top", type=int, default=20, metavar="N", help="products to print (default: 20)"
    )
    estimate = add_action(
        actions,
        "estimate",
        _estimate,
        "estimate what another ranking would have earned",
        example="logs estimate --run runs/hybrid.ndjson --queries queries.csv",
    )
    estimate.add_argument(
        "--run",
        dest="ranking",
        required=True,
        metavar="RUN",
        help="the other ranking: a run from es-hybrid evaluate, or in TREC format",
    )
    estimate.add_argument(
        "--queries",
        metavar="QUERIES.csv",
        help="query_id,query of the run (default: its query ids are the words, or their hashes)",
    )
    estimate.add_argument(
        "--reward",
        choices=list(Reward),
        default=Reward.CLICKS,
        help="what to estimate (default: clicks)",
    )
    estimate.add_argument(
        "--clip",
        type=float,
        default=_CLIP,
        metavar="W",
        help=f"largest weight of an event (default: {_CLIP:g})",
    )
    for command in (report, clicks, estimate):
        command.set_defaults(interrupted="nothing was changed")
        add_source_arguments(command)


def run(args: argparse.Namespace) -> int:
    """Do one action and print what came of it."""
    args.act(args, load_settings(args), Output.of(args))
    return 0


def _setup(args: argparse.Namespace, settings: Settings, out: Output) -> None:
    prefix = settings.log.streams
    templates = {
        template_name(prefix, stream): index_template(
            prefix, stream, keep=args.keep, ilm_policy=args.ilm
        )
        for stream in Stream
    }
    if args.keep and args.ilm:
        raise HybridError("--keep and --ilm exclude each other", hint="name one of them")
    if args.dry_run:
        out.document(templates)
        return
    with open_elasticsearch(settings) as es:
        for name, template in templates.items():
            es.indices.put_index_template(name=name, **template)
            if not out.json:
                out.line(f"put index template {name}")
        for stream in Stream:
            _add_fields(es, prefix, stream)
    names = [stream_name(prefix, stream) for stream in Stream]
    if out.json:
        out.document({"templates": list(templates), "streams": names})
    else:
        out.note(f"the first records make the data streams {' and '.join(names)}")
    if settings.log.to != "elasticsearch":
        out.note("clients log there once ES_HYBRID_LOG__TO=elasticsearch is set")


def _add_fields(es: elasticsearch.Elasticsearch, prefix: str, stream: Stream) -> None:
    """Give a stream of an older release the fields that the template has gained."""
    mappings = index_template(prefix, stream)["template"]["mappings"]
    known = es.options(ignore_status=404)
    known.indices.put_mapping(
        index=stream_name(prefix, stream), properties=mappings["properties"], meta=mappings["_meta"]
    )


def _report(args: argparse.Namespace, settings: Settings, out: Output) -> None:
    report = report_of(load_history(args, settings, out))
    if out.json:
        out.document(report.to_dict())
    else:
        print_report(report, out)


def _clicks(args: argparse.Namespace, settings: Settings, out: Output) -> None:
    sessions = click_sessions(load_history(args, settings, out).searches)
    if not sessions:
        raise HybridError(_NO_WORDS, hint=_KEEP_WORDS)
    if args.model == "position":
        fitted = position_based_model(sessions, rounds=_ROUNDS)
    else:
        fitted = dependent_click_model(sessions)
    moved = moved_share(sessions)
    if out.json:
        attraction = [
            {"query": query, "product": product, "attraction": value}
            for (query, product), value in fitted.attraction.items()
        ]
        found = {"searches": len(sessions), "moved_share": moved, "model": args.model}
        out.document({**found, "examination": fitted.examination, "attraction": attraction})
    else:
        print_model(fitted, sessions, out, top=args.top)
    if args.model == "position" and not moved:
        out.note(
            "no product stood at two places for one query, so nothing tells what is liked from what"
            " stands high"
        )


def _estimate(args: argparse.Namespace, settings: Settings, out: Output) -> None:
    searches = load_history(args, settings, out).searches
    sessions = click_sessions(searches)
    if not sessions:
        raise HybridError(_NO_WORDS, hint=_KEEP_WORDS)
    fitted = position_based_model(sessions, rounds=_ROUNDS)
    try:
        change = estimate_change(
            searches,
            _rankings(args, settings),
            fitted,
            reward=Reward(args.reward),
            clip=args.clip,
        )
    except ValueError as error:
        hint = "name the words of its queries by --queries, and hash as the log did: LOG__SALT"
        raise HybridError(str(error), hint=hint) from None
    if out.json:
        out.document({"reward": args.reward, **asdict(change)})
    else:
        print_change(change, args.reward, out)


def _rankings(args: argparse.Namespace, settings: Settings) -> dict[str, tuple[str, ...]]:
    """Return the new ranking by the key that the log knows a query by."""
    words = {query.id: query.text for query in read_queries(args.queries)} if args.queries else {}
    privacy = Privacy.of(settings.log)
    found = {}
    for answer in read_run(args.ranking).answers:
        text = words.get(answer.query_id)
        hashed = text is not None and settings.log.text == "hash"
        key = privacy.words(text) if hashed else query_key(text or answer.query_id)
        found[key] = tuple(answer.ranking)
    return found


_NO_WORDS = "the log does not tell queries apart"
_KEEP_WORDS = "log with ES_HYBRID_LOG__TEXT=hash, and a salt"
