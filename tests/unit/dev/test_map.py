"""The map of what waits is whole."""

from __future__ import annotations

import re
from pathlib import Path

import es_hybrid._async

HOME = Path(es_hybrid._async.__file__).parent


def test_each_module_that_waits_is_on_the_map_once() -> None:
    """Whoever looks for a module finds it by what it waits for; add a new one there."""
    text = es_hybrid._async.__doc__ or ""
    rows = [line[16:] for line in text.splitlines() if line.startswith("    ")]
    named = re.findall(r"[a-z_]+", " ".join(rows))
    modules = {path.stem for path in HOME.iterdir() if path.suffix == ".py"} - {"__init__"}
    folders = {path.parent.name for path in HOME.glob("*/__init__.py")}
    assert {name: named.count(name) for name in modules | folders} == dict.fromkeys(
        modules | folders, 1
    )
