"""Reads the documented request and answer pairs of `tests/wire/documented`.

They are written from the servers' source code and documents; each names where. None was recorded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "wire" / "documented"


def documented(name: str) -> Any:
    """Return one file's content."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def rerank_pairs() -> dict[str, Any]:
    """Return every rerank request with its answer, by file name."""
    names = sorted(path.stem for path in FOLDER.glob("rerank_*.json"))
    return {name: documented(name) for name in names if name != "rerank_answers_elsewhere"}
