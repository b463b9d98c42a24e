"""Fail on a Python module that is too long to have one idea in it.

python scripts/dev/check_sizes.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("es_hybrid", "scripts", "demo", "benchmarks")
GENERATED = "_sync"
LIMIT = 300


def too_long(root: Path, *, limit: int = LIMIT) -> list[tuple[Path, int]]:
    """Return path and number of lines of each hand-written module above the limit, longest first."""
    sizes = [
        (path.relative_to(root), len(path.read_text(encoding="utf-8").splitlines()))
        for place in PLACES
        for path in sorted((root / place).rglob("*.py"))
        if GENERATED not in path.parts
    ]
    return sorted((s for s in sizes if s[1] > limit), key=lambda size: -size[1])


def main(*, root: Path = ROOT) -> int:
    """Print each module that is too long; return the exit code."""
    found = too_long(root)
    for path, lines in found:
        print(f"{path}: {lines} lines, {LIMIT} allowed; which second idea is in it?")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
