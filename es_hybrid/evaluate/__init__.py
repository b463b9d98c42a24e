"""Metrics of ranked lists against judgments, and what they allow to be said.

Read queries and judgments, collect what recipes answered in a `Run` each, `judge` them and
`compare` them. Nothing here searches: the command `es-hybrid evaluate` does, and so may any program
of a shop's own.
"""

from __future__ import annotations

from es_hybrid.evaluate.compare import Comparison, QueryChange, compare
from es_hybrid.evaluate.evidence import Detail, QueryEvidence, ShownProduct, gather, most_changed
from es_hybrid.evaluate.html import render_html
from es_hybrid.evaluate.judgments import (
    JudgedQuery,
    JudgedSet,
    JudgmentError,
    Judgments,
    read_judged_set,
    read_judgments,
    read_queries,
    read_query_vectors,
    relevance_threshold,
)
from es_hybrid.evaluate.kinds import QueryKind, kind_of, with_kinds
from es_hybrid.evaluate.measures import DEFAULT_MEASURES, Measure, Metric, Scale, parse_measures
from es_hybrid.evaluate.metrics import (
    average_precision,
    expected_reciprocal_rank,
    judged_share,
    ndcg,
    percentile,
    precision,
    recall,
    reciprocal_rank,
)
from es_hybrid.evaluate.report import (
    EvaluationReport,
    QuerySlice,
    RecipeResult,
    judge,
    judged_queries,
)
from es_hybrid.evaluate.run_files import read_run, run_lines, trec_lines
from es_hybrid.evaluate.runs import FAULTS, RECIPES, Answer, Recipe, Run, select_recipes
from es_hybrid.evaluate.significance import (
    bootstrap_interval,
    bootstrap_p,
    detectable_difference,
    holm,
    queries_needed,
    randomisation_p,
)
from es_hybrid.evaluate.thresholds import Shortfall, Threshold

__all__ = [
    "DEFAULT_MEASURES",
    "FAULTS",
    "RECIPES",
    "Answer",
    "Comparison",
    "Detail",
    "EvaluationReport",
    "JudgedQuery",
    "JudgedSet",
    "JudgmentError",
    "Judgments",
    "Measure",
    "Metric",
    "QueryChange",
    "QueryEvidence",
    "QueryKind",
    "QuerySlice",
    "Recipe",
    "RecipeResult",
    "Run",
    "Scale",
    "Shortfall",
    "ShownProduct",
    "Threshold",
    "average_precision",
    "bootstrap_interval",
    "bootstrap_p",
    "compare",
    "detectable_difference",
    "expected_reciprocal_rank",
    "gather",
    "holm",
    "judge",
    "judged_queries",
    "judged_share",
    "kind_of",
    "most_changed",
    "ndcg",
    "parse_measures",
    "percentile",
    "precision",
    "queries_needed",
    "randomisation_p",
    "read_judged_set",
    "read_judgments",
    "read_queries",
    "read_query_vectors",
    "read_run",
    "recall",
    "reciprocal_rank",
    "relevance_threshold",
    "render_html",
    "run_lines",
    "select_recipes",
    "trec_lines",
    "with_kinds",
]
