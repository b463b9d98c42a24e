"""The table of log events is complete, and holds what the code logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.dev.log_events import MEANINGS, Event, logged_events


def test_every_event_of_the_package_is_explained_once() -> None:
    """Each event has a `noun.verb` name and a meaning; no meaning is of an event that is gone."""
    found = logged_events()
    assert {event.name for event in found} == set(MEANINGS)
    assert all(event.name.count(".") == 1 for event in found)
    done = next(event for event in found if event.name == "search.done")
    assert done == Event("search.done", "debug", "es_hybrid.search", done.fields)
    assert {"plan", "level", "took_ms"} <= set(done.fields)
    assert "written" in next(event for event in found if event.name == "follow.chunk").fields


def test_an_event_without_a_meaning_is_refused(tmp_path: Path) -> None:
    """Who adds an event is told where to explain it."""
    source = 'from x import get_logger\n_log = get_logger("a")\n_log.info("boot.laced", eyes=8)\n'
    (tmp_path / "new.py").write_text(source, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"explain, or remove: .*\bboot\.laced\b"):
        logged_events(tmp_path)
