"""Colours on a terminal and nowhere else, unless the environment says otherwise."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from es_hybrid.cli.colour import has_colours

PROGRAM = """
import sys, time
from es_hybrid.cli.output import Output
out = Output()
out.table(["recipe", "ms"], [["lexical " * 20, 3.25]])
with out.progress("ingest", total=2) as progress:
    progress.done(1)
out.error("it failed")
"""


def environment(**more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return {**kept, "TERM": "xterm", **more}


def on_terminal(**more: str) -> str:
    """Run the program on a pseudo-terminal of its own and return what it wrote there."""
    ours, its = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdout=its,
        stderr=its,
        stdin=its,
        env=environment(COLUMNS="60", **more),
    ) as process:
        os.close(its)
        written = b""
        while chunk := read(ours):
            written += chunk
        assert process.wait(timeout=60) == 0
    os.close(ours)
    return written.decode()


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux says so when the other side has closed
        return b""


def on_pipe(**more: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env=environment(**more),
    )
    return done.stdout, done.stderr


def test_a_terminal_gets_colours_a_bar_and_lines_that_fit() -> None:
    """On a terminal the header is bold, the error red, the bar drawn, and tables fold."""
    written = on_terminal()
    assert "\x1b[1m" in written
    assert "\x1b[31merror:\x1b[0m it failed" in written
    assert "━" in written
    table = re.sub(r"\x1b\[\d*m", "", written).splitlines()[:3]
    assert all(len(line) <= 60 for line in table)


def test_no_color_is_respected() -> None:
    """With NO_COLOR a terminal gets no colour and no bold type."""
    written = on_terminal(NO_COLOR="1")
    assert "error: it failed\r\n" in written
    assert "\x1b[1m" not in written
    assert "\x1b[3" not in written


def test_a_pipe_gets_plain_lines_as_long_as_they_are() -> None:
    """On a pipe nothing is coloured, drawn or folded."""
    out, err = on_pipe()
    assert "\x1b" not in out + err
    assert err == "error: it failed\n"
    assert out.splitlines()[1].endswith("3.25")


def test_force_color_colours_a_pipe() -> None:
    """With FORCE_COLOR a pipe gets colours, whole lines and still no bar."""
    out, err = on_pipe(FORCE_COLOR="1")
    assert "\x1b[1m" in out
    assert out.splitlines()[1].endswith("3.25")
    assert err == "\x1b[31merror:\x1b[0m it failed\n"


@pytest.mark.parametrize(
    ("environ", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)
def test_the_environment_decides(environ: dict[str, str], coloured: bool, tmp_path: Path) -> None:
    """NO_COLOR wins over FORCE_COLOR, and a file gets no colours by itself."""
    with (tmp_path / "out.txt").open("w", encoding="utf-8") as stream:
        assert has_colours(stream, environ) is coloured
