"""Click models: what shoppers like, told apart from what they were shown first.

A product that stands first is clicked because it stands first. The position-based model parts how
often a place is looked at from how attractive a product is for a query (Richardson, Dominowska and
Ragno, "Predicting clicks", WWW 2007; expectation-maximisation as in Chuklin, Markov and de Rijke,
"Click Models for Web Search", 2015, section 4.1). The dependent click model follows a shopper down
the page (Guo, Liu and Wang, "Efficient multiple-click models in web search", WSDM 2009).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["ClickModel", "Session", "dependent_click_model", "position_based_model"]

_SMOOTHING = 1.0
"""Clicks and misses that every estimate starts from, so that one view is no certainty."""


@dataclass(frozen=True, slots=True)
class Session:
    """One answered search.

    Attributes:
        query: What identifies the query; a hash will do.
        shown: Product ids, from the first place down.
        clicked: Places that were clicked, from 0.
        left_out: Places that say nothing of the ranking, such as those of products that are tried
            out; neither their views nor their clicks are counted.
    """

    query: str
    shown: Sequence[str]
    clicked: frozenset[int]
    left_out: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class ClickModel:
    """What was learned from clicks.

    Attributes:
        attraction: Probability of a click on a product that is looked at, by query and product.
        examination: Position-based: probability that a place is looked at, from the first, which
            is 1 by convention. Dependent: probability to go on after a click there.
    """

    attraction: Mapping[tuple[str, str], float]
    examination: Sequence[float]


def position_based_model(sessions: Iterable[Session], *, rounds: int = 50) -> ClickModel:
    """Fit `P(click) = examination[place] * attraction[query, product]`.

    Args:
        sessions: With the same products at different places now and then; where every query
            always shows the same order, nothing can part place from product.
        rounds: Of expectation-maximisation.

    Example:
        >>> up, down = frozenset({0}), frozenset[int]()
        >>> shown = [Session("q", ["a", "b"], up), Session("q", ["b", "a"], down)] * 20
        >>> fitted = position_based_model(shown)
        >>> fitted.attraction["q", "a"] > fitted.attraction["q", "b"]
        True
    """
    counts = _views(sessions)
    if not counts:
        return ClickModel({}, ())
    keys = {key: n for n, key in enumerate(dict.fromkeys(key for key, _ in counts))}
    pair = np.array([keys[key] for key, _ in counts])
    place = np.array([place for _, place in counts])
    views, clicks = np.array(list(counts.values()), dtype=np.float64).T
    attraction = np.full(len(keys), 0.5)
    examination = 1.0 / np.arange(1.0, place.max() + 2.0)
    for _ in range(rounds):
        looked, liked = examination[place], attraction[pair]
        missed = (views - clicks) / np.maximum(1.0 - looked * liked, 1e-12)
        # Of the views without a click: how many were liked, how many looked at.
        attraction = _share(pair, clicks + missed * liked * (1.0 - looked), views, len(keys))
        examination = _share(
            place, clicks + missed * looked * (1.0 - liked), views, len(examination)
        )
        # Only the product of both is seen; the first place fixes the scale.
        examination = np.minimum(examination / examination[0], 1.0)
    found = {key: float(attraction[n]) for key, n in keys.items()}
    return ClickModel(found, tuple(examination.tolist()))


def dependent_click_model(sessions: Iterable[Session]) -> ClickModel:
    """Fit a shopper who reads from the top, and after each click goes on or has found it.

    What stands below the last click is not counted as seen; a search without a click was read to
    its end. Both estimates are the closed forms of the paper.

    Args:
        sessions: With the clicked places.

    Example:
        >>> fitted = dependent_click_model([Session("q", ["a", "b"], frozenset({1}))] * 8)
        >>> fitted.attraction["q", "b"] > fitted.attraction["q", "a"]
        True
    """
    seen: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
    at: dict[int, list[float]] = defaultdict(lambda: [0.0, 0.0])
    deepest = 0
    for session in sessions:
        last = max(session.clicked, default=len(session.shown) - 1)
        for place, product in enumerate(session.shown[: last + 1]):
            if place in session.left_out:
                continue
            count = seen[session.query, product]
            count[0] += 1
            count[1] += place in session.clicked
        for place in session.clicked - session.left_out:
            at[place][0] += 1
            at[place][1] += place != last
        deepest = max(deepest, len(session.shown))
    return ClickModel(
        {key: _smoothed(clicks, views) for key, (views, clicks) in seen.items()},
        tuple(_smoothed(at[place][1], at[place][0]) for place in range(deepest)),
    )


def _views(sessions: Iterable[Session]) -> dict[tuple[tuple[str, str], int], list[int]]:
    """Return views and clicks by query, product and place."""
    counts: dict[tuple[tuple[str, str], int], list[int]] = defaultdict(lambda: [0, 0])
    for session in sessions:
        for place, product in enumerate(session.shown):
            if place in session.left_out:
                continue
            count = counts[(session.query, product), place]
            count[0] += 1
            count[1] += place in session.clicked
    return counts


def _share(
    groups: np.ndarray[tuple[int], np.dtype[np.intp]],
    hits: np.ndarray[tuple[int], np.dtype[np.float64]],
    views: np.ndarray[tuple[int], np.dtype[np.float64]],
    size: int,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    total = np.bincount(groups, weights=views, minlength=size)
    return (np.bincount(groups, weights=hits, minlength=size) + _SMOOTHING / 2) / (
        total + _SMOOTHING
    )


def _smoothed(clicks: float, views: float) -> float:
    return (clicks + _SMOOTHING / 2) / (views + _SMOOTHING)
