#!/usr/bin/env python3
"""Start, stop or look at a real Elasticsearch that needs no container engine.

scripts/dev/elasticsearch.py start [--version V] [--security] [--port N] [--name NAME]
scripts/dev/elasticsearch.py stop [--name NAME] [--purge]
scripts/dev/elasticsearch.py status [--name NAME] [--json | --export]
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the command under a Python that is new enough."""
    here = Path(__file__).resolve().parent  # off the path: this very file is named like a package
    sys.path[:] = [str(here.parents[1]), *(entry for entry in sys.path if Path(entry) != here)]
    from scripts.dev.interpreter import require_supported_python  # noqa: PLC0415

    require_supported_python()
    from scripts.dev.node.cli import main as run  # noqa: PLC0415 - after the check

    return run()


if __name__ == "__main__":
    sys.exit(main())
