"""Says how an experiment stands, from what its processes counted, from files, or from the log."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import timedelta

from es_hybrid import HybridClient, HybridError
from es_hybrid.checks import Status
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.logs_source import SCORES, LogSource, read_log
from es_hybrid.cli.output import Output
from es_hybrid.experiments import ExperimentStatus, Outcome
from es_hybrid.logs.logged_run import LoggedRun, logged_run
from es_hybrid.record_file import read_records

__all__ = ["add_arguments", "run"]

_MARKS = {Status.OK: "yes", Status.NOTE: "?", Status.PROBLEM: "no"}
_CLOCKS_DIFFER = timedelta(hours=1)
_UNREAD = ("timings_ms", "degraded", "models")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `experiment status` takes."""
    told = parser.add_mutually_exclusive_group()
    told.add_argument(
        "--from-log",
        nargs="*",
        metavar="PATH",
        help="read searches and what shoppers did from the log: NDJSON files or directories, or"
        " where the settings log to",
    )
    told.add_argument(
        "--outcomes",
        nargs="+",
        default=(),
        metavar="FILE",
        help="what ExperimentClient(record=FILE) has written",
    )
    parser.add_argument(
        "--application", metavar="NAME", help="only searches and events of this application"
    )
    parser.add_argument(
        "--enforce", action="store_true", help="stop it if a guardrail is broken, and exit with 3"
    )


def run(args: argparse.Namespace) -> int:
    """Print how an experiment stands; stop it where that is asked for, and a guardrail is broken."""
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        read = None if args.from_log is None else _read(args, shop, out)
        status = _status(args, shop, read)
        shop.log_report(status)
        ends = args.enforce and status.harm is not None and status.experiment.runs
        if ends:
            shop.experiments.stop(args.name, reason=status.harm or "", base=status.version.version)
    if out.json:
        log = None if read is None else read.to_dict()
        out.document({**status.to_dict(), "log": log, "stopped": ends})
    else:
        _show(status, read, out)
        if ends:
            out.line("stopped, because a guardrail is broken")
    return 3 if ends else 0


def _read(args: argparse.Namespace, shop: HybridClient, out: Output) -> LoggedRun:
    settings, version = shop.settings, shop.experiments.get(args.name)
    paths: Sequence[str] = args.from_log
    if not paths and settings.log.to == "off":
        raise HybridError(
            "the settings name no log", hint="set ES_HYBRID_LOG__TO, or say --from-log PATH"
        )
    source = LogSource(
        paths,
        since=shop.experiments.began(version) - _CLOCKS_DIFFER,
        application=args.application,
        # Who chose what was shown is asked of pages of both rankings alone.
        left_out=(*_UNREAD, *(SCORES if version.experiment.design == "interleave" else ("shown",))),
    )
    return logged_run(read_log(source, settings, out), version.experiment, version.label)


def _status(
    args: argparse.Namespace, shop: HybridClient, read: LoggedRun | None
) -> ExperimentStatus:
    if read is None:
        outcomes = [
            outcome
            for path in args.outcomes
            for outcome in read_records(path, "outcome", Outcome.from_dict)
        ]
        return shop.experiments.status(args.name, outcomes=outcomes)
    # A page of both rankings is one search in the log; its processes counted either ranking's.
    split = shop.experiments.get(args.name).experiment.design == "split"
    return shop.experiments.status(
        args.name, outcomes=read.outcomes, counts=read.counts if split else None
    )


def _show(status: ExperimentStatus, read: LoggedRun | None, out: Output) -> None:
    experiment = status.experiment
    reason = f": {experiment.reason}" if experiment.reason else ""
    shared = f"{experiment.design}, {experiment.share:.1%} of the shoppers"
    out.line(f"{status.version.source} is {experiment.state}{reason}")
    out.line(f"{shared}, since {status.version.created_at}")
    out.line()
    rows = [
        [
            variant,
            found.searches,
            f"{found.took_ms / max(found.searches, 1):.0f}",
            found.errors,
            found.empty,
        ]
        for variant, found in sorted(status.counts.items())
    ]
    out.table(["variant", "searches", "mean ms", "errors", "zero results"], rows)
    out.line()
    _show_totals(status, out)
    checks = [
        [check.name, check.detail, check.hint, _MARKS[check.status]] for check in status.guardrails
    ]
    out.table(["guardrail", "control -> treatment", "allowed", "holds"], checks)
    out.line()
    _show_effect(status, out)
    if read is not None:
        _show_read(read, out)


def _show_totals(status: ExperimentStatus, out: Output) -> None:
    metrics = sorted({metric for sums in status.totals.values() for metric in sums})
    if not metrics:
        return
    rows = [
        [variant, *(f"{sums.get(metric, 0.0):,.10g}" for metric in metrics)]
        for variant, sums in sorted(status.totals.items())
    ]
    out.table(["what shoppers did", *metrics], rows)
    out.line()


def _show_effect(status: ExperimentStatus, out: Output) -> None:
    effect = status.effect
    if effect is None:
        out.line(
            "effect: no outcomes on both sides are known; --from-log or --outcomes brings them"
        )
        return
    if status.sample_ratio is not None and status.sample_ratio.status is Status.PROBLEM:
        out.line(f"{status.sample_ratio.detail}; {status.sample_ratio.hint}")
    low, high = effect.interval
    count = f"{effect.shoppers[0]:,} and {effect.shoppers[1]:,} shoppers"
    out.line(
        f"effect on {effect.metric}: {effect.control:.4g} -> {effect.treatment:.4g} a shopper"
        f" ({effect.difference:+.4g}), {count}"
    )
    out.line(f"always-valid 95 % interval: {low:+.4g} to {high:+.4g}, p {effect.p:.4f}")
    if status.sign_test is not None:
        out.line(f"sign test, for one look at an end set before: p {status.sign_test:.4f}")


def _show_read(read: LoggedRun, out: Output) -> None:
    if read.unmatched:
        out.note(f"{read.unmatched:,} of {read.events:,} events are of no search in this log")
    if read.repeated:
        out.note(f"{read.repeated:,} of {read.events:,} events came again, and count once")
    if read.nameless:
        out.note(
            f"{read.nameless:,} of {read.searches:,} searches do not tell their shopper, so that"
            " nothing is known of their effect; log with ES_HYBRID_LOG__IDS=hash"
        )
