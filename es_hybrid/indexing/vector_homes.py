"""Where vectors of known texts are kept, by name; and what is asked of an index for them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.actions import Action
from es_hybrid.indexing.embedding import usable
from es_hybrid.indexing.names import alias_of
from es_hybrid.types import Json, Vector

__all__ = [
    "HASH_MAPPING",
    "VectorHome",
    "VectorSource",
    "hash_action",
    "previous_index",
    "products_request",
    "read_hashes",
    "read_products",
    "sound",
    "vector_source",
]

HASH_MAPPING: Json = {"dynamic": False, "properties": {"vector": {"type": "binary"}}}
"""The mapping of an index of hash → vector: `_id` is the hash, nothing is searched."""


class VectorHome(StrEnum):
    """What kind of place holds vectors."""

    PRODUCTS = "products"
    """An index of products that carry their vectors."""
    PREVIOUS = "previous"
    """The index before this one, of the same alias."""
    HASHES = "index"
    """An index that holds nothing but hash → vector."""
    REDIS = "redis"


class VectorSource(NamedTuple):
    """A place that holds vectors.

    Attributes:
        home: Its kind.
        name: Of the index; empty where none is named.
    """

    home: VectorHome
    name: str = ""

    def __str__(self) -> str:
        prefix = "index:" if self.home is VectorHome.HASHES else ""
        return f"{prefix}{self.name}" if self.name else self.home.value


def vector_source(text: str) -> VectorSource:
    """Read what `vectors_from` names.

    Raises:
        ConfigurationError: It names nothing.

    Example:
        >>> str(vector_source("index:vectors")), vector_source("products-old").home.value
        ('index:vectors', 'products')
    """
    text = text.strip()
    if text in (VectorHome.REDIS, VectorHome.PREVIOUS):
        return VectorSource(VectorHome(text))
    if text.startswith("index:"):
        name, home = text.removeprefix("index:"), VectorHome.HASHES
    else:
        name, home = text, VectorHome.PRODUCTS
    if not name:
        raise ConfigurationError(
            f"vectors_from {text!r} names nothing",
            hint="an index or alias of products, previous, index:NAME or redis",
        )
    return VectorSource(home, name)


def previous_index(index: str, names: Iterable[str]) -> str | None:
    """Return the newest other index made for the same alias; `None` where there is none.

    Args:
        index: The one that is written to.
        names: Of all indices; others are left out.

    Example:
        >>> previous_index("p-20261122t030000-0000", ["p-20261121t030000-ffff", "q-20261121t040000-0000"])
        'p-20261121t030000-ffff'
    """
    alias = alias_of(index)
    if alias is None:
        return None
    others = [name for name in names if name != index and alias_of(name) == alias]
    return max(others, default=None)  # the names hold the time of their creation


def products_request(text_hashes: Sequence[str], *, field: str) -> Json:
    """Return the search for one product of each text hash, with its vector alone.

    `fields` brings vectors on every version; Elasticsearch 9.2 and newer leave them out of
    `_source` in answers.
    """
    return {
        "size": len(text_hashes),
        "query": {
            "bool": {"filter": {"terms": {"embedding_text_hash": list(text_hashes)}}},
        },
        "collapse": {"field": "embedding_text_hash"},
        "source": False,
        "fields": [field],
        "track_total_hits": False,
    }


def read_products(answer: Mapping[str, Any], *, field: str) -> dict[str, Vector]:
    """Return the vectors of an answer to `products_request`, by text hash."""
    found = {}
    for hit in answer["hits"]["hits"]:
        fields = hit.get("fields") or {}
        if fields.get(field) and fields.get("embedding_text_hash"):
            found[str(fields["embedding_text_hash"][0])] = np.asarray(fields[field], np.float32)
    return found


def hash_action(text_hash: str, content: bytes) -> Action:
    """Return the bulk item that keeps a packed vector in an index of hash → vector."""
    head = orjson.dumps({"index": {"_id": text_hash}})
    body = orjson.dumps({"vector": base64.b64encode(content).decode("ascii")})
    return Action(text_hash, b"%b\n%b\n" % (head, body))


def read_hashes(answer: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the packed vectors of an `_mget` answer from an index of hash → vector."""
    return {
        str(doc["_id"]): base64.b64decode(doc["_source"]["vector"])
        for doc in answer.get("docs", ())
        if doc.get("found") and isinstance((doc.get("_source") or {}).get("vector"), str)
    }


def sound(found: Mapping[str, Vector], *, dims: int) -> dict[str, Vector]:
    """Return those vectors of a store that an index of so many dims takes, as float32."""
    rows = {key: np.asarray(vector, dtype=np.float32) for key, vector in found.items()}
    return {key: row for key, row in rows.items() if row.shape == (dims,) and usable(row)}
