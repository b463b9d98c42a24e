"""Values passed between stages; the words of the flow.

Stages never edit what they receive. Scores travel as float64 arrays aligned with the candidates, so
a stage is a function from scores to scores and costs no object per hit.
"""

from __future__ import annotations

from es_hybrid.types.evidence import Correction, Evidence
from es_hybrid.types.search_done import SearchDone
from es_hybrid.types.times import zoned
from es_hybrid.types.values import (
    BoostContext,
    Degradation,
    FusionOptions,
    Hit,
    LegResult,
    Recommendation,
    Remembered,
    UsedWeights,
    hits_of,
)
from es_hybrid.types.variants import Assigned, Variant
from es_hybrid.types.vocabulary import (
    FUSED_LEGS,
    NAMED_QUERY,
    DegradationReason,
    FusionMethod,
    HitKey,
    Json,
    LegName,
    Level,
    Normalizer,
    PassthroughReason,
    PlanName,
    QueryKind,
    Recommended,
    ScoreMode,
    Scores,
    Stage,
    TextKind,
    Vector,
    Vectors,
)

__all__ = [
    "FUSED_LEGS",
    "NAMED_QUERY",
    "Assigned",
    "BoostContext",
    "Correction",
    "Degradation",
    "DegradationReason",
    "Evidence",
    "FusionMethod",
    "FusionOptions",
    "Hit",
    "HitKey",
    "Json",
    "LegName",
    "LegResult",
    "Level",
    "Normalizer",
    "PassthroughReason",
    "PlanName",
    "QueryKind",
    "Recommendation",
    "Recommended",
    "Remembered",
    "ScoreMode",
    "Scores",
    "SearchDone",
    "Stage",
    "TextKind",
    "UsedWeights",
    "Variant",
    "Vector",
    "Vectors",
    "hits_of",
    "zoned",
]
