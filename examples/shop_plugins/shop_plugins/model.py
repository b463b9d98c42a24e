"""What the shop already has: a function from texts to lists of numbers. Yours goes here."""

from __future__ import annotations

import re
import zlib

_SAME = {"trainer": "sneaker", "trainers": "sneaker", "sneakers": "sneaker", "couch": "sofa"}
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W_\u4e00-\u9fff]+")


def shop_vectors(texts: list[str], dims: int) -> list[list[float]]:
    """Count the shop's words; not unit-length, and a text without a word is all zeros."""
    rows = []
    for text in texts:
        row = [0.0] * dims
        for word in _WORD.findall(text.casefold()):
            row[zlib.crc32(_SAME.get(word, word).encode()) % dims] += 1.0
        rows.append(row)
    return rows
