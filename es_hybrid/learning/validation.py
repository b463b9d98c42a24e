"""Whether a trained order is better than the untrained one, on queries it was not trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from es_hybrid.errors import ConfigurationError
from es_hybrid.evaluate.judgments import relevance_threshold
from es_hybrid.evaluate.significance import bootstrap_interval, queries_needed
from es_hybrid.learning.examples import Example, ndcg_of
from es_hybrid.learning.linear import Linear
from es_hybrid.learning.training import Training, Trees, train
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.types import Json, Scores

__all__ = ["CHOICES", "Validation", "choose", "countable", "folds_of", "validate"]

CHOICES: tuple[Training, ...] = (Linear(), Trees(share=0.3), Trees(leaves=2), Trees())
"""Ways to train, from which cross-validation chooses; the simplest first."""

_ENOUGH = 5


@dataclass(frozen=True, slots=True)
class Validation:
    """NDCG@10 of both orders, by query; each query ranked by a model that had not seen it.

    Attributes:
        query_ids: Queries with at least one relevant product.
        untrained: NDCG@10 of the order as it was, shape `(q,)`.
        trained: NDCG@10 of the learned order, shape `(q,)`.
        low: Lower end of the 95 % interval of the mean difference (paired bootstrap).
        high: Upper end.
        chosen: How often each way to train was chosen, by its name.
        judged_only: The same orders with the products left out that nobody judged; `None` there.
    """

    query_ids: tuple[str, ...]
    untrained: Scores
    trained: Scores
    low: float
    high: float
    chosen: Counter[str] = field(default_factory=Counter)
    judged_only: Validation | None = None

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

    @property
    def queries_needed(self) -> int | None:
        """How many such queries would tell such a gain from chance; `None` for no gain at all."""
        if self.is_worse:
            return None
        gains = (self.trained - self.untrained).tolist()
        return queries_needed(gains, difference=self.difference)

    def to_dict(self) -> Json:
        """Return the figures that are kept in the model's file."""
        judged = {"judged_only": self.judged_only.to_dict()} if self.judged_only else {}
        return {
            "queries": len(self.query_ids),
            "ndcg@10_untrained": round(float(self.untrained.mean()), 4),
            "ndcg@10_trained": round(float(self.trained.mean()), 4),
            "difference": round(self.difference, 4),
            "interval_95": [round(self.low, 4), round(self.high, 4)],
            **judged,
        }

    def __str__(self) -> str:
        return (
            f"NDCG@10 {self.untrained.mean():.4f} -> {self.trained.mean():.4f} on "
            f"{len(self.query_ids)} unseen queries, difference {self.difference:+.4f} "
            f"(95 % interval {self.low:+.4f} to {self.high:+.4f})"
        )


def countable(examples: Sequence[Example]) -> list[Example]:
    """Return the examples of queries with a relevant product: the only ones that NDCG says much of.

    Raises:
        ConfigurationError: They are too few to hold any back.
    """
    least = relevance_threshold({example.query_id: example.judged for example in examples})
    found = [e for e in examples if max(e.judged.values(), default=0) >= least]
    if len(found) < 2 * _ENOUGH:
        raise ConfigurationError(
            f"{len(found)} queries have a relevant product, and {2 * _ENOUGH} are the least",
            hint="judge more queries",
        )
    return found


def folds_of(
    examples: Sequence[Example], *, folds: int, seed: int
) -> Iterator[tuple[list[Example], list[int]]]:
    """Yield what is trained on, and the positions that are held out.

    Folds are made of queries, never of candidates: two candidates of one query know too much of
    each other.
    """
    order = np.random.default_rng(seed).permutation(len(examples))
    folds = max(2, min(folds, len(examples) // _ENOUGH))
    for fold in range(folds):
        held_out = order[fold::folds].tolist()
        without = set(held_out)
        yield [e for place, e in enumerate(examples) if place not in without], held_out


def choose(
    examples: Sequence[Example],
    *,
    choices: Sequence[Training] = CHOICES,
    folds: int = 4,
    seed: int = 0,
    done: Callable[[int], Any] = lambda _: None,
) -> Training:
    """Return the simplest way to train that does about as well as the best, on unseen folds.

    That is within one standard error of its difference from the best (Breiman, Friedman, Olshen and
    Stone, "Classification and Regression Trees", 1984, section 3.4.3): of few queries, the best is
    the best by chance.

    Args:
        examples: Of different queries.
        choices: At least one, the simplest first.
        folds: At most as many as there are queries for.
        seed: Of the folds.
        done: Is told how many choices were tried.

    Raises:
        ConfigurationError: There is nothing to learn from.

    Example:
        trained = train(examples, name="toys-1", training=choose(examples))
    """
    if len(choices) == 1:
        return choices[0]
    found = []
    for number, choice in enumerate(choices, start=1):
        found.append(cross_validated(examples, choice, folds=folds, seed=seed))
        done(number)
    best = max(found, key=lambda each: float(each.mean()))
    for choice, each in zip(choices, found, strict=True):
        behind = best - each
        if behind.mean() <= behind.std() / np.sqrt(len(behind)):
            return choice
    return choices[0]


def cross_validated(
    examples: Sequence[Example], training: Training, *, folds: int, seed: int
) -> Scores:
    """Return NDCG@10 of each query by a model that was trained on other folds, shape `(q,)`."""
    found = np.zeros(len(examples))
    for seen, held_out in folds_of(examples, folds=folds, seed=seed):
        model = train(seen, name="fold", training=training).model
        for place in held_out:
            found[place] = ndcg_of(examples[place], model)
    return found


def validate(
    examples: Sequence[Example],
    *,
    choices: Sequence[Training] = CHOICES,
    folds: int = 5,
    seed: int = 0,
    done: Callable[[int], Any] = lambda _: None,
) -> Validation:
    """Choose and train on all folds but one, rank the one that was left out, for each in turn.

    What is chosen for a fold is chosen without it, by a cross-validation inside (Varma and Simon,
    "Bias in error estimation when using cross-validation for model selection", BMC Bioinformatics
    7:91, 2006).

    Args:
        examples: Of different queries.
        choices: Ways to train.
        folds: At most as many as there are queries for.
        seed: Of the folds and of the resampling.
        done: Is told how many folds are done.

    Raises:
        ConfigurationError: There is nothing to learn from, or too few queries.

    Example:
        print(validate(examples))
    """
    judged = countable(examples)
    both = np.zeros((2, len(judged)))
    chosen: Counter[str] = Counter()
    for number, (seen, held_out) in enumerate(folds_of(judged, folds=folds, seed=seed), start=1):
        how = choose(seen, choices=choices, folds=folds - 1, seed=seed)
        chosen[str(how)] += 1
        model = train(seen, name="fold", training=how).model
        for place in held_out:
            both[:, place] = _both(judged[place], model)
        done(number)
    before = np.transpose([_both(example, None) for example in judged])
    of_all, of_judged = (
        _compared(judged, untrained, trained, seed=seed)
        for untrained, trained in zip(before, both, strict=True)
    )
    return replace(of_all, chosen=chosen, judged_only=of_judged)


def _both(example: Example, model: LearnedModel | None) -> tuple[float, float]:
    """Return NDCG@10 of all candidates, and of the judged ones alone."""
    return ndcg_of(example, model), ndcg_of(example, model, judged_only=True)


def _compared(
    examples: Sequence[Example], untrained: Scores, trained: Scores, *, seed: int
) -> Validation:
    rng = np.random.default_rng(seed)
    low, high = bootstrap_interval((trained - untrained).tolist(), rng=rng)
    return Validation(tuple(e.query_id for e in examples), untrained, trained, low, high)
