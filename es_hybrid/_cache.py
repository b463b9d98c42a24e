"""A cache in this process: bounded by bytes, oldest use out first, each entry for a limited time.

Values are bytes, so that their size is known and nobody can change them. Clocks are arguments.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["CacheStats", "LruCache", "Tally"]

ENTRY_BYTES = 320
"""What an entry takes beside the lengths of its key and value: measured, on CPython 3.11."""


@dataclass(frozen=True, slots=True)
class CacheStats:
    """How well a cache does, counted since it was made.

    Attributes:
        hits: Values found in this process.
        shared_hits: Values found in Redis.
        misses: Values found nowhere.
        shared_failures: Calls of Redis that failed or took too long.
        shared_skipped: Calls of Redis that were not made after failures in a row.
        entries: Values in this process now.
        size_bytes: Memory that they take, about.
    """

    hits: int = 0
    shared_hits: int = 0
    misses: int = 0
    shared_failures: int = 0
    shared_skipped: int = 0
    entries: int = 0
    size_bytes: int = 0

    @property
    def hit_rate(self) -> float:
        """Share of values that were found, 0 to 1.

        Example:
            >>> CacheStats(hits=2, shared_hits=1, misses=1).hit_rate
            0.75
        """
        found = self.hits + self.shared_hits
        return found / (found + self.misses) if found else 0.0


@dataclass(slots=True)
class Tally:
    """What one search found in a cache; counted up as it goes on.

    Attributes:
        hits: Texts whose value was there.
        misses: Texts that the model had to be asked for.
    """

    hits: int = 0
    misses: int = 0

    def count(self, *, found: bool) -> None:
        """Count one text."""
        if found:
            self.hits += 1
        else:
            self.misses += 1


class LruCache:
    """Values of bytes by keys of bytes, shared by threads and tasks.

    Args:
        max_bytes: Memory for keys, values and what holds them, about.
        ttl_s: Seconds after which a value is no longer given.

    Example:
        >>> cache = LruCache(max_bytes=10_000, ttl_s=60.0)
        >>> cache.put_many({b"key": b"value"}, now=0.0)
        >>> cache.get_many([b"key", b"other"], now=59.0), cache.get_many([b"key"], now=60.0)
        ({b'key': b'value'}, {})
    """

    def __init__(self, *, max_bytes: int, ttl_s: float) -> None:
        self._max_bytes = max_bytes
        self._ttl_s = ttl_s
        self._entries: OrderedDict[bytes, tuple[bytes, float]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get_many(self, keys: Iterable[bytes], *, now: float) -> dict[bytes, bytes]:
        """Return the values that are there."""
        found: dict[bytes, bytes] = {}
        entries = self._entries
        with self._lock:
            for key in keys:
                entry = entries.get(key)
                if entry is None:
                    continue
                if now >= entry[1]:
                    self._drop(key)
                    continue
                entries.move_to_end(key)
                found[key] = entry[0]
        return found

    def put_many(self, items: Mapping[bytes, bytes], *, now: float) -> None:
        """Keep values, and drop those that were not used for longest if there is no room."""
        expires_s = now + self._ttl_s
        with self._lock:
            for key, value in items.items():
                if key in self._entries:
                    self._drop(key)
                self._entries[key] = (value, expires_s)
                self._bytes += _size(key, value)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0

    @property
    def entries(self) -> int:
        """Values that are kept, those past their time included."""
        return len(self._entries)

    @property
    def size_bytes(self) -> int:
        """Memory that they take, about."""
        return self._bytes

    def _drop(self, key: bytes) -> None:
        value, _ = self._entries.pop(key)
        self._bytes -= _size(key, value)


def _size(key: bytes, value: bytes) -> int:
    return len(key) + len(value) + ENTRY_BYTES
