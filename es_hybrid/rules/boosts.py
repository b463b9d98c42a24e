"""Boosts that depend on the query, the season or the audience."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid.errors import RequestError, RulesError
from es_hybrid.protocols import Boost
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.rules.conditions import Moment, When
from es_hybrid.rules.document import bare, conditions_of
from es_hybrid.types import BoostContext, Hit

__all__ = ["BOOSTS_PATH", "ConditionalBoost", "boosts_in_force", "read_conditional"]

BOOSTS_PATH = "ext.hybrid.boosts"


@dataclass(frozen=True, slots=True)
class ConditionalBoost:
    """A boost that takes part only where its condition holds.

    Attributes:
        boost: Any boost.
        when: Its condition, looked at once a search.

    Example:
        >>> from es_hybrid import FieldBoost
        >>> winter = ConditionalBoost(FieldBoost("season", equals="winter"), When(months=[12, 1, 2]))
        >>> boosts_in_force([winter], Moment(now_s=0.0))[0].name
        'season=winter'
    """

    boost: Boost
    when: When

    @property
    def name(self) -> str:
        """The boost's own."""
        return self.boost.name

    @property
    def fields(self) -> Sequence[str]:
        """The boost's own."""
        return self.boost.fields

    def factor(self, hit: Hit, context: BoostContext) -> float:
        """Return the boost's factor; the condition has been looked at before."""
        return self.boost.factor(hit, context)


def boosts_in_force(boosts: Iterable[Boost], moment: Moment) -> tuple[Boost, ...]:
    """Return the boosts whose conditions hold, without their conditions."""
    found = []
    for boost in boosts:
        if not isinstance(boost, ConditionalBoost):
            found.append(boost)
        elif boost.when.holds(moment):
            found.append(boost.boost)
    return tuple(found)


def read_conditional(
    section: Sequence[Mapping[str, Any]],
    *,
    path: str = BOOSTS_PATH,
    plugin: Callable[[str, str], Boost] | None = None,
) -> tuple[Boost, ...]:
    """Read boosts as a request or a rule set writes them, each perhaps with a `when`.

    Args:
        section: See `read_boosts`.
        path: Where they stand, for the error.
        plugin: Finds a boost by its name and the path where it stands.

    Raises:
        RequestError: Names the path of the first mistake.

    Example:
        >>> section = [{"field": "brand", "equals": "Acme", "when": {"words": ["gift"]}}]
        >>> read_conditional(section)[0].when.words
        ('gift',)
    """
    try:
        conditions = conditions_of(section, path=path)
    except RulesError as error:
        raise RequestError(error.reason, path=error.path, hint=error.hint) from None
    boosts = read_boosts(bare(section), path=path, plugin=plugin)
    return tuple(
        boost if when is None else ConditionalBoost(boost, when)
        for boost, when in zip(boosts, conditions, strict=True)
    )
