"""A Parquet file is read row group by row group, and a broken one costs only itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from es_hybrid import ConfigurationError, read_parquet, read_products
from es_hybrid.indexing.sources import BadRecord, Record


def write(path: Path, columns: dict[str, pa.Array], **options: object) -> Path:
    parquet.write_table(pa.table(columns), path, **options)
    return path


def test_rows_of_all_types_are_products(tmp_path: Path) -> None:
    """Nested values, maps, decimals, times and bytes arrive as JSON can hold them."""
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    path = write(
        tmp_path / "p.parquet",
        {
            "id": pa.array([1, 2]),
            "price": pa.array([Decimal("9.90"), None], pa.decimal128(10, 2)),
            "weight": pa.array([9.9, float("nan")], pa.float32()),
            "at": pa.array([moment, None], pa.timestamp("ns", "UTC")),
            "raw": pa.array([b"\xff", b"abc"]),
            "nested": pa.array([{"a": [{"b": Decimal(3)}]}, None]),
            "map": pa.array([[("colour", "red")], None], pa.map_(pa.string(), pa.string())),
            "wait": pa.array([timedelta(minutes=1), None]),
        },
        row_group_size=1,
    )
    first, second = read_products(path)
    assert first == Record(
        1,
        {
            "id": 1,
            "price": 9.9,
            "weight": 9.9,
            "at": "2026-01-02T03:04:05+00:00",
            "raw": "/w==",
            "nested": {"a": [{"b": 3}]},
            "map": {"colour": "red"},
            "wait": 60.0,
        },
    )
    empty = dict.fromkeys(("price", "weight", "at", "nested", "map", "wait"))
    assert second == Record(2, {"id": 2, "raw": "abc", **empty})


def test_vectors_come_as_rows_of_an_array(tmp_path: Path) -> None:
    """A column `embedding` of a fixed length is not taken apart into Python numbers."""
    rows = np.arange(6, dtype=np.float32)
    column = pa.FixedSizeListArray.from_arrays(pa.array(rows), 3)
    path = write(tmp_path / "p.parquet", {"id": pa.array([1, 2]), "embedding": column})
    found = [item.product["embedding"] for item in read_parquet(path)]
    assert np.array_equal(found, rows.reshape(2, 3))


def test_a_broken_row_group_costs_only_its_rows(tmp_path: Path) -> None:
    """Damaged bytes in the middle are reported with their rows; the groups around are read."""
    ids = pa.array([f"{n:06d}" for n in range(30)])
    path = write(
        tmp_path / "p.parquet", {"id": ids}, row_group_size=10, compression="zstd",
        write_page_checksum=True, use_dictionary=False,
    )  # fmt: skip
    place = parquet.ParquetFile(path).metadata.row_group(1).column(0)
    content = bytearray(path.read_bytes())
    start = place.data_page_offset
    for at in range(start, start + place.total_compressed_size):
        content[at] ^= 0x5A
    path.write_bytes(content)
    found = list(read_parquet(path))
    bad = [item for item in found if isinstance(item, BadRecord)]
    assert [item.line for item in bad] == [11]
    assert bad[0].reason.startswith("rows 11 to 20 cannot be read: ")
    lines = [item.line for item in found if isinstance(item, Record)]
    assert lines == [*range(1, 11), *range(21, 31)]


def test_a_broken_value_costs_only_its_row(tmp_path: Path) -> None:
    """Text that is not UTF-8 is one bad record between good ones."""
    good = pa.array([b"a", b"\xff", b"c"], pa.binary())
    broken = pa.Array.from_buffers(pa.string(), 3, good.buffers())
    path = write(tmp_path / "p.parquet", {"id": pa.array([1, 2, 3]), "title": broken})
    first, second, third = read_parquet(path)
    assert (first.product["title"], third.product["title"]) == ("a", "c")
    assert second == BadRecord(2, "holds a value that cannot be read: UnicodeDecodeError")


def test_only_some_columns_are_read(tmp_path: Path) -> None:
    """`columns` leaves the others in the file; one that is not there is refused at once."""
    path = write(tmp_path / "p.parquet", {"id": pa.array([1]), "big": pa.array(["x"])})
    assert list(read_parquet(path, columns=["id"])) == [Record(1, {"id": 1})]
    with pytest.raises(ConfigurationError, match="no column price; there are id, big"):
        read_parquet(path, columns=["price"])


def test_an_empty_file_is_reported(tmp_path: Path) -> None:
    """A feed that holds nothing at all is a mistake worth a line."""
    path = write(tmp_path / "p.parquet", {"id": pa.array([], pa.string())})
    assert list(read_products(path)) == [BadRecord(1, "the file is empty")]


@pytest.mark.parametrize(
    ("content", "reason"), [(None, "cannot be read: No such file"), (b"{}", "are not Parquet")]
)
def test_what_cannot_be_opened_is_explained_at_once(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    """A wrong path or a file of another kind fails before the first record."""
    path = tmp_path / "p.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=reason):
        read_products(path)
