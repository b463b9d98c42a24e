"""Choose settings on some queries: successive halving, then what some groups of them need.

Dozens of queries cannot tell hundreds of configurations apart: the best of them on the queries that
chose it is worse than the default on others. So a change must show by a multiple of its standard
error, and each further change a little more.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

from es_hybrid.evaluate import JudgedQuery
from es_hybrid.query.kinds import groups_of
from es_hybrid.tuning.configuration import Configuration, TunedSettings
from es_hybrid.tuning.scores import ScoreTable, lexical_only
from es_hybrid.tuning.space import Space
from es_hybrid.types import QueryKind

__all__ = ["Chooser", "group_members"]

_KEPT = 3
"""Of so many configurations one goes on to the next rung, on twice the queries."""
_FIRST_RUNG = 0.25
_LEAST_OF_A_RUNG = 8
_A_CHANGE = 0.001


@dataclass(frozen=True, slots=True)
class Chooser:
    """Chooses settings on the queries that it is given.

    Attributes:
        table: What configurations reach.
        space: The values of each parameter.
        default: What is in force.
        drawn: The configurations that are compared.
        caution: Standard errors by which a change must show; infinite keeps the default.
        least: Queries that a group must have to get weights of its own.
        seed: Of the order of the queries.
    """

    table: ScoreTable
    space: Space
    default: TunedSettings
    drawn: Sequence[Configuration]
    caution: float = 1.0
    least: int = 15
    seed: int = 0

    def settings(self, queries: Sequence[JudgedQuery]) -> TunedSettings:
        """Return the settings that these queries speak for."""
        if math.isinf(self.caution):
            return self.default
        base = self.default.base.canonical
        best = self._surest(self._survivors(queries), base, queries)
        groups = {
            group: members
            for group, members in group_members(queries).items()
            if self.least <= len(members) < len(queries)
        }
        if not groups:  # else one group's words would decide for all
            best = self._unless_words_do(best, lexical_only(base), queries)
        # A search that reranks nothing has no depth; groups that are reranked need one.
        kept = replace(best, top=best.top or self.default.base.top)
        tuned = self.default if best == base else replace(self.default, base=kept)
        for group, members in groups.items():
            tuned = self._for_group(tuned, group, members)
        return tuned

    def _survivors(self, queries: Sequence[JudgedQuery]) -> list[Configuration]:
        """Drop configurations on few queries, then on more, until all queries speak.

        Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
        Optimization", AISTATS 2016.
        """
        order = list(queries)
        random.Random(self.seed).shuffle(order)
        left, size = list(self.drawn), max(_LEAST_OF_A_RUNG, int(len(order) * _FIRST_RUNG))
        while size < len(order) and len(left) > _KEPT:
            some = order[:size]
            left.sort(key=lambda configuration: -self.table.worth_of(configuration, some))
            left, size = left[: math.ceil(len(left) / _KEPT)], size * 2
        return left

    def _surest(
        self,
        candidates: Sequence[Configuration],
        now: Configuration,
        queries: Sequence[JudgedQuery],
    ) -> Configuration:
        """Return what gains most beyond doubt; what there is now, where nothing does."""
        best, most = now, 0.0
        for configuration in candidates:
            gain = self._sure_gain(configuration, now, queries)
            if gain > most:
                best, most = configuration, gain
        return best

    def _sure_gain(
        self, other: Configuration, now: Configuration, queries: Sequence[JudgedQuery]
    ) -> float:
        gains = [self.table.value(other, q.id) - self.table.value(now, q.id) for q in queries]
        if len(gains) < 2:
            return 0.0
        doubt = self.caution * stdev(gains) / math.sqrt(len(gains))
        slower = self.table.cost(other) - self.table.cost(now)
        return fmean(gains) - doubt - slower - _A_CHANGE * other.distance(now)

    def _for_group(
        self, tuned: TunedSettings, group: str, members: Sequence[JudgedQuery]
    ) -> TunedSettings:
        now = tuned.of(members[0].text)
        members = [query for query in members if tuned.of(query.text) == now]
        usual = now
        if group == groups_of(members[0].text)[1]:
            # What other languages speak for says nothing of this one: it begins with what it had.
            had = self.default.of(members[0].text)
            usual = replace(tuned.base, lexical_weight=had.lexical_weight, blend=had.blend)
        grid = [
            replace(tuned.base, lexical_weight=weight, blend=blend).canonical
            for weight in self.space.lexical_weight
            for blend in self.space.blend
        ]
        words = lexical_only(tuned.base)
        best = self._surest(grid, usual.canonical, members)
        best = self._unless_words_do(best, words, members)
        return tuned if best == now else tuned.with_group(group, best)

    def _unless_words_do(
        self, best: Configuration, words: Configuration, queries: Sequence[JudgedQuery]
    ) -> Configuration:
        """Return the search by words alone where the models hurt, and nothing surely mends that.

        Words are what the shop had before. Where they beat what is in force, only what beats them
        beyond doubt is taken in their place.
        """
        in_force = fmean(self.table.values(self.default, queries))
        if in_force >= self.table.mean(words, queries):
            return best
        return best if self._sure_gain(best, words, queries) > 0 else words


def group_members(queries: Sequence[JudgedQuery]) -> dict[str, list[JudgedQuery]]:
    """Return the queries of each language, and then of each kind.

    Example:
        >>> list(group_members([JudgedQuery("1", "手机壳"), JudgedQuery("2", "dv7-1211ea")]))
        ['zh', 'en', 'code']
    """
    found: dict[str, list[JudgedQuery]] = {}
    for query in queries:
        found.setdefault(groups_of(query.text)[1], []).append(query)
    for query in queries:
        kind = groups_of(query.text)[0]
        if kind != QueryKind.CHINESE:  # that is its language
            found.setdefault(kind, []).append(query)
    return found
