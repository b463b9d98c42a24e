"""Places in a file that grows, and whether a file is still the one that was read."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Self

from es_hybrid.types import Json

__all__ = ["MARK_BYTES", "FilePlace", "mark_of"]

MARK_BYTES = 1024
"""How much before a place is compared, to notice that a file was written anew."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where reading goes on.

    Attributes:
        device: Of the file, with `inode`: it stays when the file is renamed.
        inode: Of the file.
        offset: Bytes that are behind us; always the beginning of a line.
        line: Lines that are behind us.
        mark: Hash of what stands just before; see `mark_of`.
    """

    device: int
    inode: int
    offset: int = 0
    line: int = 0
    mark: str = ""

    @classmethod
    def of(cls, position: Json) -> Self:
        """Read what `json` returned."""
        return cls(**position)

    def json(self) -> Json:
        """Return the place as JSON."""
        return asdict(self)

    def fits(self, *, size: int, before: bytes) -> bool:
        """Tell whether a file still holds what was read of it.

        Args:
            size: Bytes it has now.
            before: Up to `MARK_BYTES` before the place.

        Example:
            >>> FilePlace(1, 2, offset=3, mark=mark_of(b"abc")).fits(size=2, before=b"ab")
            False
        """
        return size >= self.offset and (not self.offset or mark_of(before) == self.mark)


def mark_of(before: bytes) -> str:
    """Return a hash of what stands before a place."""
    return blake2b(before, digest_size=12).hexdigest()
