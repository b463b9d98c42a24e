"""Bad input is named by its line, costs nothing but itself, and is kept for mending."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, read_ndjson
from es_hybrid.cli.app import main
from es_hybrid.settings import IngestSettings

pytestmark = pytest.mark.es

DATES = ("2026-11-14", "2026/11/14", "2026年11月14日", "14.11.2026", "20261114", "1794614400")
MIDNIGHT = "2026-11-14T00:00:00Z"

LINES: dict[int, bytes] = {
    1: b'{"id": "a", "title": "tent", "price": "\xc2\xa51,299.00"}',
    2: b'{"id": "b", "title": "\xff\xfe"}',
    3: b'{"id": "c", "title": "' + b"x" * 50_000_000 + b'"}',
    4: b'{"id": "d", "title": "first"}',
    5: b'{"title": "no id"}',
    6: b'{"id": "e", "title": {"an": "object"}}',
    7: b'{"id": "f", "price": [1, 2]}',
    8: b'{"id": "g", "stock": "many"}',
    9: b'{"id": "h", "created_at": "03/04/2026"}',
    10: b'{"id": "d", "title": "second"}',
    11: b'{"id": "", "title": "empty id"}',
    12: b"[1, 2]",
    13: b'"text"',
    14: b"{",
    **{
        20 + n: json.dumps({"id": f"t{n}", "created_at": date}).encode()
        for n, date in enumerate(DATES)
    },
    30: b'{"id": "z", "title": "cut in the mid',
}
REASONS = {
    2: "is not UTF-8: bad byte at column 23",
    3: "line is longer than 50 MB",
    5: "no id: field 'id' is missing or empty",
    6: "field 'title' is an object, text is wanted",
    7: "field 'price' is not a number",
    8: "field 'stock' is not a number",
    9: "field 'created_at' may be day/month or month/day",
    11: "no id: field 'id' is missing or empty",
    12: "is JSON but not an object",
    13: "is JSON but not an object",
    14: "is not JSON",
    30: "so the file is cut or still being written",
}


@pytest.fixture
def run(
    es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, dict[str, Any], str]]:
    """Run a command against the cluster; returns exit code, the JSON document and stderr."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)

    def call(*argv: object) -> tuple[int, dict[str, Any], str]:
        capsys.readouterr()
        code = main([*map(str, argv), "--json"])
        captured = capsys.readouterr()
        return code, json.loads(captured.out), captured.err

    return call


def test_each_bad_line_is_named_and_the_rest_is_stored(
    run: Callable[..., Any], es: Elasticsearch, index_name: str, tmp_path: Path
) -> None:
    """Broken encoding, 50 MB in a line, wrong types, missing ids, a cut end: twelve letters."""
    feed, dead = tmp_path / "feed.ndjson", tmp_path / "dead.ndjson"
    with feed.open("wb") as file:
        last = max(LINES)
        for number in range(1, last + 1):
            file.write(LINES.get(number, b"") + (b"\n" if number < last else b""))
    run("create-index", index_name)
    code, report, _ = run("ingest", index_name, feed, "--dead-letter", dead)
    assert (code, report["failed"], report["duplicates"]) == (3, len(REASONS), 1)
    assert report["read"] == report["indexed"] + report["unchanged"] + report["failed"]
    found = {failure["line"]: failure["reason"] for failure in report["failures"]}
    assert found.keys() == REASONS.keys()
    for line, reason in REASONS.items():
        assert reason in found[line]
    assert "d (lines 4 and 10)" in report["warnings"][1]
    letters = [json.loads(line) for line in dead.read_text().splitlines()]
    assert {letter["dead_letter"]["line"] for letter in letters} == REASONS.keys()
    assert dead.stat().st_size < 10_000

    stored = {hit["_id"]: hit["_source"] for hit in _all(es, index_name)}
    assert stored.keys() == {"a", "d", *(f"t{n}" for n in range(len(DATES)))}
    assert (stored["a"]["price"], stored["a"]["currency"]) == (1299.0, "¥")
    assert stored["d"]["title"] == "second"
    assert {stored[f"t{n}"]["created_at"] for n in range(len(DATES))} == {MIDNIGHT}


def _all(es: Elasticsearch, index: str) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = es.search(index=index, size=100)["hits"]["hits"]
    return hits


def test_dead_letters_are_mended_and_fed_back(
    run: Callable[..., Any], es: Elasticsearch, index_name: str, tmp_path: Path
) -> None:
    """`--retry` stores what was mended, keeps what fails again, and removes an empty file."""
    feed, dead = tmp_path / "feed.csv", tmp_path / "dead.ndjson"
    feed.write_text("nr,name,cost\n1,tent,free\n2,stove,9\n3,bag\n4,lamp,cheap\n")
    options = ["--map", "title=name,price=cost", "--id-field", "nr"]
    run("create-index", index_name)
    code, report, _ = run("ingest", index_name, feed, *options, "--dead-letter", dead)
    assert (code, report["indexed"], report["failed"]) == (3, 1, 3)

    mended = dead.read_text().replace('"free"', '"€ 5,00"')
    dead.write_text(mended.replace('"3,bag"', json.dumps('{"nr": "3", "name": "bag"}')))
    code, report, _ = run("ingest", index_name, "--retry", dead, *options)
    assert (code, report["read"], report["indexed"], report["failed"]) == (3, 3, 2, 1)
    assert report["failures"][0]["reason"] == "field 'price' is not a number"
    assert len(dead.read_text().splitlines()) == 1

    dead.write_text(dead.read_text().replace('"cheap"', "7"))
    code, report, _ = run("ingest", index_name, "--retry", dead, *options)
    assert (code, report["indexed"]) == (0, 1)
    assert not dead.exists()
    assert es.count(index=index_name)["count"] == 4


def test_a_feed_that_cannot_be_read_twice_has_no_checkpoint(
    run: Callable[..., Any], index_name: str, tmp_path: Path
) -> None:
    """Standard input and a file that is not there are named before anything is written."""
    for feed, reason in [
        ("-", "standard input cannot be read again"),
        (tmp_path / "none.ndjson", "cannot be read: No such file"),
    ]:
        code, document, _ = run("ingest", index_name, feed, "--resume", tmp_path / "place")
        assert code == 1
        assert reason in document["error"]["message"]


def test_a_price_file_updates_products(
    run: Callable[..., Any], es: Elasticsearch, index_name: str, tmp_path: Path
) -> None:
    """`update` changes what the file names, and reports what it cannot with line and reason."""
    feed, prices = tmp_path / "feed.ndjson", tmp_path / "prices.csv"
    feed.write_text('{"id": "a", "title": "tent", "price": 1, "stock": 4}\n')
    prices.write_text('sku,cost,stock\na,"¥1,299.00",\nb,5,5\n')
    run("create-index", index_name)
    run("ingest", index_name, feed)
    options = ["--map", "price=cost", "--id-field", "sku", "--dead-letter", tmp_path / "dead"]
    code, report, _ = run("update", index_name, prices, *options)
    assert (code, report["indexed"], report["failed"]) == (3, 1, 1)
    assert report["failures"] == [{"id": "b", "line": 3, "reason": "404 there is no such product"}]
    (hit,) = _all(es, index_name)
    assert (hit["_source"]["price"], hit["_source"]["stock"]) == (1299.0, 4)
    code, report, _ = run("update", index_name, prices, *options)
    assert (code, report["unchanged"]) == (3, 1)


def test_a_feed_that_lacks_products_deletes_them_within_its_limit(
    run: Callable[..., Any], es: Elasticsearch, index_name: str, tmp_path: Path
) -> None:
    """`--delete-missing` refuses with the numbers, and `--max-delete` allows it."""
    feed = tmp_path / "feed.ndjson"
    lines = [f'{{"id": "p{n}", "title": "tent {n}"}}\n' for n in range(10)]
    feed.write_text("".join(lines))
    run("create-index", index_name)
    run("ingest", index_name, feed)
    feed.write_text("".join(lines[:8]))
    code, document, err = run("ingest", index_name, feed, "--delete-missing")
    assert (code, document["error"]["type"]) == (1, "DeletesRefused")
    assert "2 of 10 products (20.0 %) are not in the feed, 10.0 % may be" in err
    assert "8 read, 0 indexed, 8 unchanged" in err
    code, report, _ = run("ingest", index_name, feed, "--delete-missing", "--max-delete", "20%")
    assert (code, report["deleted"], es.count(index=index_name)["count"]) == (0, 2, 8)


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(
    es: Elasticsearch, index_name: str, tmp_path: Path
) -> None:
    """Lines that come while the run goes on are stored with it; the line in the making is named."""
    feed = tmp_path / "feed.ndjson"
    feed.write_text("".join(f'{{"id": "p{n}"}}\n' for n in range(30)))

    def growing() -> Iterator[Any]:
        for item in read_ndjson(feed):
            if item.line == 30:  # type: ignore[union-attr]
                with feed.open("a") as file:
                    file.write('{"id": "late"}\n{"id": "half')
            yield item

    with HybridClient(es, settings=Settings(ingest=IngestSettings(batch=5))) as shop:
        shop.create_index(index_name)
        report = shop.ingest(index_name, growing())
        assert (report.read, report.indexed, report.failed) == (32, 31, 1)
        assert report.failures[0].line == 32
        assert "still being written" in report.failures[0].reason
        with feed.open("a") as file:
            file.write('"}\n')
        report = shop.ingest(index_name, read_ndjson(feed))
        assert (report.indexed, report.unchanged, report.failed) == (1, 31, 0)


def test_a_vector_file_is_checked_before_and_product_by_product(
    run: Callable[..., Any], index_name: str, tmp_path: Path
) -> None:
    """Other dims are refused before anything is written; products without a row are counted."""
    feed, vectors = tmp_path / "feed.ndjson", tmp_path / "v.npz"
    feed.write_text('{"id": "a", "title": "tent"}\n{"id": "b", "title": "stove"}\n')
    run("create-index", index_name, "--dims", "4", "--model", "m")
    np.savez(vectors, product_ids=np.array(["a"]), product_vectors=np.ones((1, 3), dtype="f4"))
    code, document, _ = run("ingest", index_name, feed, "--vectors", vectors)
    assert code == 1
    assert "the vector file gives vectors of 3 dims" in document["error"]["message"]
    np.savez(vectors, product_ids=np.array(["a"]), product_vectors=np.ones((1, 4), dtype="f4"))
    code, report, _ = run("ingest", index_name, feed, "--vectors", vectors)
    assert (code, report["indexed"], report["without_vector"]) == (0, 2, 1)
    assert report["warnings"] == ["1 product: no vector among those brought along (first: b)"]
