"""What the docstrings show is what the code answers."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import inspect
from enum import Enum
from pathlib import Path

import pytest

import es_hybrid
from es_hybrid import follow
from es_hybrid._async.experiments import AsyncExperiments
from es_hybrid._async.rules import AsyncRules
from es_hybrid._async.shoppers import AsyncShoppers
from es_hybrid._sync.experiments import Experiments
from es_hybrid._sync.rules import Rules
from es_hybrid._sync.shoppers import Shoppers
from tests.docs.pages import ROOT

NAMESPACES = (Rules, Experiments, Shoppers, AsyncRules, AsyncExperiments, AsyncShoppers)
HANDED_OUT = (*NAMESPACES, *(getattr(follow, name) for name in follow.__all__))

PLACES = ("es_hybrid", "scripts", "tests/support", "demo", "benchmarks")
MODULES = [
    path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    for place in PLACES
    for path in sorted(Path(ROOT, place).rglob("*.py"))
    if "_sync" not in path.parts and ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str) -> None:
    """Each `>>>` line of it gives what is written below it."""
    found = doctest.testmod(
        importlib.import_module(name),
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert found.attempted
    assert not found.failed


@pytest.mark.parametrize("kind", HANDED_OUT, ids=lambda kind: kind.__name__)
def test_each_method_of_what_a_shop_is_handed_has_an_example(kind: type) -> None:
    """Namespaces of a client, sources of changes and their states show each of their calls."""
    calls = inspect.getmembers(kind, inspect.isfunction)
    without = [n for n, call in calls if not n.startswith("_") and _lacks_example(call)]
    assert without == []


def _lacks_example(thing: object) -> bool:
    return "Example:" not in (inspect.getdoc(thing) or "")


def test_each_public_name_has_an_example() -> None:
    """What a shop imports and calls shows how; values, enums and errors say what they hold."""
    without = []
    for name in es_hybrid.__all__:
        thing = getattr(es_hybrid, name)
        if not callable(thing) or dataclasses.is_dataclass(thing) or name == "Settings":
            continue
        if isinstance(thing, type) and issubclass(thing, (Enum, Exception)):
            continue
        without += [name] if _lacks_example(thing) else []
        if name.endswith("Client"):
            calls = inspect.getmembers(thing, inspect.isfunction)
            without += [
                f"{name}.{call}"
                for call, function in calls
                if not call.startswith("_") and _lacks_example(function)
            ]
    assert without == []
