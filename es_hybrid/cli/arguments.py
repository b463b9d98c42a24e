"""A parser that suggests the nearest name, and the options that every command takes."""

from __future__ import annotations

import argparse
import difflib
import itertools
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, NoReturn

__all__ = ["Parser", "add_common", "add_record_arguments", "names", "share"]

_CHOICE = re.compile(r"invalid choice: '([^']*)' \(choose from (.*)\)")


class Parser(argparse.ArgumentParser):
    """An `ArgumentParser` without abbreviations that names the nearest option or command.

    Attributes:
        known: Options as they are spelled.
        commands: Names of commands.
        check: Says what is wrong with arguments that are right one by one; `None` for nothing.
    """

    def __init__(self, **settings: Any) -> None:
        self.commands: Collection[str] = ()
        self.check: Callable[[argparse.Namespace], str | None] = _nothing_wrong
        settings.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(allow_abbrev=False, **settings)

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
        choice = _CHOICE.search(message)
        if choice:
            options = re.findall(r"[\w-]+", choice[2])
            message = (
                f"{message[: choice.start()]}unknown {choice[1]!r}; {_meant(choice[1], options)}"
            )
        self.exit(2, f"{self.prog}: {message}\n")


def _nothing_wrong(_args: argparse.Namespace) -> None:
    return None


def _meant(wrong: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(wrong, known, n=1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(sorted(known))}"


def add_common(parser: argparse.ArgumentParser, *, default: bool) -> None:
    """Add the options that stand before or after the command.

    Args:
        parser: The top parser, or a command's.
        default: Whether to set defaults; a command's parser must not, or it would overwrite what
            stood before the command.
    """
    kept: Any = None if default else argparse.SUPPRESS
    off: Any = False if default else argparse.SUPPRESS
    parser.add_argument(
        "--settings",
        metavar="FILE",
        action="append",
        default=kept,
        help="read settings from a TOML file; of several the last wins, ES_HYBRID_* over all",
    )
    parser.add_argument(
        "--es-url", metavar="URL", default=kept, help="Elasticsearch (default: ES_HYBRID_ES_URL)"
    )
    parser.add_argument(
        "--json", action="store_true", default=off, help="print one JSON document and nothing else"
    )
    parser.add_argument(
        "--quiet", action="store_true", default=off, help="no progress and no notes on stderr"
    )
    parser.add_argument(
        "--traceback", action="store_true", default=off, help="show where in the code it failed"
    )


def add_record_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how the records of a feed are read, and where those that fail go."""
    parser.add_argument(
        "--map",
        dest="fields",
        metavar="OURS=YOURS,…",
        help="which of your fields is which, such as title=name,brand=supplier",
    )
    parser.add_argument(
        "--id-field", default="id", metavar="NAME", help="your id field (default: id)"
    )
    parser.add_argument(
        "--feed-time",
        metavar="TIME",
        help="when FILE was made, such as 2026-11-21T03:00:00Z: what a newer one wrote stays",
    )
    parser.add_argument(
        "--dead-letter",
        metavar="FILE",
        help="write what failed here, as NDJSON that can be fed back in",
    )


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
