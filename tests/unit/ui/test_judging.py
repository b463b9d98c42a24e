"""The judging page without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from es_hybrid.evaluate import read_judgments
from es_hybrid.judging import GradeFile, PoolItem, in_own_order
from es_hybrid.query.schema import IndexSchema
from es_hybrid.ui import markup
from es_hybrid.ui.catalogue import Catalogue, fields_of, read_catalogue
from es_hybrid.ui.judging import Judging
from es_hybrid.ui.sheet import Sheet, sheet_fields, sheet_of
from es_hybrid.ui.words import WORDS, Language

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>"
POOL = tuple(
    PoolItem("q1", "trail shoe", product, 77, ("secret-recipe",), f"Shoe {product}", "leather")
    for product in "abc"
)
ANNS = in_own_order(POOL, judge="ann")
CATALOGUE = Catalogue("title", attributes=("brand", "attributes"), texts=("description",))


@pytest.fixture
def judging(tmp_path: Path) -> Judging:
    """Three products to judge, of which the index has none."""
    return Judging(POOL, GradeFile(tmp_path / "grades.csv"), sheet=lambda _: None)


def html(judging: Judging, judge: str = "ann") -> str:
    """Return what a judge sees first."""
    return judging.html(judging.begin(judge), index="products", language=Language.EN)


def test_a_judge_is_told_of_no_rank(judging: Judging) -> None:
    """Neither recipes nor places are on the page, only what a shopper would see."""
    page = html(judging)
    assert "trail shoe" in page
    assert "Shoe a" in page
    assert "leather" in page
    assert "secret" not in page
    assert "77" not in page


def test_a_turn_goes_on_and_back(judging: Judging, tmp_path: Path) -> None:
    """Grade, skip, undo: the file always says what the judge sees."""
    turn = judging.begin(" ann ")
    assert (turn.item, turn.judge) == (ANNS[0], "ann")
    turn = judging.skip(turn)
    turn = judging.grade(turn, 2)
    assert (turn.item, judging.progress()) == (ANNS[2], (1, 3))
    assert judging.begin("ann", turn) is turn
    assert judging.begin("bob", turn).judge == "bob"
    first, second, third = (item.product_id for item in ANNS)
    assert read_judgments(tmp_path / "grades.csv") == {"q1": {second: 2}}
    turn = judging.undo(turn)
    assert (turn.item, judging.progress()) == (ANNS[1], (0, 3))
    turn = judging.undo(turn)
    assert turn.said is not None
    assert turn.said.what == "nothing_to_undo"
    for grade in (3, 1, 0):
        turn = judging.grade(turn, grade)
    assert turn.item is None
    assert judging.grade(turn, 3) == judging.skip(turn) == turn
    assert read_judgments(tmp_path / "grades.csv") == {"q1": {second: 3, third: 1, first: 0}}
    page = judging.html(turn, index="products", language=Language.EN)
    assert f"--qrels {tmp_path / 'grades.csv'}" in page


def test_without_a_name_nothing_is_judged(judging: Judging) -> None:
    """A page that asks who judges shows no product before it knows."""
    assert "Type your name" in html(judging, "")
    assert judging.grade(judging.begin(" "), 3).item is None
    assert judging.progress() == (0, 3)


def test_a_grade_of_somebody_else_stands(judging: Judging, tmp_path: Path) -> None:
    """Who is second is told so and goes on; the first grade is not overwritten."""
    turn = judging.begin("ann")
    assert turn.item is not None
    GradeFile(tmp_path / "grades.csv").save("q1", turn.item.product_id, 3, judge="bob")
    turn = judging.grade(turn, 0)
    assert turn.said is not None
    assert turn.said.what == "meanwhile"
    assert read_judgments(tmp_path / "grades.csv") == {"q1": {ANNS[0].product_id: 3}}


def test_what_is_judged_is_text(tmp_path: Path) -> None:
    """Nothing of a query, a product or a name becomes markup."""
    item = PoolItem(HOSTILE, HOSTILE, HOSTILE, 1, (), HOSTILE, HOSTILE)
    sheet = sheet_of(
        "1", {"title": HOSTILE, "brand": HOSTILE, "attributes": {HOSTILE: HOSTILE}}, CATALOGUE
    )
    for known in (None, sheet):
        judging = Judging([item], GradeFile(tmp_path / "g.csv"), sheet=lambda _, known=known: known)
        page = html(judging, HOSTILE) + markup.guide(HOSTILE, [(HOSTILE, HOSTILE)])
        assert "<script" not in page
        assert "<img src=x" not in page


def test_a_sheet_describes_and_does_not_sell() -> None:
    """Attributes and texts are found by type; codes, stars, sales and copies for search are not."""
    mapping = {
        "properties": {
            "title": {"type": "text"},
            "description": {"type": "text"},
            "attributes": {"type": "flattened"},
            "attributes_text": {"type": "text"},
            "brand": {"type": "keyword"},
            "sku": {"type": "keyword"},
            "sales_30d": {"type": "long"},
            "rating": {"type": "float"},
        }
    }
    found = read_catalogue(
        fields_of(mapping), schema=IndexSchema(), values={}, numbers={"rating": {"count": 0}}
    )
    assert found.attributes == ("brand", "attributes")
    assert found.texts == ("description",)
    assert {"title", "brand", "attributes", "description"} <= set(sheet_fields(found))
    source = {
        "title": "Shoe",
        "brand": ["Aya", "Bo"],
        "attributes": {"colour": "red", "size": ["S", "M"]},
        "description": "Light.",
        "rating": 4.9,
    }
    assert sheet_of("1", source, found) == Sheet(
        sheet_of("1", {"title": "Shoe"}, found).card,
        (("brand", "Aya, Bo"), ("colour", "red"), ("size", "S, M")),
        ("Light.",),
    )


def test_both_languages_judge() -> None:
    """Every grade has a name and a meaning in both, and nothing is left in the other language."""
    english, chinese = WORDS[Language.EN].judging, WORDS[Language.ZH].judging
    assert english.grades.keys() == chinese.grades.keys() == {0, 1, 2, 3}
    assert not any(text.isascii() for pair in chinese.grades.values() for text in pair)
    assert "完全符合" in markup.grading(chinese)
