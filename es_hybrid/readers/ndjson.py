"""Products of files with one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from es_hybrid.indexing.sources import BadRecord, FeedItem, Record
from es_hybrid.readers.lines import numbered_lines, raw_text

__all__ = ["ndjson_items", "parse_line"]


def ndjson_items(path: str) -> Iterator[FeedItem]:
    """Yield what each line that is not blank holds."""
    for number, line in numbered_lines(path):
        if isinstance(line, BadRecord):
            yield line
        elif line.strip():
            yield parse_line(number, line)


def parse_line(number: int, line: bytes) -> Record | BadRecord:
    """Return the product of one line; a dead letter is the product in it."""
    try:
        product = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode("utf-8")
            reason = f"is not JSON: {error.msg} at column {error.colno}"
            if not line.endswith(b"\n"):  # the last one: its writer may not be done
                reason += "; it has no line end, so the file is cut or still being written"
        except UnicodeDecodeError as broken:
            reason = f"is not UTF-8: bad byte at column {broken.start + 1}"
        return BadRecord(number, reason, raw_text(line))
    if isinstance(product, dict) and product.keys() == {"dead_letter", "product"}:
        product = product["product"]
    elif isinstance(product, dict) and product.keys() == {"dead_letter", "raw"}:
        return _mended(number, product["raw"])
    if not isinstance(product, dict):
        return BadRecord(number, "is JSON but not an object", raw_text(line))
    return Record(number, product)


def _mended(number: int, raw: object) -> Record | BadRecord:
    """Read a line that could not be read before; it is a product now if somebody mended it."""
    if not isinstance(raw, str):
        return BadRecord(number, "is a line that was too long to be kept")
    if "\ufffd" in raw:
        return BadRecord(number, "is not UTF-8: mend what stands as \ufffd", raw)
    return parse_line(number, f"{raw}\n".encode("utf-8", "replace"))
