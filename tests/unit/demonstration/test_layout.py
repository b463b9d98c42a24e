"""Lists of products side by side."""

from __future__ import annotations

import pytest

from es_hybrid.cli.table import display_width
from scripts.demonstration.layout import Entry, Style, side_by_side, wrapped

LEFT = ("BM25", [Entry("法式复古飘逸雪纺连衣裙女装 云织坊间 夏天 薄荷绿", "229.00 CNY", 3)])
RIGHT = (
    "hybrid",
    [
        Entry("Wireless Earbuds", "9.90", 0, why="text match no. 7, raised a little.", new=True),
        Entry("x" * 300),
    ],
)


def drawn(width: int) -> list[str]:
    return [
        "".join(piece.text for piece in line) for line in side_by_side(LEFT, RIGHT, width=width)
    ]


@pytest.mark.parametrize("width", [40, 66, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Chinese counts two columns, and a word without spaces is cut."""
    assert max(map(display_width, drawn(width))) <= width


@pytest.mark.parametrize("width", [70, 80, 120, 200])
def test_columns_stand_in_line(width: int) -> None:
    """The rule between the lists is in the same column of every line."""
    places = {display_width(line.partition("│")[0]) for line in drawn(width)}
    assert len(places) == 1


def test_narrow_terminals_get_one_list_below_the_other() -> None:
    """Nothing is lost where two lists have no room."""
    text = "\n".join(drawn(40))
    assert "│" not in text
    assert text.index("BM25") < text.index("hybrid")


def test_a_product_shows_rank_grade_and_why() -> None:
    """One that the other list lacks is marked, also without colours."""
    text = "\n".join(drawn(120))
    assert "1  [3] 法式" in text
    assert "1* [0] Wireless Earbuds" in text
    assert "text match no. 7" in text


def test_new_products_have_a_style_of_their_own() -> None:
    """A terminal draws what the other list lacks in colour."""
    styles = {piece.style for line in side_by_side(LEFT, RIGHT, width=120) for piece in line}
    assert Style.NEW_TITLE in styles


def test_an_empty_list_says_so() -> None:
    """A query without any match has a heading and a word under it."""
    lines = side_by_side(("BM25", []), RIGHT, width=120)
    assert any("no products" in piece.text for line in lines for piece in line)


def test_a_title_cannot_steer_the_terminal() -> None:
    """Control characters of a title become spaces."""
    assert wrapped("red\x1b[2J shoe", width=40) == ["red [2J shoe"]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_is_one_empty_line(text: str) -> None:
    """An entry without words still has its line."""
    assert wrapped(text, width=10) == [""]
