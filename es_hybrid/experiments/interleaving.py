"""Two rankings in one list: the shopper's clicks choose, and each shopper compares both.

Team-draft interleaving (Radlinski, Kurup and Joachims, "How does clickthrough data reflect
retrieval quality?", CIKM 2008). It needs far fewer searches than an A/B test.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, TypeAlias

__all__ = ["Interleaved", "Team", "credit", "preference", "team_draft"]

Team: TypeAlias = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Interleaved:
    """One list of both rankings.

    Attributes:
        items: Product ids, best first.
        teams: Which ranking chose each.
    """

    items: tuple[str, ...]
    teams: tuple[Team, ...]


def team_draft(
    first: Sequence[str], second: Sequence[str], *, size: int, random: Random
) -> Interleaved:
    """Let both rankings choose in turns; the one that has chosen less goes next, else a coin.

    Args:
        first: Ranking `a`, product ids, best first.
        second: Ranking `b`.
        size: Length of the list; shorter where both have no more.
        random: For the coins; seed it with the shopper and the query, and the page stays the same
            when it is loaded again.

    Example:
        >>> team_draft(["x", "y"], ["y", "z"], size=3, random=Random(1)).items
        ('x', 'y', 'z')
    """
    rankings: dict[Team, Sequence[str]] = {"a": first, "b": second}
    places: dict[Team, int] = {"a": 0, "b": 0}
    chosen: dict[str, Team] = {}
    counts: dict[Team, int] = {"a": 0, "b": 0}

    def next_of(team: Team) -> str | None:
        ranking = rankings[team]
        while places[team] < len(ranking) and ranking[places[team]] in chosen:
            places[team] += 1
        return ranking[places[team]] if places[team] < len(ranking) else None

    while len(chosen) < size:
        a_first = counts["a"] < counts["b"] or (
            counts["a"] == counts["b"] and random.random() < 0.5
        )
        order: tuple[Team, Team] = ("a", "b") if a_first else ("b", "a")
        picks = [(team, item) for team in order if (item := next_of(team)) is not None]
        if not picks:
            break
        team, item = picks[0]
        chosen[item] = team
        counts[team] += 1
    return Interleaved(tuple(chosen), tuple(chosen.values()))


def credit(shown: Interleaved, clicked: Collection[str]) -> int:
    """Return 1 where ranking `a` got more of the clicks, -1 where `b` did, 0 for a tie.

    Args:
        shown: The list.
        clicked: Product ids.

    Example:
        >>> credit(Interleaved(("x", "y"), ("a", "b")), {"y"})
        -1
    """
    teams = [team for item, team in zip(shown.items, shown.teams, strict=True) if item in clicked]
    difference = teams.count("a") - teams.count("b")
    return (difference > 0) - (difference < 0)


def preference(votes: Iterable[int]) -> tuple[float, float]:
    """Return by how much `a` is preferred, -1 to 1, and the p-value of a two-sided sign test.

    Ties say nothing and are left out. The binomial probabilities are summed exactly.

    Args:
        votes: What `credit` gave, one a search.

    Example:
        >>> preference([1, 1, 1, 1, 1, 1, 0])
        (1.0, 0.03125)
    """
    found = [value for value in votes if value]
    wins, count = sum(value > 0 for value in found), len(found)
    if not count:
        return 0.0, 1.0
    fewer = min(wins, count - wins)
    log_half = count * math.log(0.5)
    tail = math.fsum(math.exp(_log_choose(count, n) + log_half) for n in range(fewer + 1))
    return (2 * wins - count) / count, min(1.0, round(2.0 * tail, 12))


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
