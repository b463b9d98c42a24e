"""How one language speaks about the products of one category.

`words/<language>/<category>.toml` names kinds and axis options as the shapes do and gives each
option `[shown, title phrases, sentence, ...]`: what the attribute table prints, what a title
may say ("|" between alternatives, "" for nothing), and what a description may say.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words"


@dataclass(frozen=True, slots=True)
class OptionWords:
    """The words for one option of an axis."""

    shown: str
    titles: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AxisWords:
    """The words of one axis; the label names it in the attribute table."""

    label: str
    options: Mapping[str, OptionWords]


@dataclass(frozen=True, slots=True)
class KindWords:
    """The words of one kind: where it is filed, its names, how its text opens, its variants."""

    path: str
    names: tuple[str, ...]
    openings: tuple[str, ...]
    closings: tuple[str, ...]
    titles: tuple[str, ...]
    variant_label: str
    variants: tuple[str, ...]
    variant_prices: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Everything a language says about a category; brands map to a price factor."""

    language: str
    brands: Mapping[str, float]
    models: tuple[str, ...]
    shops: tuple[str, ...]
    title_length: int
    flourishes: tuple[str, ...]
    kinds: Mapping[str, KindWords]
    axes: Mapping[str, AxisWords]


def load_words(language: str, category: str, *, folder: Path = WORDS) -> Words:
    """Read the words of one category in one language, with the language's shared ones."""
    shared = _read(folder / language / "shared.toml")
    data = _read(folder / language / f"{category}.toml")
    return Words(
        language=language,
        brands=data["brands"],
        models=tuple(data.get("models", ())),
        shops=tuple(data.get("shops", ())) + tuple(shared["shops"]),
        title_length=shared["title_length"],
        flourishes=tuple(shared["flourishes"]),
        kinds={name: _kind(entry, data, shared) for name, entry in data["kinds"].items()},
        axes={name: _axis(entry) for name, entry in data["axes"].items()},
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _kind(
    entry: Mapping[str, Any], category: Mapping[str, Any], shared: Mapping[str, Any]
) -> KindWords:
    """Build a kind's words; what it does not say itself, the category says."""
    said = {**category, **entry}
    # Prices belong to the variants beside them, never to those of another table.
    priced = entry if "variants" in entry else category
    variants = said.get("variants", ())
    return KindWords(
        path=said["path"],
        names=tuple(said["names"]),
        openings=tuple(said["openings"]),
        closings=(*said.get("closings", ()), *shared["closings"]),
        titles=tuple(said["titles"]),
        variant_label=said["variant_label"],
        variants=tuple(variants),
        variant_prices=tuple(priced.get("variant_prices", [1.0] * len(variants))),
    )


def _axis(entry: Mapping[str, Any]) -> AxisWords:
    options = {
        name: OptionWords(value[0], tuple(value[1].split("|")), tuple(value[2:]))
        for name, value in entry.items()
        if name != "label"
    }
    return AxisWords(entry["label"], options)
