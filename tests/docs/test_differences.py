"""Each difference from `es.search` names the test that holds it, and the test is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.docs.pages import ROOT

_ROW = re.compile(r"^\| (?P<difference>.+?) \| (?P<tests>`.*test_.*`) \|$", re.MULTILINE)
_NAME = re.compile(
    r"`(?:(?P<file>[\w/]+\.py)(?:::)?)?(?P<test>test_\w+)?(?:\[(?P<shape>\w+)-…\])?`"
)


def named_tests() -> Iterator[tuple[str, str, str | None, str | None]]:
    """Yield a row's difference with each file, test and shape that it names."""
    page = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    for row in _ROW.finditer(page):
        file = ""
        for name in _NAME.finditer(row["tests"]):
            file = name["file"] or file
            path = file if "/" in file else f"tests/swap/{file}"
            yield row["difference"], path, name["test"], name["shape"]


NAMED = list(named_tests())


def test_the_table_is_read() -> None:
    """Every row has a test, and none escapes the pattern."""
    page = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
    table = page.partition("| difference | held by |\n|---|---|\n")[2].partition("\n\n")[0]
    assert len({difference for difference, *_ in NAMED}) == len(table.splitlines()) > 20
    assert len(NAMED) == sum(row.rpartition(" | ")[2].count("`") // 2 for row in table.splitlines())


@pytest.mark.parametrize(("difference", "file", "test", "shape"), NAMED)
def test_a_difference_is_held(
    difference: str, file: str, test: str | None, shape: str | None
) -> None:
    """The named file holds the named test, and the shapes hold the named shape."""
    source = (ROOT / file).read_text(encoding="utf-8")
    wanted = rf"def {test}\(" if test else "def test_"
    assert re.search(wanted, source), difference
    if shape:
        shapes = (ROOT / "tests" / "swap" / "shapes").glob("*.py")
        assert any(f'"{shape}"' in file.read_text(encoding="utf-8") for file in shapes)
