"""Why a hit stands where it stands: its scores, and one sentence a merchandiser understands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from es_hybrid.types import Hit, Json


@dataclass(frozen=True, slots=True)
class HitParts:
    """What made one hit's score.

    Attributes:
        position: Place in the answer, from 1.
        hit: Ranks and scores in each leg.
        fused: Fused score, 0 to 1.
        rerank: The reranker's own score; `None` where the hit was not reranked.
        relevance: Fused and rerank score blended, before the boosts.
        factors: Each boost's factor.
        boost: The clamped product of all factors.
        score: The final score.
    """

    position: int
    hit: Hit
    fused: float
    rerank: float | None
    relevance: float
    score: float
    boost: float = 1.0
    factors: Mapping[str, float] = field(default_factory=dict)

    @property
    def why(self) -> str:
        """One sentence on what speaks for the hit."""
        reasons = [
            *_leg_reasons(self.hit),
            *([f"the reranker gave it {self.rerank:.2f}"] if self.rerank is not None else []),
            *_boost_reasons(self.factors),
        ]
        return f"#{self.position}: {', '.join(reasons)}." if reasons else f"#{self.position}."

    def to_dict(self) -> Json:
        """Return the parts as JSON, for an answer or a log."""
        return {
            "position": self.position,
            "lexical": _leg(self.hit.lexical_rank, self.hit.lexical_score),
            "semantic": _leg(self.hit.semantic_rank, self.hit.semantic_score),
            "code": self.hit.code,
            "fused": _rounded(self.fused),
            "rerank": _rounded(self.rerank),
            "relevance": _rounded(self.relevance),
            "factors": {name: _rounded(factor) for name, factor in self.factors.items()},
            "boost": _rounded(self.boost),
            "score": _rounded(self.score),
            "why": self.why,
        }


def _leg(rank: int | None, score: float | None) -> Json:
    return {"rank": rank, "score": _rounded(score)}


def _leg_reasons(hit: Hit) -> list[str]:
    reasons = []
    if hit.code:
        reasons.append("its code is the query")
    if hit.lexical_rank is not None:
        reasons.append(f"text match no. {hit.lexical_rank}")
    elif hit.lexical_score is not None:
        reasons.append("a weaker text match")
    else:
        reasons.append("no word of the query in it")
    if hit.semantic_rank is not None:
        reasons.append(f"meaning match no. {hit.semantic_rank}")
    return reasons


def _boost_reasons(factors: Mapping[str, float]) -> list[str]:
    raised = {name: factor for name, factor in factors.items() if factor >= 1.005}
    lowered = {name: factor for name, factor in factors.items() if factor <= 0.995}
    return [
        f"{word} ×{math.prod(some.values()):.2f} for {' and '.join(some)}"  # noqa: RUF001
        for word, some in (("raised", raised), ("lowered", lowered))
        if some
    ]


def _rounded(value: Any) -> Any:
    return None if value is None else round(float(value), 6)
