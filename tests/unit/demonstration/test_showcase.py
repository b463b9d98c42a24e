"""What is shown, and in which language's products a query is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from es_hybrid import ConfigurationError, FieldMap
from es_hybrid.evaluate import Answer, JudgedQuery, Run
from scripts.demonstration.figures import figure_rows
from scripts.demonstration.index import fingerprint
from scripts.demonstration.showcase import Showcase, demo_showcase
from scripts.demonstration.survey import survey

VERBATIM = {
    "轻薄透气夏季连衣裙",
    "适合上班族的低调通勤包",
    "我想买一款续航时间长、音质好的真无线降噪耳机，预算500元左右",
    "适合学生党的平价智能手机",
    "送妈妈的母亲节礼物推荐",
}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Showcase:
    return demo_showcase(tmp_path_factory.mktemp("demo"), alias="a")


def test_a_dozen_queries_are_shown_half_of_them_chinese(demo: Showcase) -> None:
    """Among them a code, a budget, a gift, a brand, and five sentences as shoppers type them."""
    shown = demo.shown_queries()
    assert len(shown) == 12
    assert [query.labels["language"] for query in shown].count("zh") == 6
    assert {"code", "budget", "gift", "brand"} <= {query.labels["type"] for query in shown}
    assert {query.text for query in shown} >= VERBATIM


def test_queries_are_asked_of_the_language_they_were_judged_on(demo: Showcase) -> None:
    """Those across languages are asked of the other language's products, all others of their own."""
    for query in demo.queries:
        own = query.labels["language"]
        wanted = {"zh": "en", "en": "zh"}[own] if query.labels["type"] == "cross" else own
        assert demo.filter_of(query) == {"term": {"language": wanted}}


def test_groups_keep_languages_apart(demo: Showcase) -> None:
    """Chinese, English and across languages are three groups."""
    groups = {demo.group_of(query) for query in demo.queries}
    assert groups == {"Chinese", "English", "across languages"}


def test_a_shops_queries_are_asked_of_all_its_products() -> None:
    """Only the demo's own judgments ask for a filter; the language is told by the script."""
    shop = Showcase("a", Path("p.csv"))
    query = JudgedQuery("q", "iPhone 手机壳", {"type": "cross"})
    assert shop.filter_of(query) is None
    assert shop.group_of(query) == "Chinese"


def runs() -> list[Run]:
    return [
        Run(name, (Answer("q1", ranking, 4.0, {"retrieve": 2.0, "rerank": 1.0}),))
        for name, ranking in (("lexical", ("b", "a")), ("hybrid", ("a", "b")))
    ]


def test_figures_name_quality_and_the_median_of_each_stage() -> None:
    """A row a recipe; a stage that never ran has no number."""
    shop = Showcase(
        "a", Path("p"), queries=(JudgedQuery("q1", "shoe"),), judgments={"q1": {"a": 3}}
    )
    assert figure_rows(runs(), shop) == [
        ["English, 1", "lexical", "0.631", "-", "2.0", "1.0", "-", "4.0"],
        ["", "hybrid", "1.000", "-", "2.0", "1.0", "-", "4.0"],
    ]


def test_without_judgments_there_is_no_quality() -> None:
    """A figure that nobody judged is not made up."""
    shop = Showcase("a", Path("p"), queries=(JudgedQuery("q1", "shoe"),))
    assert figure_rows(runs(), shop)[0] == ["English, 1", "lexical", "-", "2.0", "1.0", "-", "4.0"]


def test_fingerprint_follows_content_and_what_shapes_the_index(tmp_path: Path) -> None:
    """Another map or another product is another index; another file name is not."""
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text("id\n1\n")
    two.write_text("id\n1\n")
    assert fingerprint(one, {"fields": ""}) == fingerprint(two, {"fields": ""})
    assert fingerprint(one, {"fields": ""}) != fingerprint(one, {"fields": "title=name"})
    two.write_text("id\n2\n")
    assert fingerprint(one, {}) != fingerprint(two, {})


def look(path: Path, spec: str, *, id_field: str = "id") -> int:
    fields = FieldMap.parse(spec, id_field=id_field)
    return survey(path, fields, done=lambda count: None).records


def test_survey_counts_broken_lines_too(tmp_path: Path) -> None:
    """The progress bar reaches its end when every line is dealt with."""
    file = tmp_path / "p.ndjson"
    file.write_text('{"id": 1, "title": "a"}\n{broken\n{"id": 2, "title": "b"}\n')
    assert look(file, "") == 3


@pytest.mark.parametrize(
    ("spec", "id_field", "says"),
    [
        ("title=name,brand=makr", "sku", "brand=makr, but no product of"),
        ("title=name", "id", "--id-field"),
        ("brand=maker", "sku", "no product of"),
    ],
)
def test_a_map_that_fits_no_product_is_refused(
    tmp_path: Path, spec: str, id_field: str, says: str
) -> None:
    """The message names what is wrong and the fields that there are; nothing is indexed."""
    file = tmp_path / "p.csv"
    file.write_text("sku,name,maker\n1,shoe,Norvik\n")
    with pytest.raises(ConfigurationError) as refused:
        look(file, spec, id_field=id_field)
    assert says in str(refused.value)
    assert "sku, name, maker" in str(refused.value)
