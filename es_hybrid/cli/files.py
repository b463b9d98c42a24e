"""Files that a command writes: whole, or not at all."""

from __future__ import annotations

from pathlib import Path

from es_hybrid._durable import replace_file

__all__ = ["write_whole"]


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file so that a command that is stopped leaves the one before, or none.

    Args:
        path: Where to; what is no plain file, such as `/dev/stdout`, is written to directly.
        content: All of it; text is written as UTF-8.

    Raises:
        OSError: It cannot be written.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    file = Path(path).resolve()  # a link goes on pointing where it does
    if file.exists() and not file.is_file():
        Path(path).write_bytes(data)
    else:
        replace_file(file, data)
