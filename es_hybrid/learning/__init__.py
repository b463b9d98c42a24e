"""Learns a ranking from judged or clicked products; training needs `es-hybrid[ltr]`.

Ask `shop.ranking_features` for the candidates of each query, make `examples_of` them, `validate` a
way to train, `train`, `save_model`. The command `es-hybrid train` does so, and so may any program.
"""

from __future__ import annotations

from es_hybrid.learned_files import load_model, save_model
from es_hybrid.learning.click_log import read_sessions
from es_hybrid.learning.clicked import clicked_grades
from es_hybrid.learning.examples import Example, examples_of, ndcg_of
from es_hybrid.learning.linear import Linear
from es_hybrid.learning.training import Trained, Training, Trees, train
from es_hybrid.learning.validation import CHOICES, Validation, choose, validate
from es_hybrid.rank.features import FEATURES, MONOTONE, PRODUCT_FIELDS
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.rank.ranking_features import RankingFeatures

__all__ = [
    "CHOICES",
    "FEATURES",
    "MONOTONE",
    "PRODUCT_FIELDS",
    "Example",
    "LearnedModel",
    "Linear",
    "RankingFeatures",
    "Trained",
    "Training",
    "Trees",
    "Validation",
    "choose",
    "clicked_grades",
    "examples_of",
    "load_model",
    "ndcg_of",
    "read_sessions",
    "save_model",
    "train",
    "validate",
]
