"""The argument tree."""

from __future__ import annotations

import pytest

from es_hybrid.cli.app import build_parser, main

WRONG = [
    (["serch", "products", "shoe"], "es-hybrid: ", "did you mean search?"),
    (["search", "p", "shoe", "--filtr", "a=b"], "es-hybrid search: ", "did you mean --filter?"),
    (["search", "p", "shoe", "--no-rerankk"], "es-hybrid search: ", "did you mean --no-rerank?"),
    (["search", "p", "shoe", "--expl"], "es-hybrid search: ", "unknown option --expl"),
    (["evaluate", "p", "--qeries=q.csv"], "es-hybrid evaluate: ", "did you mean --queries?"),
    (["--setings", "f.toml", "search", "p", "x"], "es-hybrid: ", "did you mean --settings?"),
    (["ingest", "p"], "es-hybrid ingest: ", "name one source of products"),
    (["ingest", "p", "f", "--sql", "sqlite://"], "es-hybrid ingest: ", "name one source"),
    (["ingest", "p", "f", "--from-url", "u"], "es-hybrid ingest: ", "needs --from-index"),
    (["ingest", "p", "--retry", "f", "--delete-missing"], "es-hybrid ingest: ", "whole feed"),
    (
        ["ingest", "p", "f", "--shard", "1/2", "--delete-missing"],
        "es-hybrid ingest: ",
        "whole feed",
    ),
    (["ingest", "p", "--from-index", "o", "--resume", "c"], "es-hybrid ingest: ", "in files"),
    (["ingest", "p", "f", "--retry", "d"], "es-hybrid ingest: ", "name one source"),
    (["ingest", "p", "f", "--max-delete", "some"], "es-hybrid ingest: ", "--max-delete"),
    (["update", "p"], "es-hybrid update: ", "missing FILE"),
    (["ingest", "p", "--sql", "u"], "es-hybrid ingest: ", "either --table or --query"),
    (["ingest", "p", "f", "--table", "t"], "es-hybrid ingest: ", "need --sql"),
    (["follow", "p"], "es-hybrid follow: ", "name one source of changes"),
    (["follow", "p", "--file", "f", "--overlap", "-1"], "es-hybrid follow: ", "0 or more"),
    (["ingest", "p", "f", "--format", "cvs"], "es-hybrid ingest: ", "did you mean csv?"),
    (["reindex", "p", "--resume", "--abort"], "es-hybrid reindex: ", "exclude each other"),
    (["create-index", "p", "--dims", "many"], "es-hybrid create-index: ", "--dims"),
    (["doctor", "p", "q"], "es-hybrid doctor: ", "unexpected q"),
    ([], "es-hybrid: ", "missing COMMAND"),
]


@pytest.mark.parametrize(("argv", "prog", "said"), WRONG, ids=lambda value: " ".join(value)[:30])
def test_wrong_usage_is_two_and_one_line(
    argv: list[str], prog: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong usage exits with 2, names the command and what was probably meant, in one line."""
    assert main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(prog)
    assert said in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize("argv", [["--help"], ["search", "--help"], ["--version"]])
def test_help_and_version_are_done(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help and version go to stdout and exit with 0."""
    assert main(argv) == 0
    assert "es-hybrid" in capsys.readouterr().out


@pytest.mark.parametrize(
    "argv", [["--json", "search", "p", "shoe"], ["search", "p", "shoe", "--json"]]
)
def test_common_options_stand_before_or_after_the_command(argv: list[str]) -> None:
    """An option of every command means the same on both sides of it."""
    args = build_parser().parse_args(argv)
    assert args.json is True
    assert args.quiet is False
    assert args.es_url is None


def test_words_that_look_like_options_can_be_searched() -> None:
    """A text with blanks, or after `--`, is the shopper's words even where it starts with dashes."""
    assert build_parser().parse_args(["search", "p", "--big sale"]).text == "--big sale"
    assert build_parser().parse_args(["search", "p", "--", "--sale"]).text == "--sale"


def test_every_command_takes_the_common_options_and_has_help() -> None:
    """Each command has a run function, a help text for every argument, and the common options."""
    commands = build_parser().commands
    names = (
        "backfill bought-together completion create-index doctor evaluate experiment follow ingest judge kibana"
        " logs playground recommend reindex roles rollback rules score search serve signals simulate"
        " train tune"
        " update warm"
    )
    assert sorted(commands) == names.split()
    for command in commands.values():
        assert callable(command.get_default("run"))
        assert command.get_default("interrupted")
        for each in command.whole_tree():
            assert each.description
            assert all(action.help for action in each.arguments)
            spelled = {option for action in each.arguments for option in action.option_strings}
            assert spelled >= {"--settings", "--es-url", "--json", "--quiet", "--traceback"}
