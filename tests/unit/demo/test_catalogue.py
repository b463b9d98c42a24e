"""The demo catalogue looks like a shop's export and is the same on every run."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from demo.catalogue import LANGUAGES, build_catalogue, ndjson_lines, write_catalogue
from demo.draw import Draw
from demo.product import Product
from demo.shape import load_shapes
from demo.trade import ean_check_digit
from demo.words import load_words

FIELDS = [
    "id",
    "title",
    "description",
    "brand",
    "category_path",
    "sku",
    "ean",
    "shop",
    "variant_group",
    "image_url",
    "price",
    "currency",
    "sales_total",
    "sales_30d",
    "rating",
    "review_count",
    "shop_score",
    "stock",
    "delivery_days",
    "created_at",
    "tags",
    "attributes",
    "language",
]
FILLER = re.compile(r"lorem|ipsum|dolor sit|todo|[{}|]|\bsample\b|示例", re.IGNORECASE)


@pytest.fixture(scope="module")
def products() -> list[Product]:
    """The whole catalogue."""
    return build_catalogue()


@pytest.fixture(scope="module")
def rows(products: list[Product]) -> list[dict[str, Any]]:
    """The catalogue as a reader of the file sees it."""
    return [json.loads(line) for line in ndjson_lines(products)]


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """A run in another process, with another hash seed, writes the same file."""
    here = write_catalogue(tmp_path / "here")
    command = [sys.executable, "-m", "demo.catalogue", "--out", str(tmp_path / "there")]
    root = Path(__file__).parents[3]
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(root)}
    run = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    there = Path(run.stdout.decode().strip())
    assert here.read_bytes() == there.read_bytes()


def test_the_draws_do_not_depend_on_the_python() -> None:
    """A key gives the stream of draws that the committed judgments were made with."""
    draw = Draw("shop/1")
    assert [draw.below(1000) for _ in range(6)] == [812, 254, 722, 147, 937, 750]
    assert Draw("shop/1").shuffled("abcdef") == list("dfacbe")


def test_the_file_is_the_catalogue(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    """The gzipped file holds one JSON object per product and nothing else."""
    lines = gzip.decompress(write_catalogue(tmp_path).read_bytes()).splitlines()
    assert [json.loads(line) for line in lines] == rows


def test_generation_is_quick() -> None:
    """A demo does not make its user wait for the catalogue."""
    start = time.thread_time()  # this thread's own, whatever else the machine does
    build_catalogue()
    assert time.thread_time() - start < 5


def test_size_halves_and_categories(products: list[Product]) -> None:
    """At least 1,200 products, half Chinese and half English, in a dozen categories each."""
    assert len(products) >= 1200
    languages = Counter(product.language for product in products)
    assert languages["zh"] == languages["en"]
    for language in LANGUAGES:
        made = {product.truth.kind for product in products if product.language == language}
        assert made == {kind for shape in load_shapes() for kind in shape.kinds}
    assert len({product.truth.category for product in products}) >= 12


def test_every_row_has_every_field(rows: list[dict[str, Any]]) -> None:
    """The export has one layout, in one order."""
    assert {tuple(row) for row in rows} == {tuple(FIELDS)}
    assert all(row["title"] and row["description"] and row["tags"] for row in rows)
    assert all(len(row["attributes"]) >= 2 for row in rows)


@pytest.mark.parametrize("field", ["id", "sku", "ean", "image_url"])
def test_identities_are_unique(rows: list[dict[str, Any]], field: str) -> None:
    """No two products share an identity."""
    assert len({row[field] for row in rows}) == len(rows)


def test_titles_differ_outside_a_variant_group(rows: list[dict[str, Any]]) -> None:
    """Two products share a title never, and one that differs in digits only as variants."""
    assert len({row["title"] for row in rows}) == len(rows)
    groups = defaultdict(set)
    for row in rows:
        groups[re.sub(r"\d", "", row["title"])].add(row["variant_group"])
    assert [title for title, found in groups.items() if len(found) > 1] == []


def test_variants_are_one_article_in_several_versions(rows: list[dict[str, Any]]) -> None:
    """Variants share brand, shop and text and differ in what their titles name."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["variant_group"]].append(row)
    several = [group for group in groups.values() if len(group) > 1]
    assert len(several) > 100
    for group in several:
        for field in ("brand", "shop", "description", "category_path", "language"):
            assert len({row[field] for row in group}) == 1
        for row in group:
            assert any(row["title"].endswith(str(own)) for own in row["attributes"].values())


def test_descriptions_are_sentences_of_their_own(rows: list[dict[str, Any]]) -> None:
    """Each article has several sentences that no other article has in this combination."""
    assert all(len(re.findall(r"[。.!?]", row["description"])) >= 3 for row in rows)
    groups = defaultdict(set)
    for row in rows:
        groups[row["description"]].add(row["variant_group"])
    assert [text for text, found in groups.items() if len(found) > 1] == []


def test_no_filler_and_no_numbered_copies(rows: list[dict[str, Any]]) -> None:
    """No lorem ipsum, no template residue, no "Dress 17"."""
    for row in rows:
        text = " ".join((row["title"], row["description"], *row["tags"]))
        assert not FILLER.search(text), text
        assert "  " not in text
        assert ", ," not in text
    names = {
        re.escape(name)
        for shape in load_shapes()
        for language in LANGUAGES
        for kind in load_words(language, shape.name).kinds.values()
        for name in kind.names
    }
    numbered = re.compile(rf"(?:{'|'.join(sorted(names))})\s?[#-]?\d+$")
    assert [row["title"] for row in rows if numbered.search(row["title"])] == []


def test_text_is_in_the_products_language(rows: list[dict[str, Any]]) -> None:
    """Chinese products are written in Chinese, English ones without a Chinese character."""
    for row in rows:
        text = row["title"] + row["description"] + row["category_path"] + row["shop"]
        assert bool(re.search(r"[\u4e00-\u9fff]", text)) == (row["language"] == "zh")
        assert row["currency"] == {"zh": "CNY", "en": "USD"}[row["language"]]


def test_eans_are_valid_and_nobodys(rows: list[dict[str, Any]]) -> None:
    """Thirteen digits, a right check digit, in the range for use inside a shop."""
    for row in rows:
        ean = row["ean"]
        assert re.fullmatch(r"2\d{12}", ean)
        assert ean_check_digit(ean[:12]) == int(ean[12])
    assert ean_check_digit("400638133393") == 1


def test_numbers_are_believable(rows: list[dict[str, Any]]) -> None:
    """Sales, ratings, stock and dates fit each other."""
    assert 0 < sum(row["stock"] == 0 for row in rows) < len(rows) / 8
    for row in rows:
        assert row["price"] > 0
        assert 0 <= row["sales_30d"] <= row["sales_total"]
        assert row["review_count"] <= row["sales_total"]
        assert row["rating"] == 0 if not row["review_count"] else 3.5 <= row["rating"] <= 5
        assert 4 <= row["shop_score"] <= 5
        assert 1 <= row["delivery_days"] <= 7
        created = datetime.fromisoformat(row["created_at"])
        assert datetime.fromisoformat("2023-01-01T00:00:00Z") < created
        assert created < datetime.fromisoformat("2025-11-01T00:00:00Z")


def test_a_shop_has_one_score(rows: list[dict[str, Any]]) -> None:
    """All products of a shop carry the shop's score."""
    scores = defaultdict(set)
    for row in rows:
        scores[row["shop"]].add(row["shop_score"])
    assert all(len(found) == 1 for found in scores.values())


def test_words_cover_the_shapes() -> None:
    """Both languages have words for every kind and every option, and for nothing else."""
    for shape in load_shapes():
        for language in LANGUAGES:
            words = load_words(language, shape.name)
            assert set(words.kinds) == set(shape.kinds)
            assert {name: set(axis.options) for name, axis in words.axes.items()} == {
                name: set(axis.options) for name, axis in shape.axes.items()
            }
