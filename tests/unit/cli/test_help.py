"""The pages of help, as a newcomer reads them."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest

from es_hybrid.cli.app import build_parser
from es_hybrid.cli.arguments import Parser

PAGES = list(build_parser().whole_tree())


def own_options(parser: Parser) -> Iterator[argparse.Action]:
    return (action for action in parser.arguments if action.option_strings and action.nargs != 0)


def test_a_page_begins_with_how_and_what() -> None:
    """A page says first what is written, and then in one sentence what it does."""
    for page in PAGES:
        assert page.format_help().startswith(f"usage: {page.prog}")
        purpose = (page.description or "").strip().split("\n\n")[0]
        assert len(purpose) <= 110, page.prog
        assert purpose.endswith("."), page.prog


def test_a_page_ends_with_an_example_that_works() -> None:
    """The example is a command line that is understood, and is one of this command."""
    whole = build_parser()
    for page in PAGES:
        assert f"example:\n  {page.example}" in page.format_help()
        assert page.example.startswith(page.prog)
        assert whole.parse_args(shlex.split(page.example)[1:]).run


def test_a_page_fits_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal of 80 columns, or a pipe, nothing but an example is wider than that."""
    monkeypatch.setenv("COLUMNS", "80")
    for page in PAGES:
        lines = page.format_help().partition("\nexample:")[0].splitlines()
        assert [line for line in lines if len(line) > 80] == []


def test_defaults_are_shown() -> None:
    """Whoever reads what an option does reads what holds without it."""
    untold = [
        f"{page.prog} {action.option_strings[0]}"
        for page in PAGES
        for action in own_options(page)
        if action.default not in (None, argparse.SUPPRESS, [], "", ())
        and "(default: " not in (action.help or "")
    ]
    assert untold == []


def test_values_are_named_alike() -> None:
    """A value is named in capitals, and an index is INDEX wherever one is searched or written."""
    for action in (action for page in PAGES for action in page.arguments):
        if action.nargs == 0 or action.choices:
            continue
        named = str(action.metavar)
        assert named.partition(".")[0].upper() == named.partition(".")[0], action
        if (action.help or "").startswith("index or alias"):
            assert named == "INDEX"


def test_a_reader_that_leaves_help_is_no_noise() -> None:
    """`es-hybrid --help | head -1` prints a line and nothing on stderr."""
    command = f"{shlex.quote(sys.executable)} -m es_hybrid ingest --help | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: es-hybrid ingest INDEX")
    assert done.stderr == ""
