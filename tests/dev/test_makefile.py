"""The commands that a newcomer types."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from scripts.dev.node.places import PROJECT

TARGETS = [
    *("help", "demo", "demo-ui", "screenshot", "test", "soak", "unit", "lint", "fmt"),
    *(
        "docs",
        "frameworks",
        "tables",
        "build",
        "up",
        "down",
        "clean",
        "check-all",
        "swap-oldest",
        "bench",
    ),
]


def make(*words: str) -> str:
    """Run make without running what it would run."""
    environ = {"PATH": os.environ["PATH"]}  # not the flags of a make that runs these tests
    return subprocess.run(
        ["make", *words], cwd=PROJECT, env=environ, capture_output=True, text=True, check=True
    ).stdout


def test_help_lists_every_target() -> None:
    """Plain `make` tells what there is, one line each."""
    listed = [line.split()[1] for line in make().splitlines()]
    assert listed == TARGETS


def test_demo_takes_a_shops_own_export() -> None:
    """The demo's variables become its flags, and none that was not given."""
    said = make(
        "-n", "demo", "CATALOG=my products.csv", "MAP=title=name,brand=maker", "QRELS=r.csv"
    )
    for flag in (
        "--catalog 'my products.csv'",
        "--map 'title=name,brand=maker'",
        "--qrels 'r.csv'",
    ):
        assert flag in said
    assert "--queries" not in said
    assert "--models" in said


def test_tests_need_a_real_server() -> None:
    """`make test` lints first, and a missing server is an error."""
    said = make("-n", "test")
    assert said.index("ruff check") < said.index("--require-es")


def test_both_majors_are_tested_apart() -> None:
    """The older server is tested with its own client in an environment of its own."""
    said = make("-n", "check-all")
    assert "--venv .venv --version 9.4.3" in said
    assert "--venv .venv-es8 --version 8.14.1" in said


def test_clean_keeps_the_download_cache() -> None:
    """Cleaning removes what was made in the project, and nothing outside it."""
    removed = [line for line in make("-n", "clean").splitlines() if line.startswith("rm -rf")]
    words = " ".join(removed).split()[2:]
    assert ".dev" in words
    assert not [word for word in words if word.startswith(("/", "~", "..", "$"))]


@pytest.mark.parametrize("path", [".venv/", ".dev/", "dist/"])
def test_what_is_made_here_is_not_committed(path: str) -> None:
    """What the tools make is ignored by git."""
    assert path in (PROJECT / ".gitignore").read_text().splitlines()


def test_ci_script_is_sound() -> None:
    """The script can be run, and bash understands all of it."""
    script = PROJECT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    bash = shutil.which("bash")
    assert bash is not None
    subprocess.run([bash, "-n", str(script)], check=True)
