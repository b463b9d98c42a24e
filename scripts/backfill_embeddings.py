#!/usr/bin/env python3
"""Embed products whose vector is missing or out of date: `es-hybrid backfill`, without installing it.

scripts/backfill_embeddings.py NAME [--help]
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the command with the project on the path, wherever this file is started from."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [str(here.parent), *(entry for entry in sys.path if Path(entry) != here)]
    from es_hybrid.cli.app import main as run  # noqa: PLC0415 - after the path is set

    return run(["backfill", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
