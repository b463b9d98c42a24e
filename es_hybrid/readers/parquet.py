"""Products of Parquet files; pyarrow comes with the extra `parquet`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from es_hybrid.errors import ConfigurationError, missing_extra
from es_hybrid.indexing.sources import BadRecord, FeedItem, Record
from es_hybrid.readers.lines import require_file
from es_hybrid.readers.values import plain

__all__ = ["arrow_items", "read_parquet"]

_BATCH = 1000
_VECTOR = "embedding"


def read_parquet(
    path: str | os.PathLike[str], *, columns: Sequence[str] | None = None
) -> Iterator[FeedItem]:
    """Yield the rows of a Parquet file as products; a row's line is its number, from 1.

    One row group is in memory at a time, decoded 1,000 rows at once. A row group that cannot be
    read is one `BadRecord` that names its rows, and the next group is read. Nested columns are
    objects and lists, maps are objects; for the other types see `es_hybrid.readers.values.plain`.

    Args:
        path: The file.
        columns: Those to read; all unless given.

    Raises:
        ConfigurationError: pyarrow is not installed, or the file cannot be opened as Parquet, or
            has no such column.

    Example:
        report = shop.ingest("products", read_parquet("products.parquet"))
    """
    name = os.fspath(path)
    parquet = _package()
    require_file(name)
    import pyarrow as pa  # noqa: PLC0415 - an extra

    try:
        file = parquet.ParquetFile(name)
    except (pa.ArrowException, OSError) as error:
        raise ConfigurationError(f"products {name} are not Parquet: {_first_line(error)}") from None
    missing = sorted(set(columns or ()) - set(file.schema_arrow.names))
    if missing:
        raise ConfigurationError(
            f"products {name} have no column {missing[0]}",
            hint=f"there are {', '.join(file.schema_arrow.names)}",
        )
    return _rows(file, list(columns) if columns is not None else None)


def _package() -> ModuleType:
    try:
        from pyarrow import parquet  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra(error, user="a Parquet file", extra="parquet") from None
    found: ModuleType = parquet
    return found


def _rows(file: Any, columns: list[str] | None) -> Iterator[FeedItem]:
    import pyarrow as pa  # noqa: PLC0415 - an extra

    line = 1
    with file:
        if not file.metadata.num_rows:
            yield BadRecord(1, "the file is empty")
        for group in range(file.num_row_groups):
            end = line + file.metadata.row_group(group).num_rows
            try:
                for batch in file.iter_batches(_BATCH, row_groups=[group], columns=columns):
                    yield from arrow_items(batch, line)
                    line += batch.num_rows
            except (pa.ArrowException, OSError) as error:
                reason = f"rows {line} to {end - 1} cannot be read: {_first_line(error)}"
                yield BadRecord(line, reason)
            line = end


def arrow_items(batch: Any, first_line: int) -> Iterator[FeedItem]:
    """Yield the rows of a `pyarrow.RecordBatch` as products.

    Args:
        batch: The rows.
        first_line: Line of the first one.
    """
    try:
        columns = [_values(batch.column(name), name) for name in batch.schema.names]
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        if batch.num_rows == 1:
            yield BadRecord(
                first_line, f"holds a value that cannot be read: {type(error).__name__}"
            )
            return
        for place in range(batch.num_rows):  # one bad value must not cost the rows around it
            yield from arrow_items(batch.slice(place, 1), first_line + place)
        return
    names = batch.schema.names
    for line, row in enumerate(zip(*columns, strict=True), start=first_line):
        yield Record(line, dict(zip(names, row, strict=True)))


def _values(column: Any, name: str) -> list[Any]:
    import pyarrow as pa  # noqa: PLC0415 - an extra

    if name == _VECTOR and pa.types.is_fixed_size_list(column.type) and not column.null_count:
        rows = column.flatten().to_numpy(zero_copy_only=False)
        return list(rows.reshape(len(column), column.type.list_size))
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's datetime has no nanoseconds.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_floating(column.type) and column.type.bit_width < 64:
        # 9.9 as a float32 would read 9.899999618530273; its shortest form says what was meant.
        return [plain(None if v is None else float(str(v))) for v in _narrow(column)]
    return [plain(value) for value in column.to_pylist(maps_as_pydicts="lossy")]


def _narrow(column: Any) -> list[Any]:
    valid = column.is_valid().to_pylist()
    numbers = column.to_numpy(zero_copy_only=False)
    return [value if kept else None for value, kept in zip(numbers, valid, strict=True)]


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
