"""Titles, descriptions, attributes and tags, written from a truth and a language's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from demo.draw import Draw
from demo.shape import Truth
from demo.words import KindWords, Words

_SLOT = re.compile(r"\{(\w+)\}")
_PROPER = {"French", "Bluetooth", "Android"}
_LONGEST_TAG = 24
_FULL_BODY = 3
"""Sentences about the product that a description has, where there is so much to say."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What the shop writes about a product before its variants are told apart."""

    brand: str
    model: str
    name: str
    title: str
    description: str
    attributes: Mapping[str, str]
    tags: tuple[str, ...]


def write_copy(truth: Truth, words: Words, *, draw: Draw) -> Copy:
    """Write title, description, attribute table and tags of one product."""
    kind = words.kinds[truth.kind]
    brand = draw.pick(sorted(words.brands))
    model = draw.pick(words.models) if words.models else ""
    name = draw.pick(kind.names)
    spoken = {axis: words.axes[axis] for axis in truth.choices}
    slots = {"brand": brand, "model": model, "name": name, "thing": _in_sentence(name)}
    phrases = {
        axis: draw.pick(entry.options[truth.choices[axis]].titles) for axis, entry in spoken.items()
    }
    shown = {axis: entry.options[truth.choices[axis]].shown for axis, entry in spoken.items()}
    return Copy(
        brand=brand,
        model=model,
        name=name,
        title=_title(draw.pick(kind.titles), words, slots={**phrases, **slots}, draw=draw),
        description=_description(truth, words, kind=kind, slots={**shown, **slots}, draw=draw),
        attributes={entry.label: shown[axis] for axis, entry in spoken.items()},
        tags=_tags(tuple(shown.values()), name=name, draw=draw),
    )


def variant_title(title: str, variant: str, *, language: str) -> str:
    """Name the variant at the end of a title, as shops of the language do."""
    return f"{title} {variant}" if language == "zh" else f"{title}, {variant}"


def tidy_title(text: str) -> str:
    """Close the gaps that phrases left empty.

    Example:
        >>> tidy_title("Norrveil  Tent, , Waterproof, ")
        'Norrveil Tent, Waterproof'
    """
    parts = (" ".join(part.split()) for part in text.split(", "))
    return ", ".join(part for part in parts if part)


def _title(template: str, words: Words, *, slots: Mapping[str, str], draw: Draw) -> str:
    title = tidy_title(_fill(template, slots))
    if len(title) >= words.title_length:
        return title
    flourish = draw.pick(words.flourishes)
    return f"{flourish}{title}" if words.language == "zh" else f"{title}, {flourish}"


def _description(
    truth: Truth, words: Words, *, kind: KindWords, slots: Mapping[str, str], draw: Draw
) -> str:
    options = [words.axes[axis].options[option] for axis, option in truth.choices.items()]
    facts = [draw.pick(option.sentences) for option in options if option.sentences]
    told = draw.between(min(_FULL_BODY, len(facts)), len(facts))
    frame = 1 if told >= _FULL_BODY else 2
    openings = draw.shuffled(kind.openings)[:frame]
    closings = draw.shuffled(kind.closings)[:frame]
    sentences = (*openings, *draw.shuffled(facts)[:told], *closings)
    joint = "" if words.language == "zh" else " "
    return joint.join(_fill(sentence, slots) for sentence in sentences)


def _tags(shown: tuple[str, ...], *, name: str, draw: Draw) -> tuple[str, ...]:
    short = [tag for tag in shown if len(tag) <= _LONGEST_TAG]
    return (name, *draw.shuffled(short)[: draw.between(1, 3)])


def _fill(template: str, slots: Mapping[str, str]) -> str:
    """Replace `{slot}`; a slot that this kind of product does not have leaves nothing."""
    return _SLOT.sub(lambda match: slots.get(match[1], ""), template)


def _in_sentence(name: str) -> str:
    """Lower a title's words for running text, but not USB-C or French."""
    return " ".join(
        word.lower() if word[1:].islower() and word not in _PROPER else word
        for word in name.split()
    )
