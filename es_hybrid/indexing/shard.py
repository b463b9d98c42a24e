"""Splits a feed by a hash of the id, so that jobs on several machines share it unasked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Self

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.sources import BadRecord, FeedItem, Record

__all__ = ["FeedShard"]


@dataclass(frozen=True, slots=True)
class FeedShard:
    """One of `count` disjoint parts of a feed; together they are the feed.

    An id belongs to the same part in every process and on every machine (BLAKE2b, not Python's
    `hash`, which is salted), so all records of one id are in one part, in feed order. A record
    without an id goes by its line, so that it is reported once.

    Attributes:
        number: Which part, from 1.
        count: How many parts there are.

    Example:
        >>> halves = [FeedShard.parse("1/2"), FeedShard.parse("2/2")]
        >>> [sum(half.holds(str(id)) for id in range(1000)) for half in halves]
        [519, 481]
    """

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `i/n`, such as `2/4`.

        Raises:
            ConfigurationError: It is not of that form, or `i` is not from 1 to `n`.
        """
        match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ConfigurationError(
                f"shard {text!r} is no part of a whole", hint="write 1/4, 2/4, 3/4 and 4/4"
            )
        return cls(int(match[1]), int(match[2]))

    def holds(self, key: str) -> bool:
        """Tell whether an id is in this part."""
        digest = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1

    def of(
        self, items: Iterable[FeedItem], *, id_of: Callable[[Mapping[str, Any]], str]
    ) -> Iterator[FeedItem]:
        """Yield the records of a feed that are in this part; lines stay those of the feed.

        Args:
            items: Read lazily, once.
            id_of: Returns a product's id as ingestion will, such as `FieldMap.id_of`.
        """
        for position, item in enumerate(items, start=1):
            record = item if isinstance(item, (Record, BadRecord)) else Record(position, item)
            if self.holds(_key(record, id_of)):
                yield record


def _key(record: Record | BadRecord, id_of: Callable[[Mapping[str, Any]], str]) -> str:
    if isinstance(record, Record) and isinstance(record.product, Mapping):
        try:
            return id_of(record.product)
        except BadValue:
            pass  # it is reported by whoever holds its line
    return f"line {record.line}"
