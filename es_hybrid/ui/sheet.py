"""One product as a whole sheet: what a person reads to say what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from es_hybrid.indexing.reindex.texts import values_at
from es_hybrid.ui.cards import Card, card_of
from es_hybrid.ui.catalogue import Catalogue

__all__ = ["Sheet", "sheet_fields", "sheet_of"]

_MOST_ROWS = 12
_MOST_VALUES = 8
_LONGEST_VALUE = 160
_LONGEST_TEXT = 1200


@dataclass(frozen=True, slots=True)
class Sheet:
    """One product.

    Attributes:
        card: Picture, title and price.
        attributes: Name and value of what describes it.
        texts: Longer texts, such as its description.
    """

    card: Card
    attributes: tuple[tuple[str, str], ...] = ()
    texts: tuple[str, ...] = ()


def sheet_fields(catalogue: Catalogue) -> list[str]:
    """Return the fields that a sheet needs of a product."""
    return list(dict.fromkeys([*catalogue.shown, *catalogue.attributes, *catalogue.texts]))


def sheet_of(id_: str, source: Mapping[str, Any], catalogue: Catalogue) -> Sheet:
    """Return a product as a sheet: nothing of how it ranks, sells or is rated.

    Example:
        >>> source = {"name": "Trail shoe", "colour": ["red", "blue"]}
        >>> sheet_of("1", source, Catalogue("name", attributes=("colour",))).attributes
        (('colour', 'red, blue'),)
    """
    rows = [row for name in catalogue.attributes for row in _rows(source, name)]
    texts = [
        str(value)[:_LONGEST_TEXT] for name in catalogue.texts for value in values_at(source, name)
    ]
    return Sheet(
        card=card_of(id_, source, replace(catalogue, details=())),
        attributes=tuple(rows[:_MOST_ROWS]),
        texts=tuple(filter(None, texts)),
    )


def _rows(source: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    values = list(values_at(source, name))
    for value in values:
        if isinstance(value, Mapping):
            yield from ((str(key), _cut(inner)) for key, inner in value.items())
    plain = [str(value) for value in values if not isinstance(value, Mapping) and value != ""]
    if plain:
        yield name.replace("_", " "), _cut(", ".join(plain[:_MOST_VALUES]))


def _cut(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
