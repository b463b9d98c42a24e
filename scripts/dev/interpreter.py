"""Find a Python that is new enough, and run again under it.

This file is written for any Python 3, because an old one may be what reads it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CANDIDATES = ("python3", "python3.14", "python3.13", "python3.12", "python3.11")


def require_supported_python() -> None:
    """Return on a supported Python; otherwise start the same command under one.

    Raises:
        SystemExit: There is none on the PATH; the message says what to install.
    """
    if sys.version_info >= OLDEST:
        return
    python = supported_python()
    if python is None:
        raise SystemExit(
            "es_hybrid needs Python 3.11 or newer, and none of "
            f"{', '.join(CANDIDATES)} is that. Install one and run this again."
        )
    os.execv(python, [python, *sys.argv])  # noqa: S606 - becoming another Python is the point


def supported_python() -> str | None:
    """Return the first Python on the PATH that is new enough, or None."""
    return next(filter(is_supported, filter(None, map(shutil.which, CANDIDATES))), None)


def is_supported(python: str) -> bool:
    """Tell whether this Python runs and is new enough."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return (
            subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False
