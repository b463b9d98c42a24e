"""The candidates of one search with their features: what a learned ranking is trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from es_hybrid.rank.features import FEATURES, features
from es_hybrid.rank.ranking import Ranking
from es_hybrid.types import Correction, Degradation, Evidence, Scores

__all__ = ["RankingFeatures", "Watching"]


@dataclass(frozen=True, slots=True)
class RankingFeatures:
    """What the untrained stages know of the candidates of one search.

    Attributes:
        ids: Product ids, in the order that breaks ties, not in that of the page.
        rows: One row a candidate, one column a feature, shape `(n, 23)`; NaN is "not known".
        relevance: Of the untrained order, 0 to 1, shape `(n,)`.
        codes: Whether each is a product whose exact code was asked for, shape `(n,)`.
        degraded: What the search went without.
    """

    ids: tuple[str, ...]
    rows: NDArray[np.float64]
    relevance: Scores
    codes: NDArray[np.bool_]
    degraded: tuple[Degradation, ...] = ()

    @classmethod
    def of(cls, ranking: Ranking, degraded: Sequence[Degradation] = ()) -> Self:
        """Return those of a ranking that a model was watching."""
        correction = ranking.correction
        if correction is None:
            return cls.none(degraded)
        return cls(
            ids=tuple(hit.id for hit in ranking.hits),
            rows=correction.rows,
            relevance=ranking.relevance,
            codes=np.array([hit.code for hit in ranking.hits], dtype=bool),
            degraded=tuple(degraded),
        )

    @classmethod
    def none(cls, degraded: Sequence[Degradation] = ()) -> Self:
        """Return those of a search that found nothing."""
        rows = np.zeros((0, len(FEATURES)))
        return cls((), rows, np.zeros(0), np.zeros(0, dtype=bool), tuple(degraded))

    def of_feature(self, name: str) -> Scores:
        """Return one column.

        Raises:
            ValueError: There is no such feature.

        Example:
            >>> RankingFeatures.none().of_feature("rating").shape
            (0,)
        """
        return self.rows[:, FEATURES.index(name)]


@dataclass(frozen=True, slots=True)
class Watching:
    """Stands where a model stands, computes every feature and changes nothing.

    Attributes:
        fields: Doc-value field of each product property.
    """

    fields: Mapping[str, str]
    version: str = "untrained"
    needs: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """All of the doc-value fields."""
        return tuple(dict.fromkeys(self.fields.values()))

    def correct(self, evidence: Evidence) -> Correction:
        """Return the features and the relevance as it is."""
        return Correction(features(evidence, fields=self.fields), evidence.relevance)

    def contributions(
        self, correction: Correction, positions: Sequence[int]
    ) -> list[Mapping[str, float]]:
        """Return that nothing did anything."""
        return [{} for _ in range(len(positions) if len(correction.relevance) else 0)]
