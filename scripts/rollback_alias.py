#!/usr/bin/env python3
"""Move an alias back to the index before its last reindex: `es-hybrid rollback`, without installing it.

scripts/rollback_alias.py NAME [--help]
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the command with the project on the path, wherever this file is started from."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [str(here.parent), *(entry for entry in sys.path if Path(entry) != here)]
    from es_hybrid.cli.app import main as run  # noqa: PLC0415 - after the path is set

    return run(["rollback", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
