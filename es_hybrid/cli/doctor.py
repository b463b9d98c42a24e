"""Check settings, Elasticsearch, an index, rules, the model servers and plug-ins; say what to change.

The output contains no key, no password, no product and nothing that a shopper typed. --report writes all of it, including
defaults, to a file that you can send to whoever helps you. Exits with 1 if there is a problem.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import elasticsearch

from es_hybrid import HybridClient, HybridError, Reranker
from es_hybrid.checks import Check, Status
from es_hybrid.cli.checks.caches import check_caches
from es_hybrid.cli.checks.cluster import check_cluster
from es_hybrid.cli.checks.embedders import check_embedder
from es_hybrid.cli.checks.index import check_index
from es_hybrid.cli.checks.logs import check_log
from es_hybrid.cli.checks.plan import check_plan
from es_hybrid.cli.checks.plugins import check_plugins
from es_hybrid.cli.checks.privileges import check_privileges
from es_hybrid.cli.checks.rerankers import check_reranker
from es_hybrid.cli.checks.rules import check_rules
from es_hybrid.cli.checks.versions import check_versions
from es_hybrid.cli.colour import Colour
from es_hybrid.cli.connect import load_settings, open_shop, shown_url
from es_hybrid.cli.failures import sentence
from es_hybrid.cli.files import write_whole
from es_hybrid.cli.output import Output
from es_hybrid.cli.shown_settings import ShownSettings, redacted
from es_hybrid.settings import RerankSettings, Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "doctor products --report doctor.txt"
INTERRUPTED = "nothing was changed"

_MARKS = {
    Status.OK: ("ok     ", Colour.GREEN),
    Status.NOTE: ("note   ", Colour.YELLOW),
    Status.PROBLEM: ("PROBLEM", Colour.RED),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `doctor` takes."""
    parser.add_argument("index", metavar="INDEX", nargs="?", help="also look at this index")
    parser.add_argument(
        "--report", metavar="FILE", help="also write everything to this file, to send by e-mail"
    )


def run(args: argparse.Namespace) -> int:
    """Look at everything, print what was found, and fail if there is a problem."""
    out = Output.of(args)
    settings = load_settings(args)
    shown = ShownSettings.of(settings, args)
    if not out.json:
        out.line("settings that are not defaults:")
        out.line("\n".join(f"  {line}" for line in shown.lines(changed=True)) or "  none")
        out.line()
    checks = []
    for found in _until_it_fails(_checks(settings, args.index)):
        check = redacted(found, settings)
        checks.append(check)
        if not out.json:
            mark, colour = _MARKS[check.status]
            out.line(f"{out.painted(mark, colour)}  {_said(check)}")
    failed = any(check.status is Status.PROBLEM for check in checks)
    if args.report:
        write_whole(args.report, _report(shown, checks))
        out.note(f"{args.report} holds all of this and every setting; it can be mailed")
    if out.json:
        found_checks = [check.to_dict() for check in checks]
        out.document({"ok": not failed, **shown.to_dict(), "checks": found_checks})
    return 1 if failed else 0


def _until_it_fails(checks: Iterator[Check]) -> Iterator[Check]:
    """Go on with what was found where a check itself fails: the report is needed then most."""
    try:
        yield from checks
    except (HybridError, elasticsearch.ApiError, elasticsearch.TransportError) as error:
        yield Check("doctor", Status.PROBLEM, sentence(error), "what comes after was not looked at")


def _report(shown: ShownSettings, checks: list[Check]) -> str:
    """Return what whoever helps reads: problems first, then everything."""
    lines = [f"es-hybrid doctor, {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", ""]
    for status in (Status.PROBLEM, Status.NOTE, Status.OK):
        lines += [
            f"{_MARKS[status][0]}  {_said(check)}" for check in checks if check.status is status
        ]
    return "\n".join([*lines, "", "settings:", *(f"  {line}" for line in shown.lines())]) + "\n"


def _said(check: Check) -> str:
    return "\n         ".join(filter(None, (f"{check.name}: {check.detail}", check.hint)))


def _checks(settings: Settings, index: str | None) -> Iterator[Check]:
    yield from check_versions()
    with open_shop(settings) as shop:
        cluster = list(check_cluster(shop.es))
        yield from cluster
        dims = None
        for name, alone in _each(settings, "embed", "base_url", "embedder"):
            with HybridClient(shop.es, settings=alone) as one:
                found, dims = check_embedder(one.embedder, alone.embed, name=name)
            yield from found
        yield from _rerankers(shop, settings)
        if cluster[0].status is not Status.PROBLEM:
            yield from check_rules(shop, settings.rules)
        if index and cluster[0].status is not Status.PROBLEM:
            yield from check_privileges(shop.es, index)
            yield from check_index(shop.es, index, settings=settings, dims=dims)
            yield from check_plan(shop, index)
        if cluster[0].status is not Status.PROBLEM:
            yield from check_log(shop.es, settings.log)
    yield from check_caches(settings)
    yield from check_plugins()


def _rerankers(shop: HybridClient, settings: Settings) -> Iterator[Check]:
    @contextmanager
    def opened(changed: RerankSettings) -> Iterator[Reranker | None]:
        with HybridClient(shop.es, settings=settings.model_copy(update={"rerank": changed})) as one:
            yield one.reranker

    for name, alone in _each(settings, "rerank", "url", "reranker"):
        with HybridClient(shop.es, settings=alone) as one:
            other = opened if alone.rerank.url and not alone.rerank.plugin else None
            yield from check_reranker(one.reranker, alone.rerank, name=name, open_other=other)


def _each(
    settings: Settings, section: str, address: str, name: str
) -> Iterator[tuple[str, Settings]]:
    """Yield settings with one server each, so that a replica is not hidden behind another."""
    found = getattr(settings, section)
    if found.plugin or not found.replicas:
        yield name, settings
        return
    for url in (getattr(found, address), *found.replicas):
        alone = found.model_copy(update={address: url, "replicas": ()})
        yield f"{name} at {shown_url(url)}", settings.model_copy(update={section: alone})
