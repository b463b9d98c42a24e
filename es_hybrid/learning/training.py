"""Trains trees that correct the untrained order (LambdaMART, by LightGBM).

Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", MSR-TR-2010-82.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from es_hybrid.errors import ConfigurationError
from es_hybrid.learning.examples import Example
from es_hybrid.rank.features import FEATURES, MONOTONE, PRODUCT_FIELDS
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.rank.trees import MAX_LEAVES, Split, Tree

__all__ = ["Trained", "Training", "train"]


@dataclass(frozen=True, slots=True)
class Training:
    """How to train; the defaults suit a few hundred judged queries.

    Attributes:
        trees: How many.
        leaves: Of one tree, at most; 64 at most.
        learning_rate: Share of each tree.
        relevance_weight: What the untrained relevance counts; trees learn corrections to it.
        unjudged_weight: Weight of a candidate that nobody judged, as one of grade 0. Where the
            judged pool is shallow, training on judged candidates alone loses to the untrained order.
        min_candidates_in_leaf: Fewer do not make a rule.
        seed: Of the sampling; the same seed gives the same model.
    """

    trees: int = 60
    leaves: int = 8
    learning_rate: float = 0.05
    relevance_weight: float = 4.0
    unjudged_weight: float = 0.5
    min_candidates_in_leaf: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2 <= self.leaves <= MAX_LEAVES:
            raise ConfigurationError(f"leaves must be from 2 to {MAX_LEAVES}, not {self.leaves}")


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and how much each feature did for it.

    Attributes:
        model: What a search loads.
        importances: Share of the gain, 0 to 1, by feature, the largest first.
    """

    model: LearnedModel
    importances: Mapping[str, float]


def train(
    examples: Sequence[Example],
    *,
    name: str,
    training: Training | None = None,
    fields: Mapping[str, str] = PRODUCT_FIELDS,
) -> Trained:
    """Train on all examples.

    Args:
        examples: At least one whose candidates have different grades.
        name: Of the model.
        training: How.
        fields: Doc-value fields that the examples' features were read from.

    Raises:
        ConfigurationError: LightGBM is missing, or no example teaches anything.

    Example:
        trained = train(examples_of(evidence, judgments), name="toys-1")
    """
    how = training or Training()
    useful = [example for example in examples if example.teaches]
    if not useful:
        raise ConfigurationError(
            "there is nothing to learn: in every query all candidates have the same grade",
            hint="give judgments of at least two grades among the first hundred candidates",
        )
    lightgbm = _lightgbm()
    grades = [np.maximum(example.grades, 0) for example in useful]
    weights = [np.where(e.grades < 0, how.unjudged_weight, 1.0) for e in useful]
    data = lightgbm.Dataset(
        np.vstack([example.rows for example in useful]),
        label=np.concatenate(grades),
        weight=np.concatenate(weights),
        group=[len(example.ids) for example in useful],
        init_score=np.concatenate([how.relevance_weight * e.relevance for e in useful]),
        feature_name=list(FEATURES),
    )
    booster = lightgbm.train(_parameters(how), data, num_boost_round=how.trees)
    trees = tuple(_tree(found["tree_structure"]) for found in booster.dump_model()["tree_info"])
    gains = booster.feature_importance("gain")
    shares = {f: float(g / (gains.sum() or 1.0)) for f, g in zip(FEATURES, gains, strict=True)}
    return Trained(
        LearnedModel(name, trees, relevance_weight=how.relevance_weight, fields=dict(fields)),
        dict(sorted(shares.items(), key=lambda item: -item[1])),
    )


def _lightgbm() -> Any:
    try:
        import lightgbm  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigurationError(
            "training needs LightGBM", hint="pip install 'es-hybrid[ltr]'"
        ) from None
    return lightgbm


def _parameters(how: Training) -> dict[str, Any]:
    return {
        "objective": "lambdarank",
        "lambdarank_truncation_level": 15,
        "num_leaves": how.leaves,
        "learning_rate": how.learning_rate,
        "min_data_in_leaf": how.min_candidates_in_leaf,
        "lambda_l2": 5.0,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "monotone_constraints": [MONOTONE.get(feature, 0) for feature in FEATURES],
        "seed": how.seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
    }


def _tree(root: Mapping[str, Any]) -> Tree:
    """Return one of LightGBM's trees with its leaves numbered from left to right."""
    splits: list[Split] = []
    values: list[float] = []

    def walk(node: Mapping[str, Any]) -> None:
        if "leaf_value" in node:
            values.append(float(node["leaf_value"]))
            return
        first = len(values)
        walk(node["left_child"])
        missing_left = (
            bool(node["default_left"])
            if node["missing_type"] == "NaN"
            else float(node["threshold"]) >= 0.0  # LightGBM reads NaN as 0 there
        )
        splits.append(
            Split(
                feature=int(node["split_feature"]),
                threshold=float(node["threshold"]),
                missing_left=missing_left,
                left_leaves=(first, len(values)),
            )
        )
        walk(node["right_child"])

    walk(root)
    return Tree(tuple(splits), tuple(values))
