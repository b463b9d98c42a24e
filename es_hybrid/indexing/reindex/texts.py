"""The embedded text of a shop's own documents, whatever their fields are called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid.indexing.product import BudgetedText, ProductText

__all__ = ["FieldsText", "text_builder", "values_at"]


@dataclass(frozen=True, slots=True)
class FieldsText:
    """Builds the text from named fields, in order, joined by full stops.

    Attributes:
        fields: Full paths, such as `vendor.name`.

    Example:
        >>> FieldsText(("name", "vendor.name"))({"name": "Trail shoe", "vendor": {"name": "Fell"}})
        'Trail shoe. Fell'
    """

    fields: tuple[str, ...]

    @property
    def version(self) -> str:
        """Changes whenever the same document would give another text."""
        return f"fields-2/{','.join(self.fields)}"

    def __call__(self, product: Mapping[str, Any]) -> str:
        """Return the text of one document; empty when there is nothing to embed."""
        parts = (", ".join(_words(values_at(product, field))) for field in self.fields)
        return ". ".join(part for part in parts if part)


def text_builder(fields: Sequence[str], *, max_tokens: int) -> BudgetedText:
    """Return what builds the text: of the named fields, or that of a product without any."""
    return BudgetedText(FieldsText(tuple(fields)) if fields else ProductText(), max_tokens)


def values_at(document: Any, path: str) -> Iterator[Any]:
    """Yield what stands at a path, through objects and lists, dotted keys included.

    Example:
        >>> list(values_at({"a": [{"b": 1}, {"b": [2, 3]}], "c.d": 4}, "a.b"))
        [1, 2, 3]
    """
    if isinstance(document, list):
        for item in document:
            yield from values_at(item, path)
        return
    if not path:
        if document is not None:
            yield document
        return
    if not isinstance(document, Mapping):
        return
    for name, value in document.items():
        if path == name:
            yield from values_at(value, "")
        elif path.startswith(f"{name}."):
            yield from values_at(value, path[len(name) + 1 :])


def _words(values: Iterator[Any]) -> Iterator[str]:
    for value in values:
        text = " ".join(str(value).split()) if isinstance(value, (str, int, float)) else ""
        if text and not isinstance(value, bool):
            yield text
