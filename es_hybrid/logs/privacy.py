"""What a log may know of shoppers: keyed hashes, or nothing, unless a shop says otherwise.

A plain hash of a query or a user is no secret: whoever has a list of words or of customers hashes
each and compares. With a key that only the shop has, they cannot (HMAC, RFC 2104).
"""

from __future__ import annotations

import hmac
import unicodedata
from dataclasses import dataclass, field
from typing import Self

from es_hybrid.settings import LogSettings
from es_hybrid.settings.log import Keeping

__all__ = ["Privacy", "is_hash", "query_key"]

_HASH_CHARS = 32
"""Of a hash's hexadecimal digits: 128 bits, so that no two shoppers ever share one."""


@dataclass(frozen=True, slots=True)
class Privacy:
    """Makes of words and ids what may be logged.

    Attributes:
        text: What becomes of a shopper's words.
        ids: What becomes of users, clients and sessions.
        salt: Key of the hashes.

    Example:
        >>> privacy = Privacy("hash", "drop", salt=b"sixteen letters!")
        >>> privacy.words(" Trail  SHOE ") == privacy.words("trail shoe"), privacy.id("user", "7")
        (True, None)
    """

    text: Keeping = "drop"
    ids: Keeping = "drop"
    salt: bytes = field(default=b"", repr=False)

    @classmethod
    def of(cls, settings: LogSettings) -> Self:
        """Return what the settings say."""
        salt = settings.salt.get_secret_value() if settings.salt else ""
        return cls(settings.text, settings.ids, salt.encode())

    def words(self, words: str | None) -> str:
        """Return what is logged of a shopper's words; empty where nothing is.

        Hashed are the words as `query_key` spells them, so that case and spaces do not matter.
        """
        if not words or self.text == "drop":
            return ""
        return words if self.text == "keep" else self._hash("text", query_key(words))

    def id(self, kind: str, value: str | None) -> str | None:
        """Return what is logged of an id; `None` where nothing is.

        Args:
            kind: `user`, `client` or `session`: equal ids of two kinds do not look alike.
            value: As the shop knows it.
        """
        if not value or self.ids == "drop":
            return None
        return value if self.ids == "keep" else self._hash(kind, value)

    def _hash(self, kind: str, value: str) -> str:
        content = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self.salt, content, "sha256").hex()[:_HASH_CHARS]


def is_hash(words: str) -> bool:
    """Say whether words are a log's hash of words, which nobody can search for.

    Example:
        >>> is_hash("9b74c9897bac770ffc029102a200c5de"), is_hash("9b74c989")
        (True, False)
    """
    return len(words) == _HASH_CHARS and not words.strip("0123456789abcdef")


def query_key(words: str) -> str:
    """Return words as queries are told apart: case, width and spaces do not matter.

    Example:
        >>> query_key(" Ｔrail  SHOE ")
        'trail shoe'
    """  # noqa: RUF002 - a full-width letter
    return " ".join(unicodedata.normalize("NFKC", words).casefold().split())
