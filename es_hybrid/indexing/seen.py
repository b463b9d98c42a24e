"""Remembers which ids came before, in few bytes an id: a feed may have ten million."""

from __future__ import annotations

from array import array

__all__ = ["SeenIds"]

_FREE = 0
_FIRST_SLOTS = 1 << 10


class SeenIds:
    """When and in which line each id came last; 32 to 64 bytes an id, a third of a dictionary's.

    Open addressing with linear probing (Knuth, The Art of Computer Programming 3, 6.4), at most half
    full. An id is known by 64 bits of its hash: among ten million ids, two are taken for one with a
    chance of 1 in 370,000, and then a warning is wrong, a chunk waits for nothing, or a product that
    a feed has no more is not deleted.
    """

    def __init__(self) -> None:
        self._count = 0
        self._set_slots(_FIRST_SLOTS)

    def __len__(self) -> int:
        return self._count

    def __contains__(self, product_id: object) -> bool:
        return self._keys[self._slot(hash(product_id) & self._all or 1)] != _FREE

    def note(self, product_id: str, *, position: int, line: int) -> tuple[int, int] | None:
        """Remember an id, and return position and line of when it came last.

        Args:
            product_id: The id.
            position: Its place in the feed, from 1.
            line: Its line in its file.

        Example:
            >>> seen = SeenIds()
            >>> seen.note("a", position=1, line=1), seen.note("a", position=5, line=7)
            (None, (1, 1))
        """
        key = hash(product_id) & self._all or 1
        slot = self._slot(key)
        before = None
        if self._keys[slot] == _FREE:
            self._keys[slot] = key
            self._count += 1
        else:
            before = self._positions[slot], self._lines[slot]
        self._positions[slot], self._lines[slot] = position, line
        if 2 * self._count > self._mask:
            self._grow()
        return before

    _all = (1 << 64) - 1

    def _slot(self, key: int) -> int:
        keys, mask = self._keys, self._mask
        slot = key & mask
        while keys[slot] != _FREE and keys[slot] != key:
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        old = zip(self._keys, self._positions, self._lines, strict=True)
        self._set_slots(2 * (self._mask + 1))
        for key, position, line in old:
            if key != _FREE:
                slot = self._slot(key)
                self._keys[slot] = key
                self._positions[slot], self._lines[slot] = position, line

    def _set_slots(self, slots: int) -> None:
        self._mask = slots - 1
        self._keys = array("Q", bytes(8 * slots))
        self._positions = array("I", bytes(4 * slots))
        self._lines = array("I", bytes(4 * slots))
