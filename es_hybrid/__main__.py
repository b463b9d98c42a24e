"""`python -m es_hybrid` is the command `es-hybrid`."""

from __future__ import annotations

import sys

from es_hybrid.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
