"""Try the new search on some shoppers: shadow reports, pilots, A/B tests, and how to end them.

An experiment is kept in an index: running processes notice what is started or stopped here within
ES_HYBRID_EXPERIMENT__TTL_S seconds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

from es_hybrid import HybridClient
from es_hybrid.cli import experiment_status, shadow_report
from es_hybrid.cli.arguments import Parser, add_action, add_actions, names, share
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.experiments import Guardrails
from es_hybrid.experiments.definition import ExperimentVersion
from es_hybrid.experiments.null_runs import null_runs

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "experiment list"
INTERRUPTED = "it may have been changed: es-hybrid experiment status NAME says"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `experiment` takes."""
    actions = add_actions(parser)

    def action(
        name: str,
        act: Callable[[argparse.Namespace], int],
        purpose: str,
        example: str,
        *,
        interrupted: str = "nothing was changed",
    ) -> Parser:
        return add_action(
            actions, name, act, purpose, example=f"experiment {example}", interrupted=interrupted
        )

    start = action(
        "start",
        _start,
        "show the new search to a share of the shoppers",
        "start pilot --share 5% --guard errors=1%",
        interrupted=INTERRUPTED,
    )
    _add_name(start)
    _add_start(start)
    status = action(
        "status",
        experiment_status.run,
        "say how an experiment stands: effect and guardrails",
        "status pilot --outcomes outcomes.ndjson",
        interrupted=INTERRUPTED,
    )
    _add_name(status)
    experiment_status.add_arguments(status)
    stop = action(
        "stop",
        _stop,
        "give everybody the old query again",
        'stop pilot --reason "the summer sale begins"',
        interrupted=INTERRUPTED,
    )
    _add_name(stop)
    stop.add_argument("--reason", metavar="TEXT", help="why; kept with the experiment")
    action("list", _list, "list the names of all experiments", "list")
    report = action(
        "shadow-report",
        shadow_report.run,
        "say whether it is safe to switch, from what shadow mode has recorded",
        "shadow-report shadow.ndjson --searches 10000",
    )
    shadow_report.add_arguments(report)
    nulls = action(
        "null-runs",
        _null_runs,
        "count how often the tests call two identical variants different",
        "null-runs --runs 1000",
    )
    nulls.add_argument("--runs", type=int, default=1000, metavar="N", help="runs (default: 1000)")
    nulls.add_argument(
        "--looks", type=int, default=20, metavar="N", help="looks at each run (default: 20)"
    )


def run(args: argparse.Namespace) -> int:
    """Do one action; return its exit code."""
    code: int = args.act(args)
    return code


def _add_name(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", metavar="NAME", help="the experiment, such as pilot")


def _add_start(start: argparse.ArgumentParser) -> None:
    add = start.add_argument_group("who sees it").add_argument
    add(
        "--share",
        type=share,
        metavar="SHARE",
        help="share of the shoppers, such as 5%% (default: 5%%)",
    )
    add(
        "--where",
        action="append",
        default=[],
        metavar="FIELD=VALUE,…",
        help="only searches with one of these values in a filter or in ext.hybrid.context",
    )
    add(
        "--query",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only these queries; * matches any words",
    )
    add(
        "--words",
        action="append",
        default=[],
        metavar="WORDS",
        help="only queries that contain them",
    )
    add("--new-shoppers", action="store_true", help="assign shoppers afresh")
    add = start.add_argument_group("what is compared").add_argument
    add("--treatment", type=_recipe, metavar="JSON", help="ext.hybrid of the new search")
    add(
        "--control",
        type=_recipe,
        metavar="JSON",
        help="ext.hybrid of the old one (default: es.search)",
    )
    add("--interleave", action="store_true", help="show both rankings on one page")
    add("--metric", metavar="NAME", help="a shopper's outcome (default: revenue)")
    add("--expected-difference", type=float, metavar="N", help="size of the effect to detect")
    add(
        "--guard",
        action="append",
        default=[],
        metavar="NAME=N",
        help=f"a guardrail: {', '.join(Guardrails.model_fields)}",
    )
    add("--comment", default="", metavar="TEXT", help="what it is for")


def _recipe(text: str) -> Any:
    return json.loads(text)


def _definition(args: argparse.Namespace) -> dict[str, Any]:
    when: dict[str, Any] = {"query": args.query, "words": args.words}
    when["context"] = {
        field: list(names(values))
        for field, _, values in (each.partition("=") for each in args.where)
    }
    given: dict[str, Any] = {
        name: getattr(args, name)
        for name in ("share", "treatment", "control", "metric", "expected_difference")
    }
    given["when"] = {name: value for name, value in when.items() if value}
    given["guardrails"] = {
        name.strip().replace("-", "_"): int(share(value)) if name == "searches" else share(value)
        for name, _, value in (each.partition("=") for each in args.guard)
    }
    given["design"] = "interleave" if args.interleave else None
    return {name: v for name, v in given.items() if v not in (None, {})}


def _start(args: argparse.Namespace) -> int:
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        found = shop.experiments.start(
            args.name,
            new_shoppers=args.new_shoppers,
            comment=args.comment,
            **_definition(args),
        )
        _said(found, shop, out)
    return 0


def _stop(args: argparse.Namespace) -> int:
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        _said(shop.experiments.stop(args.name, reason=args.reason or ""), shop, out)
    return 0


def _said(version: ExperimentVersion, shop: HybridClient, out: Output) -> None:
    if out.json:
        out.document(version.to_dict())
        return
    experiment = version.experiment
    out.line(f"{version.source} is {experiment.state}, {experiment.share:.1%} of the shoppers")
    out.note(f"processes follow within {shop.settings.experiment.ttl_s:g} s")


def _list(args: argparse.Namespace) -> int:
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        found = shop.experiments.names()
    if out.json:
        out.document(list(found))
    else:
        for name in found:
            out.line(name)
    return 0


def _null_runs(args: argparse.Namespace) -> int:
    out = Output.of(args)
    found = null_runs(runs=args.runs, looks=args.looks).to_dict()
    if out.json:
        out.document(found)
        return 0
    rows = [[name, f"{rate:.1%}"] for name, rate in found["false_positives"].items()]
    out.table(["test", "called different"], rows)
    out.line(
        f"{found['runs']:,} experiments on nothing, {found['looks']} looks each;"
        f" {found['alpha']:.0%} ± {found['sampling_error']:.1%} is right for one look"
    )
    return 0
