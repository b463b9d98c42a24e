#!/usr/bin/env python3
"""Bring up Elasticsearch and the local models, or run a command beside them.

scripts/dev/services.py up [--version V]
scripts/dev/services.py down | env | status
scripts/dev/services.py run [--models] [--version V] -- COMMAND ...
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the command under a Python that is new enough."""
    here = Path(__file__).resolve().parent  # off the path: a file there is named like a package
    sys.path[:] = [str(here.parents[1]), *(entry for entry in sys.path if Path(entry) != here)]
    from scripts.dev.interpreter import require_supported_python  # noqa: PLC0415

    require_supported_python()
    from scripts.dev.stack.cli import main as run  # noqa: PLC0415 - after the check

    return run()


if __name__ == "__main__":
    sys.exit(main())
