"""Check settings, Elasticsearch, an index, rules, the model servers and plug-ins; say what to change."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from es_hybrid import HybridClient, Reranker
from es_hybrid.checks import Check, Status
from es_hybrid.cli.checks.cluster import check_cluster
from es_hybrid.cli.checks.embedders import check_embedder
from es_hybrid.cli.checks.index import check_index
from es_hybrid.cli.checks.logs import check_log
from es_hybrid.cli.checks.plugins import check_plugins
from es_hybrid.cli.checks.privileges import check_privileges
from es_hybrid.cli.checks.rerankers import check_reranker
from es_hybrid.cli.checks.rules import check_rules
from es_hybrid.cli.connect import load_settings, open_shop, shown_url
from es_hybrid.cli.output import Output
from es_hybrid.settings import RerankSettings, Settings

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "doctor products"
INTERRUPTED = "nothing was changed"

_ADDRESSES = ("es_url", "embed.base_url", "rerank.url")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `doctor` takes."""
    parser.add_argument("index", metavar="INDEX", nargs="?", help="also look at this index")


def run(args: argparse.Namespace) -> int:
    """Look at everything, print what was found, and fail if there is a problem."""
    out = Output.of(args)
    settings = load_settings(args)
    shown = shown_settings(settings)
    if not out.json:
        _print_settings(shown, out)
    checks = []
    for check in _checks(settings, args.index):
        checks.append(check)
        if not out.json:
            _print_check(check, out)
    failed = any(check.status is Status.PROBLEM for check in checks)
    if out.json:
        found = [check.to_dict() for check in checks]
        out.document({"ok": not failed, "settings": shown, "checks": found})
    return 1 if failed else 0


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings in force, `section.name` to value, with nothing secret in them."""
    flat: dict[str, Any] = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": inner for key, inner in value.items()}
        else:
            flat[name] = value
    for name in _ADDRESSES:
        flat[name] = shown_url(flat[name]) if flat[name] else None
    return flat


def _checks(settings: Settings, index: str | None) -> Iterator[Check]:
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
        if cluster[0].status is not Status.PROBLEM:
            yield from check_log(shop.es, settings.log)
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


def _print_settings(shown: dict[str, Any], out: Output) -> None:
    """Print what is not a default: that is what a person has set and may have set wrong."""
    defaults = shown_settings(Settings.model_construct())
    out.line("settings that are not defaults:")
    changed = {name: value for name, value in shown.items() if value != defaults.get(name)}
    for name, value in changed.items():
        out.line(f"  {name} = {value}")
    if not changed:
        out.line("  none")
    out.line()


def _print_check(check: Check, out: Output) -> None:
    mark = {Status.OK: "ok     ", Status.NOTE: "note   ", Status.PROBLEM: "PROBLEM"}[check.status]
    out.line(f"{mark}  {check.name}: {check.detail}")
    if check.hint:
        out.line(f"         {check.hint}")
