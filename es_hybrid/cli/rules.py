"""Change business rules without a deployment: sold-out policy, pins, caps, variety, boosts.

Each save is a new version; searches pick it up within ES_HYBRID_RULES__TTL_S seconds. es-hybrid simulate
shows what a rule set would change before you save it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable

from es_hybrid import HybridClient
from es_hybrid.cli.arguments import Parser, add_action, add_actions
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.cli.rules_file import read_rules
from es_hybrid.rules import Change, RulesVersion

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "rules list"
INTERRUPTED = "a version may have been saved all the same: es-hybrid rules log NAME shows it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `rules` takes."""
    actions = add_actions(parser)

    def action(
        name: str,
        act: Callable[[HybridClient, argparse.Namespace, Output], None],
        purpose: str,
        example: str,
        *,
        interrupted: str = "nothing was changed",
    ) -> Parser:
        command = add_action(
            actions, name, act, purpose, example=f"rules {example}", interrupted=interrupted
        )
        if act is not _list:
            command.add_argument("name", metavar="NAME", help="the rule set, such as default")
        return command

    put = action(
        "put",
        _put,
        "save a new version and put it in force",
        'put default rules.json --comment "no sold-out products on top"',
        interrupted=INTERRUPTED,
    )
    put.add_argument("file", metavar="FILE", help="rules as JSON or TOML; - is standard input")
    put.add_argument("--comment", metavar="TEXT", help="what changed, for whoever reads it later")
    put.add_argument(
        "--base",
        type=int,
        metavar="N",
        help="save only if version N is in force",
    )
    get = action("get", _get, "print a version", "get default 3")
    get.add_argument(
        "number", type=int, nargs="?", metavar="N", help="which (default: the one in force)"
    )
    diff = action(
        "diff",
        _diff,
        "print what differs between two versions, or between one and a file",
        "diff default rules.json",
    )
    diff.add_argument("file", metavar="FILE", nargs="?", help="rules not saved yet")
    diff.add_argument(
        "--from", dest="before", type=int, metavar="N", help="(default: the one in force)"
    )
    diff.add_argument("--to", type=int, metavar="N", help="(default: the one in force)")
    back = action(
        "rollback",
        _rollback,
        "put an older version in force again",
        "rollback default",
        interrupted=INTERRUPTED,
    )
    back.add_argument(
        "number",
        type=int,
        nargs="?",
        metavar="N",
        help="which (default: the one that was in force before)",
    )
    action("log", _log, "list the versions of a rule set, the newest first", "log default")
    action("list", _list, "list the names of all rule sets", "list")


def run(args: argparse.Namespace) -> int:
    """Do one action and print what came of it."""
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        args.act(shop, args, out)
    return 0


def _put(shop: HybridClient, args: argparse.Namespace, out: Output) -> None:
    content = read_rules(args.file)
    saved = shop.rules.put(args.name, content, comment=args.comment or "", base=args.base)
    _in_force(saved, shop, out)


def _rollback(shop: HybridClient, args: argparse.Namespace, out: Output) -> None:
    _in_force(shop.rules.rollback(args.name, to=args.number), shop, out)


def _get(shop: HybridClient, args: argparse.Namespace, out: Output) -> None:
    found = shop.rules.get(args.name, args.number)
    if out.json:
        out.document(found.to_dict())
        return
    state = "in force" if found.current else "not in force"
    out.note(f"{found.source}, {state}, {found.created_at}  {found.comment}".rstrip())
    out.line(json.dumps(dict(found.rules), ensure_ascii=False, indent=2))


def _diff(shop: HybridClient, args: argparse.Namespace, out: Output) -> None:
    after = args.to if args.file is None else read_rules(args.file)
    changes = shop.rules.diff(args.name, before=args.before, after=after)
    if out.json:
        out.document([change.to_dict() for change in changes])
    elif changes:
        out.table(["", "path", "before", "after"], [_row(change) for change in changes])
    else:
        out.note("no difference")


def _log(shop: HybridClient, args: argparse.Namespace, out: Output) -> None:
    versions = shop.rules.versions(args.name)
    if out.json:
        out.document([{k: v for k, v in v.to_dict().items() if k != "rules"} for v in versions])
        return
    rows = [[v.version, "*" if v.current else "", v.created_at, v.comment] for v in versions]
    out.table(["version", "in force", "saved", "comment"], rows)


def _list(shop: HybridClient, args: argparse.Namespace, out: Output) -> None:  # noqa: ARG001
    names = shop.rules.names()
    if out.json:
        out.document(list(names))
        return
    for name in names:
        out.line(name)


def _in_force(version: RulesVersion, shop: HybridClient, out: Output) -> None:
    if out.json:
        out.document({k: v for k, v in version.to_dict().items() if k != "rules"})
    else:
        out.line(f"{version.source} is in force")
    if shop.settings.rules.name != version.name:
        out.note(
            f"searches use it where ES_HYBRID_RULES__NAME={version.name} is set,"
            f' or a request says "rules": "{version.name}"'
        )


def _row(change: Change) -> list[str]:
    values = [
        "" if value is None else json.dumps(value, ensure_ascii=False)
        for value in (change.before, change.after)
    ]
    return [change.kind, change.path, *values]
