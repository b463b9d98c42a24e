"""Which new products a search gives places to: what the rules say, and what the request says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from es_hybrid.policies import Exploration
from es_hybrid.query.explore import Explore
from es_hybrid.rules.document import ExploreRule

__all__ = ["asked_exploration", "exploration"]


def exploration(rule: ExploreRule | None) -> Exploration | None:
    """Return what a rule says of new products; `None` where it gives them no place.

    Example:
        >>> exploration(ExploreRule(slots=2)).slots
        2
    """
    if rule is None or not rule.slots:
        return None
    return Exploration(
        created_field=rule.created_field,
        younger_than_days=rule.younger_than_days,
        impressions_field=rule.impressions_field,
        until_impressions=rule.until_impressions,
        slots=rule.slots,
        per=rule.per,
        first_place=rule.first_place,
        pool=rule.pool,
    )


def asked_exploration(
    asked: bool | Explore | None,  # noqa: FBT001 - as the request has it
    by_rules: Exploration | None,
) -> Exploration | None:
    """Return what is in force for one request.

    What the request says stands in place of what the rules say, key by key. Only `slots`, or `true`,
    gives new products places that the rules do not give.

    Args:
        asked: `ext.hybrid.explore`.
        by_rules: What the rules say.

    Example:
        >>> asked_exploration(Explore(slots=2), None).slots
        2
        >>> asked_exploration(Explore(seed="a"), None) is None
        True
    """
    if asked is None:
        return by_rules
    if asked is True:
        return by_rules or Exploration()
    if asked is False or asked.slots == 0 or (by_rules is None and asked.slots is None):
        return None
    given: dict[str, Any] = {
        name: value
        for name in asked.model_fields_set
        if (value := getattr(asked, name)) is not None
    }
    return replace(by_rules or Exploration(), **given)
