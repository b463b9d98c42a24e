"""Small JSON files that remember what was started, readable by their owner only."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.dev.node.places import make_open_folder


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step; only its owner may read it."""
    make_open_folder(path.parent)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(path)


def write_record(path: Path, record: Mapping[str, Any]) -> None:
    """Replace a record in one step."""
    write_private(path, json.dumps(record, indent=2) + "\n")


def read_record(path: Path) -> dict[str, Any] | None:
    """Return a record; None if it is not there, or was not written whole by these tools."""
    try:
        record = json.loads(path.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return record if isinstance(record, dict) else None
