"""The text of a product that is embedded, and the hashes that tell whether it must be again.

A vector depends on the text, the model, the vector's length and on how the text was built. One hash
of the four is kept with the vector: as long as it is equal, the product is not embedded again.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

__all__ = ["ProductText", "document_hash", "text_hash"]

# In Latin script a sentence ends before a space; in Chinese, nothing need follow.
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|[。！？；]")  # noqa: RUF001


@dataclass(frozen=True, slots=True)
class ProductText:
    """Builds the text from title, brand, category, attributes and description, in this order.

    Attributes:
        max_chars: Longest text; cut at the end of a sentence, or of a word where none is near.
        attributes: How many attributes take part, in the order of the source, by their values.
        description_chars: How much of the description takes part.

    Example:
        >>> ProductText()({"title": "Trail shoe", "brand": "Fell", "attributes": {"upper": "mesh"}})
        'Trail shoe. Fell. mesh'
    """

    max_chars: int = 2000
    attributes: int = 8
    description_chars: int = 500

    @property
    def version(self) -> str:
        """Changes whenever the same product would give another text."""
        return f"product-1/{self.max_chars}/{self.attributes}/{self.description_chars}"

    def __call__(self, product: Mapping[str, Any]) -> str:
        """Return the text of one mapped product; empty when there is nothing to embed."""
        parts = [
            _flat(product.get("title")),
            _flat(product.get("brand")),
            _flat(product.get("category_path")),
            self._attributes(product.get("attributes")),
            _cut(_flat(product.get("description")), self.description_chars),
        ]
        return _cut(_joined(filter(None, parts)), self.max_chars)

    def _attributes(self, attributes: Any) -> str:
        """Return the values that are words; measured, names beside them help no model here."""
        if not isinstance(attributes, Mapping):
            return ""
        words = (_flat(value) for value in attributes.values() if _is_words(value))
        return ", ".join(islice(words, self.attributes))


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


def _cut(text: str, limit: int) -> str:
    """Shorten at the last sentence end in the final third, else at a space, else anywhere."""
    if len(text) <= limit:
        return text
    head, near = text[:limit], limit * 2 // 3
    ends = list(_ends(head))
    if ends and ends[-1] >= near:
        return head[: ends[-1]].rstrip()
    space = head.rfind(" ")
    return (head[:space] if space >= near else head).rstrip()


def _ends(text: str) -> Iterator[int]:
    return (match.end() for match in _SENTENCE_END.finditer(text))
