"""Searches of a log as click models and estimates read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from es_hybrid.evaluate.clicks import ClickModel, Session
from es_hybrid.evaluate.counterfactual import Estimate, ips, snips
from es_hybrid.logs.history import LoggedSearch

__all__ = ["Change", "Reward", "click_sessions", "estimate_change", "moved_share"]


class Reward(StrEnum):
    """What a change of the ranking is judged by."""

    CLICKS = "clicks"
    CARTS = "carts"
    PURCHASES = "purchases"
    REVENUE = "revenue"


_COLUMN = {reward: place for place, reward in enumerate(Reward)}


def click_sessions(
    searches: Iterable[LoggedSearch], *, counted: Collection[Reward] = (Reward.CLICKS,)
) -> list[Session]:
    """Return what was shown and clicked, of searches whose words and first page are known.

    Products that stood there to be tried out are marked: they say nothing of the ranking.

    Args:
        searches: The log.
        counted: What counts as a click.

    Example:
        >>> search = LoggedSearch("q", 0.0, key="boot", shown={1: "a", 2: "b"}, explored={2})
        >>> click_sessions([search])[0].left_out
        frozenset({1})
    """
    sessions = []
    wanted = [_COLUMN[reward] for reward in counted]
    for search in searches:
        shown = _from_the_top(search)
        if search.key and shown:
            deeds = search.deeds.products
            liked = {id_ for id_, sums in deeds.items() if any(sums[n] for n in wanted)}
            clicked = (n for n, id_ in enumerate(shown) if id_ in liked)
            left_out = frozenset(position - 1 for position in search.explored)
            sessions.append(Session(search.key, shown, frozenset(clicked), left_out))
    return sessions


def moved_share(sessions: Iterable[Session]) -> float:
    """Return the share of products that a query showed at more than one place.

    Without any, no model can tell what is liked from what merely stands high.
    """
    places: dict[tuple[str, str], set[int]] = defaultdict(set)
    for session in sessions:
        for place, product in enumerate(session.shown):
            if place not in session.left_out:
                places[session.query, product].add(place)
    return sum(len(seen) > 1 for seen in places.values()) / len(places) if places else 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """What another ranking would have earned.

    Attributes:
        searches: Logged searches that the new ranking answers, too.
        covered: Their share of all.
        known: Share of what the new ranking would have had looked at that the log showed; of the
            rest it knows nothing, and counts it as earning nothing.
        logged: Reward a search, as it was.
        changed: Reward a search under the new ranking (IPS); `value` and `standard_error`.
        liked_seen: Share of what shoppers like that was looked at, as it was.
        liked_seen_changed: The same under the new ranking (SNIPS); not moved by how much is liked.
    """

    searches: int
    covered: float
    known: float
    logged: float
    changed: Estimate
    liked_seen: Estimate | None
    liked_seen_changed: Estimate | None


def estimate_change(
    searches: Sequence[LoggedSearch],
    rankings: Mapping[str, Sequence[str]],
    model: ClickModel,
    *,
    reward: Reward = Reward.CLICKS,
    clip: float = 10.0,
) -> Change:
    """Estimate what a new ranking would have earned, from a log of the old one.

    Each product that was shown is an event. It was seen with the examination of its place, and
    would be with that of its place in the new ranking: the weight is their quotient (Joachims,
    Swaminathan and Schnabel, WSDM 2017). Products that stood there to be tried out are left out.

    Args:
        searches: The log.
        rankings: Products of the new ranking, best first, by the key of the query.
        model: A position-based one, fitted on the log.
        reward: What counts.
        clip: Largest weight.

    Raises:
        ValueError: The new ranking answers none of the logged searches.
    """
    looked = model.examination
    rewards: list[float] = []
    before: list[float] = []
    after: list[float] = []
    used = 0
    wanted = met = 0.0
    for search in searches:
        ranking, shown = rankings.get(search.key), _from_the_top(search)
        if not search.key or ranking is None or not shown:
            continue
        used += 1
        depth = min(len(shown), len(looked))
        new_places = {product: place for place, product in enumerate(ranking[:depth])}
        seen = set()
        for place, product in enumerate(shown[:depth]):
            if place + 1 in search.explored:
                continue
            seen.add(product)
            earned = search.deeds.products.get(product)
            rewards.append(earned[_COLUMN[reward]] if earned else 0.0)
            before.append(looked[place])
            new_place = new_places.get(product)
            after.append(0.0 if new_place is None else looked[new_place])
        wanted += sum(looked[place] for place in new_places.values())
        met += sum(looked[place] for product, place in new_places.items() if product in seen)
    if not rewards:
        raise ValueError("the new ranking answers none of the logged searches")
    each = len(rewards) / used
    plain = ips(rewards, before, after, clip=clip)
    changed = Estimate(
        plain.value * each, plain.standard_error * each, plain.effective_events, plain.clipped
    )
    return Change(
        searches=used,
        covered=used / len(searches),
        known=met / wanted if wanted else 0.0,
        logged=sum(rewards) / used,
        changed=changed,
        liked_seen=_liked_seen(rewards, before, before),
        liked_seen_changed=_liked_seen(rewards, before, after),
    )


def _liked_seen(
    rewards: Sequence[float], before: Sequence[float], looked: Sequence[float]
) -> Estimate | None:
    """Return how much of what is liked is looked at: what was clicked, weighed by its odds."""
    liked = [n for n, reward in enumerate(rewards) if reward > 0]
    if not liked:
        return None
    chances = [before[n] for n in liked]
    # Weights are 1 / chance, and not clipped: the chances are the model's, and never tiny.
    return snips([looked[n] for n in liked], chances, [1.0] * len(liked), clip=float("inf"))


def _from_the_top(search: LoggedSearch) -> list[str]:
    """Return the products from the first place down to the first that is not known."""
    shown: list[str] = []
    while (product := search.shown.get(len(shown) + 1)) is not None:
        shown.append(product)
    return shown
