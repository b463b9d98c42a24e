"""Metrics of ranked lists against judgments.

Read queries and judgments, collect what recipes answered in a `Run` each, and `judge` them. Nothing
here searches: the command `es-hybrid evaluate` does, and so may any program of a shop's own.
"""

from __future__ import annotations

from es_hybrid.evaluate.judgments import (
    JudgedQuery,
    JudgmentError,
    Judgments,
    read_judgments,
    read_queries,
    read_query_vectors,
    relevance_threshold,
)
from es_hybrid.evaluate.metrics import ndcg, percentile, recall, reciprocal_rank
from es_hybrid.evaluate.report import (
    EvaluationReport,
    QuerySlice,
    RecipeResult,
    judge,
    judged_queries,
)
from es_hybrid.evaluate.runs import FAULTS, RECIPES, Answer, Recipe, Run, select_recipes

__all__ = [
    "FAULTS",
    "RECIPES",
    "Answer",
    "EvaluationReport",
    "JudgedQuery",
    "JudgmentError",
    "Judgments",
    "QuerySlice",
    "Recipe",
    "RecipeResult",
    "Run",
    "judge",
    "judged_queries",
    "ndcg",
    "percentile",
    "read_judgments",
    "read_queries",
    "read_query_vectors",
    "recall",
    "reciprocal_rank",
    "relevance_threshold",
    "select_recipes",
]
