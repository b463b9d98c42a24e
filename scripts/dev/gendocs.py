"""Write the reference tables of the docs from the code, or check that they are up to date.

    python scripts/dev/gendocs.py            # write
    python scripts/dev/gendocs.py --check    # compare

A page asks for a table by the markers `<!-- generated: NAME -->` and `<!-- end -->`; what stands
between them is replaced. NAME is `settings`, `cli`, `ext`, `rules`, `experiment`,
`events` or `metrics`. Pages without markers are not touched.
"""

from __future__ import annotations

import argparse
import enum
import importlib
import json
import re
import sys
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[2]
MARKED = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
WORDS = {bool: "boolean", int: "integer", float: "number", str: "string", SecretStr: "secret"}


def settings_table() -> str | None:
    """Return one row for each environment variable."""
    settings = _find("es_hybrid.settings", "Settings")
    if settings is None:
        return None
    prefix, delimiter = settings.model_config["env_prefix"], "__"
    rows = _fields(settings, prefix=prefix, delimiter=delimiter)
    return _table(("Variable", "Type", "Default", "Meaning"), ((n.upper(), *r) for n, *r in rows))


def ext_table() -> str | None:
    """Return one row for each key of `ext.hybrid`."""
    options = _find("es_hybrid.query.options", "HybridOptions")
    if options is None:
        return None
    return _table(("Option", "Type", "Default", "Meaning"), _fields(options, sections=True))


def rules_table() -> str | None:
    """Return one row for each key of a rule set."""
    rules = _find("es_hybrid.rules", "RuleSet")
    if rules is None:
        return None
    rows: list[tuple[str, ...]] = []
    for name, field in rules.model_fields.items():
        rows.append((name, _kind(field), _default(field), field.description or ""))
        listed = [inner for m in _members(field.annotation) for inner in (m, *get_args(m))]
        for inner in filter(_is_model, listed):
            begin = f"{name}[]." if inner not in _members(field.annotation) else f"{name}."
            own = {n: f for n, f in inner.model_fields.items() if n != "when"}
            rows += [
                (f"{begin}{n}", _kind(f), _default(f), f.description or "") for n, f in own.items()
            ]
            if "when" in inner.model_fields:
                rows.append((f"{begin}when", "object", "", "Its [condition](#conditions)"))
    return _table(("Key", "Type", "Default", "Meaning"), rows)


def experiment_table() -> str | None:
    """Return one row for each key of an experiment that a person writes."""
    experiment = _find("es_hybrid.experiments", "Experiment")
    if experiment is None:
        return None
    own = {"state", "reason", "salt", "run"}
    rows = [r for r in _fields(experiment) if r[0] not in own and not r[0].startswith("when.")]
    rows.append(("when", "object", "", "Its [condition](rules.md#conditions)"))
    return _table(("Key", "Type", "Default", "Meaning"), rows)


def cli_table() -> str | None:
    """Return one table for the options of all commands, and one for each command."""
    build_parser = _find("es_hybrid.cli.app", "build_parser")
    if build_parser is None:
        return None
    top: argparse.ArgumentParser = build_parser()
    common = {option for action in top._actions for option in action.option_strings}  # noqa: SLF001 - argparse has no public way to list arguments
    head = ("Argument", "Default", "Meaning")
    parts = [f"### {top.prog}\n\n{top.description or ''}\n\n{_table(head, _arguments(top, set()))}"]
    for level, parser in _commands(top, 3):
        summary = (parser.description or "").strip().split("\n\n")[0]
        rows = list(_arguments(parser, common))
        table = f"\n{_table(head, rows)}" if rows else ""
        parts.append(f"{'#' * level} {parser.prog}\n\n{summary}\n{table}")
    return "\n".join(parts)


def events_table() -> str:
    """Return one row for each event that is logged."""
    found = importlib.import_module("scripts.dev.log_events")
    rows = (
        (each.name, each.level, f"`{each.logger}`", _names(each.fields), found.MEANINGS[each.name])
        for each in found.logged_events()
    )
    return _table(("Event", "Level", "Logger", "Fields", "Meaning"), rows)


def metrics_table() -> str:
    """Return one row for each metric that Prometheus reads."""
    families = _find("es_hybrid.prometheus", "FAMILIES")
    rows = ((f.name, f.kind, _names(f.labels), f.meaning) for f in families)
    return _table(("Metric", "Kind", "Labels", "Meaning"), rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names if name != "**")


def _commands(
    parser: argparse.ArgumentParser, level: int
) -> Iterator[tuple[int, argparse.ArgumentParser]]:
    """Yield each command with the level of its heading, and its own commands after it."""
    for action in parser._actions:  # noqa: SLF001 - same
        if isinstance(action.choices, dict):
            for command in action.choices.values():
                yield level, command
                yield from _commands(command, level + 1)


TABLES = {
    "settings": settings_table,
    "ext": ext_table,
    "rules": rules_table,
    "experiment": experiment_table,
    "cli": cli_table,
    "events": events_table,
    "metrics": metrics_table,
}


def _find(module: str, name: str) -> Any:
    """Return a name of the package, or `None` where its module is not there (yet)."""
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("es_hybrid"):
            return None
        raise


def _fields(
    model: type[BaseModel], *, prefix: str = "", delimiter: str = ".", sections: bool = False
) -> Iterator[tuple[str, ...]]:
    """Yield name, type, default and meaning of each field, those of inner models included."""
    for name, field in model.model_fields.items():
        inner = next((m for m in _members(field.annotation) if _is_model(m)), None)
        if inner is None or sections:
            yield f"{prefix}{name}", _kind(field), _default(field), field.description or ""
        if inner is not None:
            yield from _fields(
                inner, prefix=f"{prefix}{name}{delimiter}", delimiter=delimiter, sections=sections
            )


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in {Union, types.UnionType}:
        return tuple(m for a in get_args(annotation) for m in _members(a) if m is not type(None))
    return (annotation,)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _kind(field: FieldInfo) -> str:
    limits = {
        key: getattr(constraint, key)
        for constraint in field.metadata
        for key in ("ge", "gt", "le", "lt")
        if hasattr(constraint, key)
    }
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    bounds = [f"{signs[key]} {limit:g}" for key, limit in limits.items()]
    return ", ".join([" or ".join(_word(m) for m in _members(field.annotation)), *bounds])


def _word(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        return _word(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return " or ".join(_code(value) for value in get_args(annotation))
    if get_origin(annotation) in {Union, types.UnionType}:
        return " or ".join(_word(member) for member in get_args(annotation))
    if get_origin(annotation) in {tuple, list}:
        return f"list of {_word(get_args(annotation)[0])}"
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return " or ".join(_code(member.value) for member in annotation)
    return WORDS.get(annotation, "object")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.get_default(call_default_factory=True, validated_data={})
    return _code(default) if isinstance(default, bool | int | float) or default else ""


def _arguments(parser: argparse.ArgumentParser, known: set[str]) -> Iterator[tuple[str, str, str]]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list arguments
        if isinstance(action.choices, dict) or action.help == argparse.SUPPRESS:
            continue
        if action.option_strings and known.issuperset(action.option_strings):
            continue
        value = action.metavar or (
            action.dest if not action.option_strings else action.dest.upper()
        )
        spelled = ", ".join(action.option_strings) or str(value)
        if action.option_strings and action.nargs != 0:
            spelled += f" {value}"
        plain = action.default is None or action.default is False
        default = "" if plain or action.default == argparse.SUPPRESS else _code(action.default)
        meaning = (action.help or "") % {**vars(action), "prog": parser.prog}
        if action.choices and "`" not in meaning:
            meaning += f" ({' or '.join(str(choice) for choice in action.choices)})"
        yield spelled, default, meaning


def _code(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(_code(item) for item in value)
    return f"`{value if isinstance(value, str) else json.dumps(value, default=str)}`"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *((f"`{name}`", *rest) for name, *rest in rows)]
    cells = ([cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def fill(page: str, *, place: str = "page") -> str:
    """Return a page's text with each marked table written anew.

    Raises:
        SystemExit: The page asks for a table that there is not.
    """

    def written(match: re.Match[str]) -> str:
        begin, name, end = match.groups()
        if name not in TABLES:
            raise SystemExit(f"{place}: no table {name!r}; there are {', '.join(TABLES)}")
        table = TABLES[name]()
        return match[0] if table is None else f"{begin}\n{table}\n{end}"

    return MARKED.sub(written, page)


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Write or check every page of `docs/`; return the exit code."""
    parser = argparse.ArgumentParser(description="Write the reference tables of the docs.")
    parser.add_argument("--check", action="store_true", help="write nothing; report differences")
    check = parser.parse_args(arguments).check
    sys.path.insert(0, str(root))
    stale = 0
    for path in sorted((root / "docs").rglob("*.md")):
        page, place = path.read_text(encoding="utf-8"), path.relative_to(root)
        wanted = fill(page, place=str(place))
        if wanted == page:
            continue
        stale += 1
        print(f"{'stale' if check else 'wrote'}: {place}")
        if not check:
            path.write_text(wanted, encoding="utf-8")
    return int(check and stale > 0)


if __name__ == "__main__":
    sys.exit(main())
