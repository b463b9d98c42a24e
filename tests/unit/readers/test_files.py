"""Files are read to their end whatever is in them, and each bad part says its line."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.dead_letter import DeadLetterFile
from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.report import Failure
from es_hybrid.indexing.sources import BadRecord, Record, Rejected
from es_hybrid.readers import lines, read_ndjson, read_products


def write(path: Path, content: bytes, *, zipped: bool = False) -> Path:
    path.write_bytes(gzip.compress(content) if zipped else content)
    return path


def products(path: Path, **options: Any) -> list[tuple[int, Any]]:
    return [
        (item.line, item.product if isinstance(item, Record) else item.reason)
        for item in read_products(path, **options)
        if isinstance(item, (Record, BadRecord))
    ]


@pytest.mark.parametrize("zipped", [False, True])
def test_ndjson_is_read_line_by_line(tmp_path: Path, zipped: bool) -> None:
    """Blank lines and a byte order mark are no products; lines keep their numbers."""
    content = b'\xef\xbb\xbf{"id": 1}\n\n{"id": 2}\r\n{"id": 3}'
    path = write(tmp_path / "p.ndjson.gz", content, zipped=zipped)
    assert products(path) == [(1, {"id": 1}), (3, {"id": 2}), (4, {"id": 3})]


def test_a_broken_line_does_not_stop_the_rest(tmp_path: Path) -> None:
    """Broken JSON, broken UTF-8 and a bare value are reported where they stand."""
    content = b'{"id": 1}\n{"id": \n{"t": "\xff"}\n[1]\n{"id": 5}\n'
    found = products(write(tmp_path / "p.jsonl", content))
    assert [line for line, _ in found] == [1, 2, 3, 4, 5]
    assert found[0][1] == {"id": 1}
    assert "is not JSON" in found[1][1]
    assert "is not UTF-8: bad byte at column 8" in found[2][1]
    assert "is JSON but not an object" in found[3][1]
    assert found[4][1] == {"id": 5}


def test_an_over_long_line_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line over the limit is reported without being held in memory; the next one is read."""
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 2_000_000)
    content = b'{"id": 1}\n{"x": "' + b"y" * 5_000_000 + b'"}\n{"id": 3}\n'
    found = products(write(tmp_path / "p.ndjson", content))
    assert found == [(1, {"id": 1}), (2, "line is longer than 2 MB"), (3, {"id": 3})]


@pytest.mark.parametrize("name", ["p.ndjson", "p.csv"])
def test_an_empty_file_is_reported(tmp_path: Path, name: str) -> None:
    """A feed that holds nothing at all is a mistake worth a line."""
    assert products(write(tmp_path / name, b"")) == [(1, "the file is empty")]


def test_a_cut_archive_is_reported_after_what_it_holds(tmp_path: Path) -> None:
    """What can be unpacked is read; then the break is reported."""
    lines = b"".join(orjson.dumps({"id": i, "x": str(i) * 50}) + b"\n" for i in range(5000))
    path = write(tmp_path / "p.ndjson.gz", gzip.compress(lines)[:-2000])
    found = products(path)
    assert len(found) > 100
    assert "archive is broken" in found[-1][1]


def test_csv_rows_are_products(tmp_path: Path) -> None:
    """Quoted values may hold commas and line breaks; a line number is where the row begins."""
    content = 'id,title\r\n1,"a, b"\r\n2,"two\nlines"\r\n3,轻薄\r\n'.encode()
    assert products(write(tmp_path / "p.csv.gz", content, zipped=True)) == [
        (2, {"id": "1", "title": "a, b"}),
        (3, {"id": "2", "title": "two\nlines"}),
        (5, {"id": "3", "title": "轻薄"}),
    ]


def test_csv_columns_are_checked_row_by_row(tmp_path: Path) -> None:
    """A row with another number of columns is reported, the rows around it are read."""
    content = b"id,title\n1,a\n2\n3,c,d\n\n4,e\n5,\xff\n6,f\n"
    assert products(write(tmp_path / "p.csv", content)) == [
        (2, {"id": "1", "title": "a"}),
        (3, "has 1 columns, the header has 2"),
        (4, "has 3 columns, the header has 2"),
        (6, {"id": "4", "title": "e"}),
        (7, "is not UTF-8: bad byte at column 3"),
        (8, {"id": "6", "title": "f"}),
    ]


def test_a_stray_quote_does_not_swallow_the_rows_after_it(tmp_path: Path) -> None:
    """An unclosed quote costs its own line only."""
    content = b'id,title\n1,a\n2,"b\n3,c\n4,d\n'
    found = products(write(tmp_path / "p.csv", content))
    assert [line for line, product in found if isinstance(product, dict)] == [2, 4, 5]
    assert [line for line, reason in found if isinstance(reason, str)] == [3]


def test_columns_without_or_with_the_same_name_are_kept(tmp_path: Path) -> None:
    """A header that names a column twice loses neither."""
    assert products(write(tmp_path / "p.csv", b"id,a,a,\n1,2,3,4\n")) == [
        (2, {"id": "1", "a": "2", "a_2": "3", "column_4": "4"})
    ]


def test_tabs_and_an_explicit_format(tmp_path: Path) -> None:
    """The format comes from the name, or is said."""
    assert products(write(tmp_path / "p.tsv", b"id\tt\n1\ta\n")) == [(2, {"id": "1", "t": "a"})]
    assert products(write(tmp_path / "p.txt", b"id\n1\n"), format="csv") == [(2, {"id": "1"})]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads what is piped in, zipped or not, and leaves it open."""
    raw = io.BufferedReader(io.BytesIO(gzip.compress(b'{"id": 1}\n')))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    assert list(read_products("-")) == [Record(1, {"id": 1})]
    assert not raw.closed


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("missing.csv", {}, "cannot be read: No such file"),
        ("p.xlsx", {}, "does not say what the file is"),
        ("p.csv", {"format": "xml"}, "format 'xml' is not known"),
    ],
)
def test_what_cannot_be_opened_is_explained_at_once(
    tmp_path: Path, name: str, options: dict[str, Any], reason: str
) -> None:
    """A wrong path fails before the first record, not in the middle of a run."""
    with pytest.raises(ConfigurationError, match=reason):
        read_products(tmp_path / name, **options)


def test_any_iterable_passes_through() -> None:
    """Products that are there already need no file."""
    assert list(read_products([{"id": 1}])) == [{"id": 1}]


@given(content=st.binary(max_size=400))
def test_any_bytes_are_read_to_the_end(content: bytes, tmp_path_factory: Any) -> None:
    """No content, of either format, raises."""
    folder = tmp_path_factory.mktemp("any")
    for name in ("p.ndjson", "p.csv"):
        for item in read_products(write(folder / name, content)):
            assert isinstance(item, (Record, BadRecord))


def test_dead_letters_are_products_again(tmp_path: Path) -> None:
    """What was rejected can be fed back as it is, onto the same path, and keeps its content."""
    path = tmp_path / "dead.ndjson"
    with DeadLetterFile(path) as letters:
        letters.write(Rejected(Failure("a", 3, "400 no"), {"id": "a", "n": 2**70, "t": "轻"}))
        letters.write(Rejected(Failure(None, 4, "is not JSON"), raw="{"))
        assert not path.exists()
    first, second = read_ndjson(path)
    assert first == Record(1, {"id": "a", "n": pytest.approx(2**70), "t": "轻"})
    assert isinstance(second, BadRecord)
    assert second.raw == "{"
    with DeadLetterFile(path) as letters:
        for item in read_ndjson(path):
            assert isinstance(item, (Record, BadRecord))
            letters.write(Rejected(Failure(None, item.line, "again"), raw="x"))
    assert len(list(read_ndjson(path))) == 2


def test_no_dead_letter_file_without_failures(tmp_path: Path) -> None:
    """A run without failures leaves no file behind."""
    with DeadLetterFile(tmp_path / "dead.ndjson"):
        pass
    with DeadLetterFile(None) as letters:
        letters.write(Rejected(Failure(None, 1, "x")))
    assert list(tmp_path.iterdir()) == []
