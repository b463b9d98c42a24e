"""What the pages show works when it is typed."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest

from es_hybrid import Settings
from es_hybrid.cli.app import build_parser
from tests.docs.pages import PAGES, ROOT, Block, all_blocks, blocks, commands, name_of, prose
from tests.docs.runner import run

WITH_PYTHON = [page for page in PAGES if any(block.runs for block in blocks(page, "python"))]
SHELL = [(block, command) for block in all_blocks("sh") for command in commands(block.code)]
LANGUAGES = {"python", "sh", "text", "toml", "json"}


@pytest.mark.parametrize("block", all_blocks("python"), ids=str)
def test_python_compiles(block: Block) -> None:
    """Every Python block is Python."""
    compile(block.code, str(block), "exec")


@pytest.mark.es
@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_a_page_runs(page: Path, names: dict[str, Any], es_url: str, index_name: str) -> None:
    """A page runs from top to bottom, and prints what it says it prints."""
    found = blocks(page, "python", "sh", "text")
    printed = run(
        [block for block in found if block.runs], es_url=es_url, alias=index_name, names=names
    )
    for code, output in pairwise(found):
        if output.is_output:
            assert printed[code] == output.code, str(output)


@pytest.mark.parametrize(("block", "command"), SHELL, ids=lambda value: str(value)[:60])
def test_a_command_is_understood(block: Block, command: str) -> None:
    """The real parser takes every `es-hybrid` command, and make has every target that is named."""
    words = shlex.split(command)
    words = list(takewhile(lambda word: word not in "<>", words))
    match words:
        case ["es-hybrid", *rest]:
            build_parser().parse_args(rest)
        case ["make", target, *_]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), block
        case ["python", "-m", module, *_]:
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), block
        case ["docker", "compose", "--profile", profile, *_]:
            assert f"profiles: [{profile}]" in (ROOT / "docker-compose.yml").read_text(), block
        case ["export", _] | [".", ".dev/env"] | ["pip", "install", *_]:
            pass
        case _:
            pytest.fail(f"{block}: nothing checks {command!r}")


@pytest.mark.parametrize("block", all_blocks("json"), ids=str)
def test_json_parses(block: Block) -> None:
    """Every JSON block is JSON."""
    json.loads(block.code)


@pytest.mark.parametrize("block", all_blocks("toml"), ids=str)
def test_toml_is_a_settings_file(block: Block, tmp_path: Path) -> None:
    """A TOML block is a settings file that is taken, or part of a project file."""
    content = tomllib.loads(block.code)
    if "project" in content:
        return
    (tmp_path / "settings.toml").write_text(block.code)
    Settings.from_file(tmp_path / "settings.toml")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_block_escapes(page: Path) -> None:
    """Every block names a language that a test looks at."""
    fences = re.findall(r"^```(\S*)", page.read_text(), re.MULTILINE)
    assert set(fences[::2]) <= LANGUAGES
    assert set(fences[1::2]) <= {""}
    assert "```" not in prose(page)
