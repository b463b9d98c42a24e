#!/usr/bin/env python3
"""Compare BM25 with hybrid search, on the demo catalogue or on a shop's own export.

scripts/run_demo.py
scripts/run_demo.py --catalog products.csv.gz --map title=name,brand=supplier [--id-field sku]
                    [--queries queries.csv [--qrels qrels.csv]]

Elasticsearch and the model servers are those of the ES_HYBRID_* variables; `make demo` starts them.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> int:
    """Run the demo with the project on the path, wherever this file is started from."""
    here = Path(__file__).resolve().parent
    sys.path[:] = [str(here.parent), *(entry for entry in sys.path if Path(entry) != here)]
    from scripts.demonstration.command import main as run  # noqa: PLC0415 - after the path is set

    return run(purpose=__doc__)


if __name__ == "__main__":
    sys.exit(main())
