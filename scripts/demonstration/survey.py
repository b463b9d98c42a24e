"""Look through a file of products once: does the field map fit, and what is there to ask for?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from es_hybrid import ConfigurationError, FieldMap, read_products
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.sources import Record
from scripts.demonstration.phrases import TitledProduct

__all__ = ["Survey", "survey"]

_KEPT = 20_000
_TOLD_EVERY = 500
_COLUMNS_NAMED = 30


@dataclass(frozen=True, slots=True)
class Survey:
    """What a file holds.

    Attributes:
        records: How many records, unreadable ones included.
        products: Title, brand and category of the first 20,000 products with a title.
    """

    records: int
    products: tuple[TitledProduct, ...]


def survey(file: Path, fields: FieldMap, *, done: Callable[[int], None]) -> Survey:
    """Read a file through.

    Args:
        file: NDJSON, CSV or TSV, plain or gzip.
        fields: Where its fields go.
        done: Is told how many records are read.

    Raises:
        ConfigurationError: The file cannot be opened or holds no product, or the map names a field
            that no product has.
    """
    records = 0
    columns: dict[str, None] = {}
    filled: set[str] = set()
    products: list[TitledProduct] = []
    for item in read_products(file):
        records += 1
        if records % _TOLD_EVERY == 0:
            done(records)
        if not isinstance(item, Record):
            continue
        columns |= dict.fromkeys(item.product)
        try:
            document = fields.document(item.product) | {"id": fields.id_of(item.product)}
        except BadValue:
            continue  # ingestion reports it, with its line
        filled |= document.keys()
        if document.get("title") and len(products) < _KEPT:
            products.append(_titled(document))
    _check(file, fields, columns=list(columns), filled=filled)
    return Survey(records, tuple(products))


def _titled(document: dict[str, object]) -> TitledProduct:
    def text(name: str) -> str:
        value = document.get(name) or ""
        return str(value[0] if isinstance(value, list) else value)

    return TitledProduct(text("title"), text("brand"), text("category_path"))


def _check(file: Path, fields: FieldMap, *, columns: list[str], filled: set[str]) -> None:
    """Refuse a map that would make an index without what it promises."""
    if not columns:
        raise ConfigurationError(f"{file} holds no product that can be read")
    more = ", …" if len(columns) > _COLUMNS_NAMED else ""
    has = f"it has {', '.join(columns[:_COLUMNS_NAMED])}{more}"
    for target, source in fields.sources.items():
        if target not in filled and filled:
            raise ConfigurationError(
                f"field map: {target}={source}, but no product of {file} has a {source!r}", hint=has
            )
    if "id" not in filled:
        raise ConfigurationError(
            f"no product of {file} has an id in {fields.id_field!r}",
            hint=f"name its id field with --id-field, or ID= for make; {has}",
        )
    if "title" not in filled:
        raise ConfigurationError(
            f"no product of {file} has a title", hint=f"say --map title=YOURS, MAP= for make; {has}"
        )
