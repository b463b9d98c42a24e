"""Files that are there after a crash of the machine, not only of the process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

__all__ = ["replace_file", "sync_file", "sync_folder"]


def replace_file(path: Path, content: bytes) -> None:
    """Put content in place of a file, whole or not at all, even when the machine stops.

    Args:
        path: The file; for a moment there is another one beside it, `path` + `.part`.
        content: All of it.

    Example:
        replace_file(Path("products.checkpoint"), b"{}")
    """
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        sync_file(file)
    part.replace(path)
    sync_folder(path)


def sync_file(file: BinaryIO) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Wait until the name of a file is on the disk, after it was made or renamed."""
    if os.name != "posix":  # a folder cannot be opened there
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
