"""Which of a rule set's rules are in force for one search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

from es_hybrid.instructions import PriceRange
from es_hybrid.policies import (
    BoostLimits,
    Cap,
    Diversity,
    Exclusion,
    Exploration,
    Pin,
    Policies,
    StockAction,
    StockPolicy,
)
from es_hybrid.protocols import Boost
from es_hybrid.query.price_range import price_range_of
from es_hybrid.query.schema import Money
from es_hybrid.rank.price_window import PriceWindowBoost
from es_hybrid.rules.boosts import boosts_in_force, read_conditional
from es_hybrid.rules.conditions import Moment, When
from es_hybrid.rules.document import BudgetRule, PinRule, RuleSet, StockRule
from es_hybrid.rules.explore import exploration

__all__ = ["NO_RULES", "InForce", "ReadyRules", "stock_policy"]

_CENTS = 100.0

_SHARED_SIGNS: Mapping[str, frozenset[str]] = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN"}),
    "¥": frozenset({"CNY", "JPY"}),
}


@dataclass(frozen=True, slots=True)
class InForce:
    """What holds for one search.

    Attributes:
        boosts: Business factors.
        policies: Everything else.
    """

    boosts: tuple[Boost, ...] = ()
    policies: Policies = field(default_factory=Policies)


@dataclass(frozen=True, slots=True)
class ReadyRules:
    """A rule set, read once and asked at every search.

    Pins for whole queries are looked up and not tried one by one, so that thousands of them cost a
    search nothing.

    Attributes:
        source: What answers call it, such as `default@3`.
        rules: The rule set.
        boosts: Its boosts, conditions included.
        profiles: Its further lists, by name.
        exact_pins: Rules for whole queries: their numbers by folded query.
        other_pins: Numbers of all others.
    """

    source: str | None
    rules: RuleSet
    boosts: tuple[Boost, ...] = ()
    profiles: Mapping[str, tuple[Boost, ...]] = field(default_factory=dict)
    exact_pins: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    other_pins: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        rules: RuleSet,
        *,
        source: str | None,
        plugin: Callable[[str, str], Boost] | None = None,
    ) -> Self:
        """Read a rule set.

        Args:
            rules: As `parse_rules` gives it.
            source: What answers call it.
            plugin: Finds a boost by its name and the path where it stands.

        Raises:
            RequestError: A plug-in that it names is not installed.
        """
        exact: dict[str, list[int]] = {}
        others = []
        for number, pin in enumerate(rules.pins):
            queries = pin.when.exact_queries if pin.when else ()
            for query in queries:
                exact.setdefault(query, []).append(number)
            if not queries:
                others.append(number)
        return cls(
            source,
            rules,
            read_conditional(rules.boosts, path="rules.boosts", plugin=plugin),
            {
                name: read_conditional(boosts, path=f"rules.profiles.{name}", plugin=plugin)
                for name, boosts in rules.profiles.items()
            },
            {query: tuple(numbers) for query, numbers in exact.items()},
            tuple(others),
        )

    def at(self, moment: Moment, *, text: str = "", money: Money | None = None) -> InForce:
        """Return what is in force for one search.

        Args:
            moment: The shopper's words, the request's context, the time.
            text: The shopper's words as they were typed, for the budget.
            money: Currency and unit of the index's prices.
        """
        rules = self.rules
        budget = _budget(rules.budget, price_range_of(text), money) if rules.budget else None
        boosts = boosts_in_force(self.boosts, moment)
        return InForce(
            boosts if budget is None else (*boosts, budget),
            Policies(
                source=self.source,
                stock=stock_policy(rules.stock) if rules.stock else None,
                pins=tuple(self._pins(moment)),
                exclusions=tuple(
                    Exclusion(rule.ids, rule.field, rule.equals)
                    for rule in rules.excludes
                    if _holds(rule.when, moment)
                ),
                caps=tuple(
                    Cap(rule.field, rule.most, rule.per, rule.exempt_named)
                    for rule in rules.caps
                    if _holds(rule.when, moment)
                ),
                diversity=_diversity(rules, moment),
                explore=_explore(rules, moment),
                limits=BoostLimits(rules.limits.places, rules.limits.share)
                if rules.limits
                else None,
                variants=rules.variants,
            ),
        )

    def _pins(self, moment: Moment) -> Iterable[Pin]:
        numbers = {*self.exact_pins.get(moment.text, ()), *self.other_pins}
        for number in sorted(numbers):
            rule: PinRule = self.rules.pins[number]
            if _holds(rule.when, moment):
                for place, id_ in enumerate(rule.ids, start=rule.position):
                    yield Pin(id_, place, number, rule.in_stock_only)


NO_RULES = ReadyRules(None, RuleSet())
"""Nothing is in force."""


def _holds(when: When | None, moment: Moment) -> bool:
    return when is None or when.holds(moment)


def stock_policy(rule: StockRule) -> StockPolicy:
    """Return what a rule says of sold-out products."""
    return StockPolicy(
        field=rule.field,
        action=StockAction(rule.action),
        above=rule.above,
        equals=rule.equals,
        missing_is_in_stock=rule.missing == "in_stock",
        factor=rule.factor,
        group=rule.group,
    )


def _diversity(rules: RuleSet, moment: Moment) -> Diversity | None:
    rule = rules.diversity
    if rule is None or rule.strength <= 0.0 or not _holds(rule.when, moment):
        return None
    return Diversity(rule.field, rule.strength, rule.first)


def _explore(rules: RuleSet, moment: Moment) -> Exploration | None:
    rule = rules.explore
    return exploration(rule) if rule is not None and _holds(rule.when, moment) else None


def _budget(
    rule: BudgetRule, found: PriceRange | None, money: Money | None
) -> PriceWindowBoost | None:
    """Return the window of a budget; none where its currency is not, or may not be, the index's."""
    if found is None:
        return None
    currency = rule.currency or (money.currency if money else None)
    if found.currency is not None:
        family = _SHARED_SIGNS.get(found.currency, frozenset({found.currency}))
        if currency is None or currency.upper() not in family:
            return None
    unit = rule.unit or (money.unit if money else "major")
    scale = _CENTS if unit == "minor" else 1.0
    low, high = (None if bound is None else bound * scale for bound in (found.low, found.high))
    return PriceWindowBoost(rule.field, low, high, by=rule.factor, softness=rule.softness)
