"""Trains weights or trees that correct the untrained order (trees: LambdaMART, by LightGBM).

Burges, "From RankNet to LambdaRank to LambdaMART: An Overview", MSR-TR-2010-82.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from es_hybrid.errors import ConfigurationError, missing_extra
from es_hybrid.learning.examples import Example, known_features
from es_hybrid.learning.linear import Linear, linear_weights
from es_hybrid.rank.features import FEATURES, MONOTONE, PRODUCT_FIELDS
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.rank.trees import MAX_LEAVES, Split, Tree

__all__ = ["Trained", "Training", "Trees", "train"]


@dataclass(frozen=True, slots=True)
class Trees:
    """How to grow trees; the defaults suit a few hundred judged queries.

    Attributes:
        trees: How many.
        leaves: Of one tree, at most; 64 at most.
        learning_rate: Share of each tree.
        relevance_weight: What the untrained relevance counts; trees learn corrections to it.
        unjudged_weight: Weight of a candidate that nobody judged, as one of grade 0. Where the
            judged pool is shallow, training on judged candidates alone loses to the untrained order.
        min_candidates_in_leaf: Fewer do not make a rule.
        share: How much of the corrections is applied.
        seed: Of the sampling; the same seed gives the same model.
    """

    trees: int = 60
    leaves: int = 8
    learning_rate: float = 0.05
    relevance_weight: float = 4.0
    unjudged_weight: float = 0.5
    min_candidates_in_leaf: int = 50
    share: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 2 <= self.leaves <= MAX_LEAVES:
            raise ConfigurationError(f"leaves must be from 2 to {MAX_LEAVES}, not {self.leaves}")

    def __str__(self) -> str:
        return f"{self.trees} trees of {self.leaves} leaves, share {self.share:g}"


Training: TypeAlias = Linear | Trees
"""How to train: `Linear` for a few dozen judged queries, `Trees` for hundreds."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and how much each feature did for it.

    Attributes:
        model: What a search loads.
        importances: Of each feature, the largest first, 1 in sum: of trees its share of the gain,
            of weights its share of their sizes.
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
        training: How; `None`: `Linear()`.
        fields: Doc-value fields that the examples' features were read from.

    Raises:
        ConfigurationError: The extra `ltr` is missing, or no example teaches anything.

    Example:
        trained = train(examples_of(found, judgments), name="toys-1")
    """
    how = training or Linear()
    useful = [example for example in examples if example.teaches]
    if not useful:
        raise ConfigurationError(
            "there is nothing to learn: in every query all candidates have the same grade",
            hint="give judgments of at least two grades among the first hundred candidates",
        )
    bare = LearnedModel(name, fields=dict(fields), expects=known_features(useful))
    if isinstance(how, Trees):
        trees, gains = _grown(useful, how)
        model = replace(bare, trees=trees, relevance_weight=how.relevance_weight / how.share)
        return Trained(model, _shares(gains))
    weights = linear_weights(useful, how)
    return Trained(replace(bare, weights=weights, relevance_weight=1.0), _shares(weights))


def _shares(sizes: Mapping[str, float]) -> dict[str, float]:
    total = sum(map(abs, sizes.values())) or 1.0
    shares = {name: abs(float(size)) / total for name, size in sizes.items() if size}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _grown(useful: Sequence[Example], how: Trees) -> tuple[tuple[Tree, ...], dict[str, float]]:
    """Return LightGBM's trees, and the gain by feature."""
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
    return trees, dict(zip(FEATURES, booster.feature_importance("gain").tolist(), strict=True))


def _lightgbm() -> Any:
    try:
        import lightgbm  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise missing_extra(error, user="training", extra="ltr") from None
    return lightgbm


def _parameters(how: Trees) -> dict[str, Any]:
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
