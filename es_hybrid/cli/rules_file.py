"""Reads a rule set from a file."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path
from typing import Any

from es_hybrid import HybridError

__all__ = ["read_rules"]


def read_rules(path: str) -> dict[str, Any]:
    """Return the rule set of a JSON or TOML file; `-` is JSON on standard input.

    Whether it is a right one is checked by those who use it.

    Raises:
        HybridError: The file cannot be read, or holds no object.

    Example:
        `read_rules("rules.toml")["stock"]["action"]` is such as `"bury"`.
    """
    try:
        if path == "-":
            content = json.load(sys.stdin)
        else:
            text = Path(path).read_text(encoding="utf-8-sig")
            content = tomllib.loads(text) if path.endswith(".toml") else json.loads(text)
    except OSError as error:
        raise HybridError(f"{path} cannot be read: {error.strerror}") from None
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        kind = "TOML" if path.endswith(".toml") else "JSON"
        raise HybridError(f"{path} is not {kind}: {error}") from None
    if not isinstance(content, dict):
        raise HybridError(f"{path} holds no object", hint="docs/rules.md shows one")
    return content
