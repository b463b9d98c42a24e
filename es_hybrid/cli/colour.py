"""Whether a stream gets colours, and text in one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from typing import TextIO

__all__ = ["Colour", "has_colours", "painted"]


class Colour(StrEnum):
    """A colour of a word, by the code that terminals know it by."""

    RED = "31"
    GREEN = "32"
    YELLOW = "33"


def has_colours(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Whether a stream is to get colours: a terminal, unless the environment says otherwise.

    `NO_COLOR` (https://no-color.org) wins over `FORCE_COLOR` (https://force-color.org).

    Args:
        stream: Where text goes.
        environ: Environment variables (default: the process's own).
    """
    found = os.environ if environ is None else environ
    if found.get("NO_COLOR"):
        return False
    if found.get("FORCE_COLOR"):
        return True
    return stream.isatty() and found.get("TERM") != "dumb"


def painted(text: str, colour: Colour, stream: TextIO) -> str:
    """Return text in a colour where the stream gets colours, else as it is."""
    return f"\x1b[{colour}m{text}\x1b[0m" if has_colours(stream) else text
