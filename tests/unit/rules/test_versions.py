"""A rule set has a plain name, and differences of two are named by path."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.errors import RulesError
from es_hybrid.rules import diff_rules
from es_hybrid.rules.versions import RULES


@pytest.mark.parametrize("name", ["", "Default", "a b", "a/b", "a@1", "_all", "x" * 65])
def test_names(name: str) -> None:
    """A name is plain enough to stand in an id, a setting and an address."""
    with pytest.raises(RulesError):
        RULES.name(name)


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ({}, {}, []),
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [("changed", "a", 1, 2)]),
        ({"a": 1}, {}, [("removed", "a", 1, None)]),
        ({}, {"a": {"b": 1}}, [("added", "a", None, {"b": 1})]),
        ({"a": [1, 2, 3]}, {"a": [1, 3]}, [("removed", "a.1", 2, None)]),
        ({"a": [1]}, {"a": [0, 1]}, [("added", "a.0", None, 0)]),
        ({"a": [1, 2]}, {"a": [2, 1]}, [("changed", "a", [1, 2], [2, 1])]),
        ({"a": [{"x": 1}]}, {"a": [{"x": 2}]}, [("changed", "a.0.x", 1, 2)]),
        ({"a": "text"}, {"a": ["text"]}, [("changed", "a", "text", ["text"])]),
    ],
)
def test_differences(before: Any, after: Any, changes: list[Any]) -> None:
    """Each difference is told once, where it is, with both values."""
    found = [(c.kind, c.path, c.before, c.after) for c in diff_rules(before, after)]
    assert found == changes
