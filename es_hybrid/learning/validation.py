"""Whether a trained order is better than the untrained one, on queries it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from es_hybrid.evaluate.metrics import ndcg
from es_hybrid.evaluate.significance import bootstrap_interval
from es_hybrid.learning.examples import Example
from es_hybrid.learning.training import Training, train
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.types import Json, Scores

__all__ = ["Validation", "validate"]

_ENOUGH = 5
_RELEVANT = 2


@dataclass(frozen=True, slots=True)
class Validation:
    """NDCG@10 of both orders, by query; each query ranked by a model that had not seen it.

    Attributes:
        query_ids: Queries with at least one product of grade 2 or more.
        untrained: NDCG@10 of the order as it was, shape `(q,)`.
        trained: NDCG@10 of the learned order, shape `(q,)`.
        low: Lower end of the 95 % interval of the mean difference.
        high: Upper end.
    """

    query_ids: tuple[str, ...]
    untrained: Scores
    trained: Scores
    low: float
    high: float

    @property
    def difference(self) -> float:
        """Mean of what the learned order gains."""
        return float((self.trained - self.untrained).mean())

    @property
    def is_worse(self) -> bool:
        """Whether the guard holds a model back: it does not gain on unseen queries."""
        return self.difference <= 0.0

    @property
    def is_better(self) -> bool:
        """Whether the gain is beyond chance: the whole interval lies above 0."""
        return self.low > 0.0

    def to_dict(self) -> Json:
        """Return the figures that are kept in the model's file."""
        return {
            "queries": len(self.query_ids),
            "ndcg@10_untrained": round(float(self.untrained.mean()), 4),
            "ndcg@10_trained": round(float(self.trained.mean()), 4),
            "difference": round(self.difference, 4),
            "interval_95": [round(self.low, 4), round(self.high, 4)],
        }

    def __str__(self) -> str:
        return (
            f"NDCG@10 {self.untrained.mean():.4f} -> {self.trained.mean():.4f} on "
            f"{len(self.query_ids)} unseen queries, difference {self.difference:+.4f} "
            f"(95 % interval {self.low:+.4f} to {self.high:+.4f})"
        )


def validate(
    examples: Sequence[Example], *, folds: int = 5, training: Training | None = None
) -> Validation:
    """Train on all folds but one, rank the one that was left out, for each fold in turn.

    Folds are made of queries, never of candidates: two candidates of one query know too much of
    each other.

    Args:
        examples: Of different queries.
        folds: At most as many as there are queries.
        training: How to train.

    Raises:
        ConfigurationError: There is nothing to learn from in a fold's complement.

    Example:
        print(validate(examples))
    """
    how = training or Training()
    judged = [e for e in examples if max(e.judged.values(), default=0) >= _RELEVANT]
    order = np.random.default_rng(how.seed).permutation(len(judged))
    folds = max(2, min(folds, len(judged) // _ENOUGH))
    trained = np.zeros(len(judged))
    for fold in range(folds):
        held_out = set(order[fold::folds].tolist())
        seen = [example for place, example in enumerate(judged) if place not in held_out]
        model = train(seen, name="fold", training=how).model
        for place in held_out:
            trained[place] = ndcg_of(judged[place], model)
    untrained = np.array([ndcg_of(example, None) for example in judged])
    rng = np.random.default_rng(how.seed)
    low, high = bootstrap_interval((trained - untrained).tolist(), rng=rng)
    return Validation(tuple(e.query_id for e in judged), untrained, trained, low, high)


def ndcg_of(example: Example, model: LearnedModel | None) -> float:
    """Return NDCG@10 of one query by a model, or of the untrained order."""
    scores = example.relevance if model is None else model.of_rows(example.rows, example.relevance)
    order = np.argsort(-scores, kind="stable")
    return ndcg([example.ids[place] for place in order], example.judged)
