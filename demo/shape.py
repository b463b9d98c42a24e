"""What can be true of a product, without a word of how it is said.

A shape (`shapes/*.toml`) lists the kinds of a category and the axes on which its products
differ. Drawing from it gives a `Truth`. Judgments read truths only; titles and descriptions
are written from the same truth with the words of one language (`words.py`).
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from demo.draw import Draw

SHAPES = Path(__file__).parent / "shapes"
Choice = tuple[str, str, str]
"""Kind, axis, option."""

_SPREAD = 1.6
_OPTION_KEYS = {"weight", "price", "needs", "bars", "suits"}


@dataclass(frozen=True, slots=True)
class Option:
    """One answer on an axis: how often, what it does to the price, what follows from it.

    `needs` and `bars` name earlier choices that it goes with, or does not go with.
    """

    weight: int = 1
    price: float = 1.0
    needs: Mapping[str, list[str]] = field(default_factory=dict)
    bars: Mapping[str, list[str]] = field(default_factory=dict)
    suits: frozenset[str] = frozenset()
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of product: its share of the category and its usual price per language."""

    weight: int
    price: Mapping[str, float]
    suits: frozenset[str]


@dataclass(frozen=True, slots=True)
class Axis:
    """One way in which the products of a category differ."""

    kinds: frozenset[str]
    options: Mapping[str, Option]


@dataclass(frozen=True, slots=True)
class Shape:
    """Kinds and axes of one category; `products` is the number per language."""

    name: str
    code: str
    products: int
    kinds: Mapping[str, Kind]
    axes: Mapping[str, Axis]


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so about one product, whatever its text says or leaves out.

    `choices` maps axis to option, `numbers` holds graded or counted facts, `suits` the people
    and occasions it was made for.
    """

    category: str
    kind: str
    choices: Mapping[str, str]
    numbers: Mapping[str, int]
    suits: frozenset[str]
    price_factor: float

    def has(self, axis: str, *options: str) -> bool:
        """Tell whether the product's choice on this axis is one of the options."""
        return self.choices.get(axis) in options

    def number(self, name: str) -> int:
        """Return a graded or counted fact, 0 where nothing is known."""
        return self.numbers.get(name, 0)


def load_shapes(folder: Path = SHAPES) -> list[Shape]:
    """Read every shape, in the order of the file names."""
    return [_shape(path) for path in sorted(folder.glob("*.toml"))]


def draw_truth(shape: Shape, kind: str, *, draw: Draw, made: Counter[Choice]) -> Truth:
    """Draw one product's truth, axis by axis in the order of the file.

    Args:
        shape: The category's kinds and axes.
        kind: The kind of the product.
        draw: Where the draws come from.
        made: How often each choice was made before; options that are behind their weight go
            first, because a category of a few dozen products drawn freely has holes.

    Returns:
        The truth; `made` is left as it was.
    """
    choices: dict[str, str] = {}
    numbers: dict[str, int] = {}
    suits = set(shape.kinds[kind].suits)
    price = 1.0
    for name, axis in shape.axes.items():
        if axis.kinds and kind not in axis.kinds:
            continue
        lag = {
            key: (made[kind, name, key] + _SPREAD * draw.unit()) / option.weight
            for key, option in axis.options.items()
            if _possible(option, {"kind": kind, **choices})
        }
        key = min(lag, key=lag.__getitem__)
        option = axis.options[key]
        choices[name] = key
        numbers.update(option.numbers)
        suits |= option.suits
        price *= option.price
    return Truth(shape.name, kind, choices, numbers, frozenset(suits), price)


def _possible(option: Option, choices: Mapping[str, str]) -> bool:
    if any(choices.get(axis) in barred for axis, barred in option.bars.items()):
        return False
    return all(choices.get(axis) in allowed for axis, allowed in option.needs.items())


def _shape(path: Path) -> Shape:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return Shape(
        name=path.stem,
        code=data["code"],
        products=data["products"],
        kinds={name: _kind(entry) for name, entry in data["kinds"].items()},
        axes={name: _axis(entry) for name, entry in data["axes"].items()},
    )


def _kind(entry: Mapping[str, Any]) -> Kind:
    return Kind(entry["weight"], entry["price"], frozenset(entry.get("suits", ())))


def _axis(entry: Mapping[str, Any]) -> Axis:
    options = {name: _option(value) for name, value in entry.items() if name != "kinds"}
    return Axis(frozenset(entry.get("kinds", ())), options)


def _option(entry: Mapping[str, Any]) -> Option:
    return Option(
        weight=entry.get("weight", 1),
        price=entry.get("price", 1.0),
        needs=entry.get("needs", {}),
        bars=entry.get("bars", {}),
        suits=frozenset(entry.get("suits", ())),
        numbers={key: value for key, value in entry.items() if key not in _OPTION_KEYS},
    )
