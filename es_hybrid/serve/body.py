"""Reads a request's body, packed or not, up to a limit."""

from __future__ import annotations

import zlib

from starlette.requests import Request

__all__ = ["BodyTooLarge", "read_body", "unpacked"]

_GZIP = 16 + zlib.MAX_WBITS


class BodyTooLarge(Exception):
    """A body is larger than the service takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"a body may have {limit:,} bytes (ES_HYBRID_SERVE__MAX_BODY_BYTES)")


async def read_body(request: Request, *, limit: int) -> bytes:
    """Return a body as it was sent.

    Raises:
        BodyTooLarge: It has more bytes than the limit; no more than that is kept in memory.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise BodyTooLarge(limit)
        parts.append(part)
    return b"".join(parts)


def unpacked(request: Request, content: bytes, *, limit: int) -> bytes:
    """Return a body without the gzip around it.

    Raises:
        BodyTooLarge: It is larger than the limit once it is unpacked.
    """
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return content
    unpacking = zlib.decompressobj(_GZIP)
    try:
        found = unpacking.decompress(content, limit)
    except zlib.error:
        return content  # Elasticsearch says what is wrong with it
    if unpacking.unconsumed_tail:
        raise BodyTooLarge(limit)
    return found
