"""A parser that suggests the nearest name, and the options that every command takes."""

from __future__ import annotations

import argparse
import difflib
import itertools
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

__all__ = ["Parser", "Usage", "add_action", "add_actions", "add_common", "names", "share"]

_REQUIRED = "the following arguments are required: "  # argparse's own words
_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")
_COMMON = "options of every command"
_WIDEST = 100
"""Columns of a help text, at most: longer lines are hard to read."""


class Usage(SystemExit):
    """A command line that cannot be understood; stderr has the message already.

    Attributes:
        message: What is wrong with it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(2)
        self.message = message


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` without abbreviations that names the nearest option or command.

    Attributes:
        known: Options as they are spelled.
        commands: Its commands, by name.
        check: Says what is wrong with arguments that are right one by one; `None` for nothing.
        example: A command line that works, shown below the options.
    """

    def __init__(self, *, example: str = "", **settings: Any) -> None:
        self.commands: Mapping[str, Parser] = MappingProxyType({})
        self.check: Callable[[argparse.Namespace], str | None] = _nothing_wrong
        self.example = example
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)

    def format_help(self) -> str:
        """Return the help, its text filled to the terminal's width and its example below."""
        kept = self.description, self.epilog, self.usage
        # What argparse itself keeps free at the right.
        width = min(shutil.get_terminal_size().columns - 2, _WIDEST)
        words = " ".join((self.prog, *self._asked(), "[options]"))
        self.usage = textwrap.fill(words, width - 7, subsequent_indent=" " * 11).replace("%", "%%")
        self.description = _filled(self.description or "", width)
        if self.example:
            self.epilog = "\n\n".join(filter(None, (f"example:\n  {self.example}", self.epilog)))
        try:
            return super().format_help()
        finally:
            self.description, self.epilog, self.usage = kept

    def _asked(self) -> Iterator[str]:
        """Yield what a command line must hold, and what may stand without a name."""
        named = [action for action in self.arguments if action.option_strings and action.required]
        unnamed = [action for action in self.arguments if not action.option_strings]
        yield from map(_spelled, (*unnamed, *named))
        for group in self._mutually_exclusive_groups:
            if group.required:
                # argparse has no public way to list a group's arguments
                yield f"({' | '.join(map(_spelled, group._group_actions))})"  # noqa: SLF001

    @property
    def arguments(self) -> Sequence[argparse.Action]:
        """Its options and positional arguments."""
        return self._actions

    def whole_tree(self) -> Iterator[Parser]:
        """Yield this parser, and those of all commands and actions below it."""
        yield self
        for command in self.commands.values():
            yield from command.whole_tree()

    @property
    def known(self) -> list[str]:
        """How every option is spelled, those of groups included."""
        return list(self._option_string_actions)

    def add_subparsers(self, **kwargs: Any) -> Any:
        """Add commands; options after a command are its own."""
        action = super().add_subparsers(**kwargs)
        self.commands = action.choices
        return action

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse, refusing a misspelled option first.

        argparse would complain of the required option that the misspelled one should have been.
        """
        for word in itertools.takewhile(lambda w: w != "--" and w not in self.commands, args or ()):
            option = word.split("=", 1)[0]
            if word.startswith("--") and " " not in option and option not in self.known:
                self.error(f"unknown option {option}; {_meant(option, self.known)}")
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(f"unexpected {' '.join(rest)}; --help lists what there is")
        wrong = self.check(found)
        if wrong is not None:
            self.error(wrong)
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong and what was probably meant; exit with 2."""
        if message.startswith(_REQUIRED):
            message = f"missing {message.removeprefix(_REQUIRED)}; --help shows how it is used"
        choice = _CHOICE.search(message)
        if choice:
            options = re.findall(r"[\w-]+", choice[2])
            message = (
                f"{message[: choice.start()]}unknown {choice[1]!r}; {_meant(choice[1], options)}"
            )
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise Usage(message)


def _filled(text: str, width: int) -> str:
    """Fill each paragraph to a width; a line that begins with a blank stays as it is."""
    return "\n\n".join(
        part if part.startswith(" ") else textwrap.fill(" ".join(part.split()), width)
        for part in text.strip("\n").split("\n\n")
    )


def _spelled(action: argparse.Action) -> str:
    """Return how an argument is written, such as `--qrels FILE` or `[FILE …]`."""
    value = str(action.metavar or action.dest)
    if action.option_strings:
        value = "" if action.nargs == 0 else f" {value}"
        return f"{action.option_strings[0]}{value}{' …' if action.nargs == '+' else ''}"
    if action.nargs == argparse.PARSER:
        return f"{value} …"
    shapes = {"?": "[{}]", "*": "[{} …]", "+": "{} …"}
    return shapes.get(str(action.nargs), "{}").format(value)


def _nothing_wrong(_args: argparse.Namespace) -> None:
    return None


def _meant(wrong: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(sorted(known))}"


def add_actions(parser: argparse.ArgumentParser) -> Any:
    """Give a command actions, of which one must be named; `add_action` adds each."""
    return parser.add_subparsers(
        title="actions", metavar="ACTION", required=True, help="what to do"
    )


def add_action(
    actions: Any,
    name: str,
    act: Callable[..., Any],
    purpose: str,
    *,
    example: str,
    interrupted: str | None = None,
) -> Parser:
    """Add an action to a command.

    Args:
        actions: As `add_actions` returned it.
        name: What the user writes.
        act: Kept as `args.act`.
        purpose: One line for the list of actions, without a capital and a stop.
        example: What follows `es-hybrid` in a command line that works.
        interrupted: What to say after Ctrl-C, where it differs from the command's own.
    """
    described = f"{purpose[0].upper()}{purpose[1:]}."
    command: Parser = actions.add_parser(
        name, help=purpose, description=described, example=f"es-hybrid {example}"
    )
    command.set_defaults(act=act)
    if interrupted is not None:
        command.set_defaults(interrupted=interrupted)
    return command


def add_common(parser: argparse.ArgumentParser, *, default: bool) -> None:
    """Add the options that stand before or after the command.

    Args:
        parser: The top parser, or a command's.
        default: Whether to set defaults; a command's parser must not, or it would overwrite what
            stood before the command.
    """
    kept: Any = None if default else argparse.SUPPRESS
    off: Any = False if default else argparse.SUPPRESS
    add = parser.add_argument_group(_COMMON).add_argument
    add(
        "--settings",
        metavar="FILE",
        action="append",
        default=kept,
        help="read settings from a TOML file; of several the last wins, ES_HYBRID_* over all",
    )
    add("--es-url", metavar="URL", default=kept, help="Elasticsearch (default: ES_HYBRID_ES_URL)")
    add("--json", action="store_true", default=off, help="print JSON and nothing else on stdout")
    add("--quiet", action="store_true", default=off, help="no progress and no notes on stderr")
    add("--traceback", action="store_true", default=off, help="show where in the code it failed")


def share(value: str) -> float:
    """Read a share, in percent or as a part of one.

    Example:
        >>> share("10%"), share("0.25")
        (0.1, 0.25)
    """
    found = float(value.removesuffix("%").strip())
    return found / 100 if value.endswith("%") else found


def names(value: str) -> tuple[str, ...]:
    """Split a comma-separated list of names.

    Example:
        >>> names("lexical, hybrid")
        ('lexical', 'hybrid')
    """
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
