"""What a ranking is learned from: the candidates of judged queries, judged or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from es_hybrid.evaluate.metrics import ndcg
from es_hybrid.rank.features import FEATURES
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.rank.ranking_features import RankingFeatures
from es_hybrid.types import Scores

__all__ = ["NOT_JUDGED", "Example", "examples_of", "known_features", "ndcg_of"]

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
        codes: Which products stand first whatever a model says, shape `(n,)`.
    """

    query_id: str
    ids: tuple[str, ...]
    rows: NDArray[np.float64]
    relevance: Scores
    grades: NDArray[np.int64]
    judged: Mapping[str, int]
    codes: NDArray[np.bool_]

    @property
    def teaches(self) -> bool:
        """Whether its candidates have different grades, an unjudged one counting as 0."""
        return len(set(np.maximum(self.grades, 0).tolist())) > 1


def examples_of(
    found: Iterable[tuple[str, RankingFeatures]], judgments: Mapping[str, Mapping[str, int]]
) -> list[Example]:
    """Return an example for each query that has judgments and candidates.

    Args:
        found: Query id, and what `ranking_features` returned for the query.
        judgments: Grades by product id, by query id.

    Example:
        >>> found = RankingFeatures(
        ...     ("a", "b"), np.zeros((2, len(FEATURES))), np.ones(2), np.zeros(2, bool))
        >>> examples_of([("q1", found)], {"q1": {"a": 3}})[0].grades.tolist()
        [3, -1]
    """
    return [
        Example(
            query_id=query_id,
            ids=each.ids,
            rows=each.rows,
            relevance=each.relevance,
            grades=np.array([grades.get(id_, NOT_JUDGED) for id_ in each.ids]),
            judged=grades,
            codes=each.codes,
        )
        for query_id, each in found
        if (grades := judgments.get(query_id)) and each.ids
    ]


def known_features(examples: Sequence[Example]) -> tuple[str, ...]:
    """Return the features of which every query knows something."""
    if not examples:
        return ()
    known = np.array([np.isfinite(example.rows).any(axis=0) for example in examples])
    return tuple(
        name
        for name, told in zip(FEATURES, np.logical_and.reduce(known).tolist(), strict=True)
        if told
    )


def ndcg_of(example: Example, model: LearnedModel | None, *, judged_only: bool = False) -> float:
    """Return NDCG@10 of one query by a model, or of the untrained order.

    Args:
        example: With all of the query's candidates.
        model: `None` for the untrained order.
        judged_only: Leave products that nobody judged out of the list, instead of counting them as
            wrong (Sakai, "Alternatives to Bpref", SIGIR 2007).
    """
    scores = example.relevance if model is None else model.of_rows(example.rows, example.relevance)
    # As a search has it: what was asked for by its code stands first.
    order = np.lexsort((np.arange(len(scores)), -scores, ~example.codes))
    if judged_only:
        order = order[example.grades[order] != NOT_JUDGED]
    return ndcg([example.ids[place] for place in order], example.judged)
