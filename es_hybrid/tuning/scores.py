"""What each configuration reaches on each query: computed once, whoever asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log2
from statistics import fmean

from es_hybrid.evaluate import JudgedQuery, Judgments, Measure, Scale
from es_hybrid.tuning.candidates import QueryCandidates, Replay
from es_hybrid.tuning.configuration import Configuration, LexicalVariant, TunedSettings

__all__ = ["ScoreTable", "lexical_only"]


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Values by configuration and query.

    Attributes:
        candidates: What was retrieved, by way to search words and query id.
        judgments: The grades.
        measure: What is computed.
        scale: What grades mean.
        replay: Ranks the candidates.
        took_ms: Milliseconds of a search, by candidates per leg and reranked.
        worth: What a configuration must bring that takes twice the time.
    """

    candidates: Mapping[tuple[LexicalVariant, str], QueryCandidates]
    judgments: Judgments
    measure: Measure
    scale: Scale
    replay: Replay
    took_ms: Mapping[tuple[int, int], float] = field(default_factory=dict)
    worth: float = 0.0
    _known: dict[tuple[Configuration, str], float] = field(default_factory=dict)

    @property
    def computed(self) -> int:
        """How many values were computed so far."""
        return len(self._known)

    def value(self, configuration: Configuration, query_id: str) -> float:
        """Return what a configuration reaches on one query."""
        key = (configuration, query_id)
        if key not in self._known:
            ranking = self.replay.ranking(
                self.candidates[configuration.lexical, query_id], configuration
            )
            grades = self.judgments.get(query_id, {})
            self._known[key] = self.measure.value(ranking, grades, scale=self.scale)
        return self._known[key]

    def values(self, tuned: TunedSettings, queries: Sequence[JudgedQuery]) -> list[float]:
        """Return what settings reach on each query, each by its own weights."""
        return [self.value(tuned.of(query.text), query.id) for query in queries]

    def worth_of(self, configuration: Configuration, queries: Sequence[JudgedQuery]) -> float:
        """Return the mean over queries, less what the configuration's time is worth."""
        return self.mean(configuration, queries) - self.cost(configuration)

    def mean(self, configuration: Configuration, queries: Sequence[JudgedQuery]) -> float:
        """Return the mean over queries."""
        return fmean(self.value(configuration, query.id) for query in queries)

    def cost(self, configuration: Configuration) -> float:
        """Return what a configuration must bring for its time; 0 for the fastest one."""
        took = self.ms(configuration)
        if not self.worth or took is None:
            return 0.0
        return self.worth * log2(max(took / min(self.took_ms.values()), 1.0))

    def ms(self, configuration: Configuration) -> float | None:
        """Return the milliseconds of a search, where they were measured."""
        return self.took_ms.get(configuration.stages)


def lexical_only(configuration: Configuration) -> Configuration:
    """Return the search by words alone, not reranked."""
    return replace(configuration, lexical_weight=1.0, blend=0.0).canonical
