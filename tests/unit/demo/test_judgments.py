"""The demo's queries and judgments fit the catalogue and each other."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import pytest

from demo import judgments
from demo.catalogue import build_catalogue
from demo.judgments import QRELS, RULES, Query, read_queries
from demo.product import Product

TYPES = {"head", "attribute", "natural", "brand", "code", "gift", "budget", "cross"}
ASKED_FOR = (
    "轻薄透气夏季连衣裙",
    "适合上班族的低调通勤包",
    "我想买一款续航时间长、音质好的真无线降噪耳机，预算500元左右",
    "适合学生党的平价智能手机",
    "送妈妈的母亲节礼物推荐",
)

Grades = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def products() -> dict[str, Product]:
    """The catalogue by id."""
    return {product.id: product for product in build_catalogue()}


@pytest.fixture(scope="module")
def grades() -> Grades:
    """The committed grades by query and product."""
    found: Grades = defaultdict(dict)
    with QRELS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert row["product_id"] not in found[row["query_id"]]
            found[row["query_id"]][row["product_id"]] = int(row["grade"])
    return found


def queries() -> list[Query]:
    """The queries, for parametrizing."""
    return read_queries()


def test_the_committed_judgments_are_fresh() -> None:
    """The rules give exactly the committed file."""
    assert judgments.main(["--check"]) == 0


def test_a_stale_file_is_reported(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One changed grade makes the check fail and name the command that mends it."""
    stale = tmp_path_factory.mktemp("qrels") / "qrels.csv"
    stale.write_text(QRELS.read_text(encoding="utf-8").replace(",3\n", ",2\n", 1), "utf-8")
    monkeypatch.setattr(judgments, "QRELS", stale)
    assert judgments.main(["--check"]) == 1
    assert "python -m demo.judgments" in capsys.readouterr().err
    assert judgments.main([]) == 0
    assert stale.read_bytes() == QRELS.read_bytes()


def test_the_set_of_queries() -> None:
    """At least 48 queries, about half in each language, of every type, the given ones verbatim."""
    found = queries()
    assert len({query.id for query in found}) == len({query.text for query in found}) == len(found)
    own = Counter(query.language for query in found if query.type != "cross")
    assert min(own.values()) >= 24
    assert {query.type for query in found} == TYPES
    assert sum(query.type == "cross" for query in found) >= 6
    assert set(ASKED_FOR) <= {query.text for query in found}


def test_every_query_has_one_rule() -> None:
    """Rules and queries match; codes name their product themselves."""
    assert set(RULES) == {query.id for query in queries() if query.type != "code"}


def test_judged_products_exist_in_the_judged_language(
    products: dict[str, Product], grades: Grades
) -> None:
    """Every judged id is a product in the language that the query is judged on."""
    assert set(grades) == {query.id for query in queries()}
    for query in queries():
        found = {products[product_id].language for product_id in grades[query.id]}
        assert found == {query.judged_language}


@pytest.mark.parametrize("query", queries(), ids=lambda query: query.id)
def test_grades_tell_products_apart(query: Query, grades: Grades) -> None:
    """A query has a few good products, and many of its pool that are not."""
    found = Counter(grades[query.id].values())
    assert set(found) <= {0, 1, 2, 3}
    assert found[0] > 0
    if query.type == "code":
        assert found[3] == 1
        assert found[2] == 0
        return
    assert found[3] >= 1
    assert 3 <= found[2] + found[3] <= 40


def test_budgets_are_kept(products: dict[str, Product], grades: Grades) -> None:
    """No product dearer than a stated limit has the best grade."""
    limits = {"zh22": 300, "zh27": 1000, "en02": 50, "en12": 150}
    for query_id, limit in limits.items():
        best = [product for product, grade in grades[query_id].items() if grade == 3]
        assert max(products[product].price for product in best) <= limit


def test_a_code_finds_its_product(products: dict[str, Product], grades: Grades) -> None:
    """The product of grade 3 carries the code that was asked for."""
    for query in queries():
        if query.type == "code":
            best = next(product for product, grade in grades[query.id].items() if grade == 3)
            assert query.text in (products[best].fields["sku"], products[best].fields["ean"])


def test_an_unknown_code_is_refused(products: dict[str, Product]) -> None:
    """A code that no product has is an error that names the query."""
    query = Query("zh99", "2000000000000", "zh", "code")
    with pytest.raises(ValueError, match="zh99"):
        list(judgments.judge(query, list(products.values())))


def test_rules_never_see_the_text(products: dict[str, Product]) -> None:
    """Blanking title, description, tags and attributes changes no grade."""
    hidden = ("title", "description", "tags", "attributes", "category_path")
    blank = [
        Product({**product.fields, **dict.fromkeys(hidden, "")}, product.truth)
        for product in products.values()
    ]
    assert judgments.qrels_text(blank) == QRELS.read_text(encoding="utf-8")
