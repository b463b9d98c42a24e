"""What a ranking is learned from: the candidates of judged queries, judged or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_hybrid.rank.features import PRODUCT_FIELDS, Evidence, features
from es_hybrid.types import Scores

__all__ = ["NOT_JUDGED", "Example", "examples_of"]

NOT_JUDGED = -1


@dataclass(frozen=True, slots=True)
class Example:
    """One query with all of its candidates.

    Attributes:
        query_id: By which folds are made: a query is never in training and in test.
        ids: Product ids, shape `(n,)`.
        rows: Features, shape `(n, 23)`.
        relevance: Of the untrained order, 0 to 1, shape `(n,)`.
        grades: From 0; `NOT_JUDGED` where nobody judged, shape `(n,)`.
        judged: All grades of the query, those of products that were not found too.
    """

    query_id: str
    ids: tuple[str, ...]
    rows: NDArray[np.float64]
    relevance: Scores
    grades: NDArray[np.int64]
    judged: Mapping[str, int]

    @property
    def teaches(self) -> bool:
        """Whether its candidates have different grades, an unjudged one counting as 0."""
        return len(set(np.maximum(self.grades, 0).tolist())) > 1


def examples_of(
    evidence: Iterable[tuple[str, Evidence]],
    judgments: Mapping[str, Mapping[str, int]],
    *,
    fields: Mapping[str, str] = PRODUCT_FIELDS,
) -> list[Example]:
    """Return an example for each query that has judgments and candidates.

    Args:
        evidence: Query id, and what the untrained stages knew.
        judgments: Grades by product id, by query id.
        fields: Doc-value field of each product property.

    Example:
        >>> from es_hybrid.types import Hit
        >>> found = Evidence("shoe", [Hit("i", "a"), Hit("i", "b")], np.ones(2), np.ones(2))
        >>> examples_of([("q1", found)], {"q1": {"a": 3}})[0].grades.tolist()
        [3, -1]
    """
    return [
        Example(
            query_id=query_id,
            ids=tuple(hit.id for hit in found.hits),
            rows=features(found, fields=fields),
            relevance=found.relevance,
            grades=np.array([grades.get(hit.id, NOT_JUDGED) for hit in found.hits]),
            judged=grades,
        )
        for query_id, found in evidence
        if (grades := judgments.get(query_id)) and found.hits
    ]
