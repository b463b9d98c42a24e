"""Draw queries to judge from a log: what is asked often, now and then, and hardly ever."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["SampledQuery", "TrafficPart", "sample_queries"]


class TrafficPart(StrEnum):
    """Which third of all searches a query belongs to."""

    HEAD = "head"
    TORSO = "torso"
    TAIL = "tail"


@dataclass(frozen=True, slots=True)
class SampledQuery:
    """A query that was drawn.

    Attributes:
        id: Names it in files.
        text: The shopper's words.
        count: How often it was asked.
        part: Of the traffic.
    """

    id: str
    text: str
    count: int
    part: TrafficPart


def sample_queries(
    counts: Mapping[str, int], *, head: int, torso: int, tail: int, seed: int = 0
) -> tuple[SampledQuery, ...]:
    """Draw queries of each part, each of a part with the same chance.

    Ordered by how often they are asked, the first queries that make up a third of all searches are
    the head, those of the next third the torso, the rest the tail.

    Args:
        counts: How often each query was asked.
        head: Queries of the head, at most.
        torso: Of the torso.
        tail: Of the tail.
        seed: The same seed draws the same queries from the same log.

    Example:
        >>> counts = {"shoe": 50, "tent": 30, "red shoe": 15, "left-handed mug": 5}
        >>> [str(query.part) for query in sample_queries(counts, head=1, torso=1, tail=1)]
        ['head', 'torso', 'tail']
    """
    chance = random.Random(seed)
    parts = traffic_parts(counts)
    wanted = {TrafficPart.HEAD: head, TrafficPart.TORSO: torso, TrafficPart.TAIL: tail}
    drawn = []
    for part, most in wanted.items():
        members = [text for text, at in parts.items() if at is part]
        chosen = set(chance.sample(members, min(most, len(members))))
        drawn += [(text, part) for text in members if text in chosen]
    width = max(3, len(str(len(drawn))))
    return tuple(
        SampledQuery(f"q{number:0{width}}", text, counts[text], part)
        for number, (text, part) in enumerate(drawn, start=1)
    )


def traffic_parts(counts: Mapping[str, int]) -> dict[str, TrafficPart]:
    """Return the part of each query, the most frequent first; equal ones by their words."""
    whole = sum(counts.values())
    found: dict[str, TrafficPart] = {}
    before = 0
    for text in sorted(counts, key=lambda text: (-counts[text], text)):
        third = min(2, 3 * before // whole) if whole else 0
        found[text] = list(TrafficPart)[third]
        before += counts[text]
    return found
