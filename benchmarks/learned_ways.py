"""Other ways to learn from the same queries, and how far any weighting could go.

What is measured here chooses nothing: it says whether the way that is shipped leaves something on the
table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from es_hybrid.evaluate import bootstrap_interval
from es_hybrid.learning import (
    FEATURES,
    MONOTONE,
    Example,
    LearnedModel,
    Linear,
    Training,
    Trees,
    ndcg_of,
    train,
)
from es_hybrid.learning.examples import known_features
from es_hybrid.learning.validation import folds_of
from es_hybrid.types import Scores

HALVINGS = 20
STEPS = (-0.2, -0.1, -0.05, -0.02, -0.01, 0.01, 0.02, 0.05, 0.1, 0.2)
SENSES = {name: MONOTONE[name] for name in FEATURES if name in MONOTONE and name != "relevance"}

Learner = Callable[[Sequence[Example]], LearnedModel]
"""Makes a model of examples."""


def by(training: Training) -> Learner:
    """Return what trains in a way that the package has."""
    return lambda examples: train(examples, name="way", training=training).model


def climbed(examples: Sequence[Example], *, rounds: int = 2) -> LearnedModel:
    """Climb on NDCG@10 itself, one weight at a time, from no weight at all.

    Metzler and Croft, "Linear feature-based models for information retrieval", Information
    Retrieval 10, 2007.

    Args:
        examples: At least one.
        rounds: Over all features, at most.
    """
    best = LearnedModel("climbed", relevance_weight=1.0)
    height = _mean(examples, best)
    known = [name for name in known_features(examples) if name in SENSES]
    for _ in range(rounds):
        before = height
        for feature in known:
            start = best.weights.get(feature, 0.0)
            for weight in (start + step for step in STEPS):
                if weight * SENSES[feature] < 0.0:
                    continue
                weights = {**best.weights, feature: weight}
                model = LearnedModel("climbed", weights=weights, relevance_weight=1.0)
                reached = _mean(examples, model)
                if reached > height:
                    best, height = model, reached
        if height == before:
            break
    return best


WAYS: Mapping[str, Learner] = {
    "weights, as shipped": by(Linear()),
    "unjudged candidates left out": by(Linear(unjudged_weights=(0.0,))),
    "unjudged at 0.1": by(Linear(unjudged_weights=(0.1,))),
    "unjudged at 0.5": by(Linear(unjudged_weights=(0.5,))),
    "unjudged like judged": by(Linear(unjudged_weights=(1.0,))),
    "smaller penalties": by(Linear(penalties=(0.1, 1.0, 10.0))),
    "penalty 100 alone": by(Linear(penalties=(100.0,))),
    "trees": by(Trees()),
    "trees, share 0.3": by(Trees(share=0.3)),
    "trees of 2 leaves": by(Trees(leaves=2)),
    "climbing on NDCG@10": climbed,
}


def ways_rows(examples: Sequence[Example], *, folds: int, splits: int) -> list[dict[str, Any]]:
    """Return what each way gains on queries that it has not seen, with intervals."""
    rows = []
    for name, learner in WAYS.items():
        gains, judged = _unseen(examples, learner, folds=folds, splits=splits)
        rows.append(
            {
                "way": name,
                **_with_interval(gains),
                "won": int((gains > 1e-9).sum()),
                "lost": int((gains < -1e-9).sum()),
                "judged_only": _with_interval(judged),
            }
        )
    return rows


def halves(examples: Sequence[Example]) -> dict[str, float]:
    """Return what models of one half gain on the other, over halvings by chance."""
    found = []
    for seed in range(HALVINGS):
        for seen, held_out in folds_of(examples, folds=2, seed=seed):
            model = WAYS["weights, as shipped"](seen)
            gains = [_gains(examples[place], model)[0] for place in held_out]
            found.append(float(np.mean(gains)))
    low, middle, high = np.percentile(found, [5, 50, 95]).round(4).tolist()
    above = round(float(np.mean(np.array(found) > 0.0)), 2)
    return {"p5": low, "p50": middle, "p95": high, "mean": round(float(np.mean(found)), 4),
            "above_0": above}  # fmt: skip


def hindsight(examples: Sequence[Example]) -> float:
    """Return what climbing gains on the very queries that it climbed on.

    No promise, but about the most that a sum of weighted features can do for them.
    """
    gain = _mean(examples, climbed(examples, rounds=3)) - _mean(examples, None)
    return round(gain, 4)


def _unseen(
    examples: Sequence[Example], learner: Learner, *, folds: int, splits: int
) -> tuple[Scores, Scores]:
    gains = np.zeros((2, len(examples)))
    for seed in range(splits):
        for seen, held_out in folds_of(examples, folds=folds, seed=seed):
            model = learner(seen)
            for place in held_out:
                gains[:, place] += _gains(examples[place], model)
    return gains[0] / splits, gains[1] / splits


def _gains(example: Example, model: LearnedModel) -> list[float]:
    """Return the gain with all candidates, and with the judged ones alone."""
    return [
        ndcg_of(example, model, judged_only=only) - ndcg_of(example, None, judged_only=only)
        for only in (False, True)
    ]


def _with_interval(gains: Scores) -> dict[str, Any]:
    low, high = bootstrap_interval(gains.tolist(), rng=np.random.default_rng(0))
    return {
        "difference": round(float(gains.mean()), 4),
        "interval_95": [round(low, 4), round(high, 4)],
    }


def _mean(examples: Sequence[Example], model: LearnedModel | None) -> float:
    return float(np.mean([ndcg_of(example, model) for example in examples]))
