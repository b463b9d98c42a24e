"""The text of a product that is embedded, and the hashes that tell whether it must be again.

A vector depends on the text, the model, the vector's length and on how the text was built. One hash
of the four is kept with the vector: as long as it is equal, the product is not embedded again.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from es_hybrid.token_budget import MAX_TOKENS, CutText, cut_text

__all__ = ["BudgetedText", "ProductText", "TextBuilder", "document_hash", "text_hash"]

_SENTENCE_END = re.compile(r"[.!?;。！？；]")  # noqa: RUF001


class TextBuilder(Protocol):
    """Turns a product into the text that is embedded."""

    @property
    def version(self) -> str:
        """Changes whenever the same product would give another text."""
        ...

    def __call__(self, product: Mapping[str, Any]) -> str:
        """Return the text of one product; empty when there is nothing to embed."""
        ...


@dataclass(frozen=True, slots=True)
class ProductText:
    """Builds the text from title, brand, category, attributes and description, in this order.

    Attributes:
        attributes: How many attributes take part, in the order of the source, by their values.

    Example:
        >>> ProductText()({"title": "Trail shoe", "brand": "Fell", "attributes": {"upper": "mesh"}})
        'Trail shoe. Fell. mesh'
    """

    attributes: int = 8

    @property
    def version(self) -> str:
        """Changes whenever the same product would give another text."""
        return f"product-2/{self.attributes}"

    def __call__(self, product: Mapping[str, Any]) -> str:
        """Return the text of one mapped product; empty when there is nothing to embed."""
        parts = [
            _flat(product.get("title")),
            _flat(product.get("brand")),
            _flat(product.get("category_path")),
            self._attributes(product.get("attributes")),
            _flat(product.get("description")),
        ]
        return _joined(filter(None, parts))

    def _attributes(self, attributes: Any) -> str:
        """Return the values that are words; measured, names beside them help no model here."""
        if not isinstance(attributes, Mapping):
            return ""
        words = (_flat(value) for value in attributes.values() if _is_words(value))
        return ", ".join(islice(words, self.attributes))


@dataclass(frozen=True, slots=True)
class BudgetedText:
    """Keeps the texts of another builder within a budget; a builder itself.

    Attributes:
        build: Builds the whole text, what matters most first.
        max_tokens: Of a text, at most; see `token_budget`.

    Example:
        >>> text = BudgetedText(ProductText(), max_tokens=12)
        >>> text({"title": "Trail shoe", "description": "Light and dry. Made for long days."})
        'Trail shoe. Light and dry.'
    """

    build: TextBuilder
    max_tokens: int = MAX_TOKENS

    @property
    def version(self) -> str:
        """Changes whenever the same product would give another text."""
        return f"{self.build.version}/{self.max_tokens}"

    def __call__(self, product: Mapping[str, Any]) -> str:
        """Return the text of one product; empty when there is nothing to embed."""
        return self.cut(product).text

    def cut(self, product: Mapping[str, Any]) -> CutText:
        """Return the text of one product, and whether it would have been longer."""
        return cut_text(self.build(product), self.max_tokens)


def text_hash(text: str, *, model: str | None, dims: int | None, version: str) -> str:
    """Return what identifies the vector of a text: 24 hex digits of BLAKE2b.

    Example:
        >>> text_hash("Trail shoe", model="m", dims=4, version="1")
        'a27fb5bb60df4c6ac4a4ecd3'
    """
    return _digest("\0".join((model or "", str(dims or ""), version, text)).encode())


def document_hash(content: bytes, *, vector: bytes = b"") -> str:
    """Return what identifies a document's content, and that of a vector it brings along.

    Args:
        content: The document as JSON with sorted keys.
        vector: The vector's bytes.
    """
    digest = hashlib.blake2b(content, digest_size=12)
    digest.update(vector)
    return digest.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=12).hexdigest()


def _is_words(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(map(_is_words, value))
    return isinstance(value, str) and any(map(str.isalpha, value))


def _flat(value: Any) -> str:
    if isinstance(value, str):
        text = value if value.isascii() else unicodedata.normalize("NFKC", value)
        return " ".join(text.split())
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_flat, value)))
    return "" if value is None else str(value)


def _joined(parts: Iterable[str]) -> str:
    """Put a full stop between parts, unless the first has an end of its own."""
    text = ""
    for part in parts:
        between = "" if not text else " " if _SENTENCE_END.match(text[-1]) else ". "
        text += between + part
    return text
