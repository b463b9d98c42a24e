"""Reference tables in the docs say what the code says."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
from pydantic import BaseModel, Field

from es_hybrid.settings import known_names
from scripts.dev import gendocs


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "docs/settings.md"
    path.parent.mkdir()
    path.write_text("# Settings\n\n<!-- generated: settings -->\n<!-- end -->\n\nMore.\n")
    return path


def test_every_setting_is_in_the_table() -> None:
    """A setting that can be set can be looked up."""
    table = gendocs.settings_table()
    assert [name for name in known_names() if f"| `{name}` |" not in table] == []


def test_a_page_is_filled_once_and_then_up_to_date(page: Path) -> None:
    """Writing fills the markers, leaves the rest alone, and satisfies the check."""
    assert gendocs.main(["--check"], root=page.parents[1]) == 1
    assert "ES_HYBRID" not in page.read_text()
    assert gendocs.main([], root=page.parents[1]) == 0
    text = page.read_text()
    assert text.startswith("# Settings\n\n<!-- generated: settings -->\n\n| Variable |")
    assert text.endswith("|\n\n<!-- end -->\n\nMore.\n")
    assert gendocs.main(["--check"], root=page.parents[1]) == 0


def test_a_changed_table_is_reported(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table that was edited by hand is stale."""
    gendocs.main([], root=page.parents[1])
    page.write_text(page.read_text().replace("`0.4`", "`0.5`"))
    assert gendocs.main(["--check"], root=page.parents[1]) == 1
    assert "stale: docs/settings.md" in capsys.readouterr().out


def test_pages_without_markers_and_no_pages_at_all_pass(tmp_path: Path) -> None:
    """Nothing to generate is nothing to complain about."""
    assert gendocs.main(["--check"], root=tmp_path) == 0
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text("# Index\n")
    assert gendocs.main([], root=tmp_path) == 0
    assert (tmp_path / "docs/index.md").read_text() == "# Index\n"


def test_an_unknown_table_is_refused(page: Path) -> None:
    """A misspelled marker is an error that names the page."""
    page.write_text("<!-- generated: setings -->\n<!-- end -->\n")
    with pytest.raises(SystemExit, match=r"docs/settings\.md: no table 'setings'"):
        gendocs.main([], root=page.parents[1])


class Inner(BaseModel):
    k: int = Field(60, ge=1, lt=100, description="Rank | constant")


class Options(BaseModel):
    name: str = Field(description="A name")
    inner: Inner | None = Field(None, description="More")


def test_inner_sections_bounds_and_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys have their whole path, numbers their bounds, and no cell breaks the table."""
    monkeypatch.setattr(gendocs, "_find", lambda *_: Options)
    assert gendocs.ext_table().splitlines()[2:] == [
        "| `name` | string | required | A name |",
        "| `inner` | object |  | More |",
        "| `inner.k` | integer, ≥ 1, < 100 | `60` | Rank \\| constant |",
    ]


def test_commands_show_their_own_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command has a table; what all of them take is shown once."""

    def build_parser() -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(prog="es-hybrid", description="Search.")
        parser.add_argument("--json", action="store_true", help="print JSON")
        commands = parser.add_subparsers()
        search = commands.add_parser("search", prog="es-hybrid search", description="Find it.")
        search.add_argument("index", help="index or alias")
        search.add_argument("--size", type=int, default=10, help="hits, %(default)s if not said")
        search.add_argument("--plan", choices=["single", "auto"], help="how")
        search.add_argument("--json", action="store_true", help="print JSON")
        return parser

    monkeypatch.setattr(gendocs, "_find", lambda *_: build_parser)
    table = gendocs.cli_table()
    assert "### es-hybrid search\n\nFind it.\n\n| Argument |" in table
    assert "| `index` |  | index or alias |" in table
    assert "| `--size SIZE` | `10` | hits, 10 if not said |" in table
    assert "| `--plan PLAN` |  | how (single or auto) |" in table
    assert table.count("`--json`") == 1
