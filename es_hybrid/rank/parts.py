"""Why a hit stands where it stands: its scores, and one sentence a merchandiser understands."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice
from typing import Any, NamedTuple

from es_hybrid.rank.phrases import PHRASES
from es_hybrid.rank.steps import Cause, Move
from es_hybrid.types import Hit, Json, Recommended


class Words(NamedTuple):
    """What a sentence is made of, in one language."""

    sentence: str
    comma: str
    conjunction: str
    code: str
    text_match: str
    weak_match: str
    no_word: str
    meaning_match: str
    reranked: str
    learned_up: str
    learned_down: str
    raised: str
    lowered: str
    causes: Mapping[Cause, str]


WORDS: Mapping[str, Words] = {
    "en": Words(
        sentence="#{}: {}.",
        comma=", ",
        conjunction=" and ",
        code="its code is the query",
        text_match="text match no. {}",
        weak_match="a weaker text match",
        no_word="no word of the query in it",
        meaning_match="meaning match no. {}",
        reranked="the reranker gave it {:.2f}",
        learned_up="the learned model raised it for {}",
        learned_down="the learned model lowered it for {}",
        raised="raised ×{:.2f} for {}",  # noqa: RUF001
        lowered="lowered ×{:.2f} for {}",  # noqa: RUF001
        causes={
            Cause.LIMITED: "boosts move nothing by more than {} places",
            Cause.SOLD_OUT: "sold out",
            Cause.SUBSTITUTE: "in place of {}, which is sold out",
            Cause.VARIETY: "brought up for variety",
            Cause.CAPPED: "held back: enough of {} above",
            Cause.PINNED: "pinned",
            Cause.EXPLORED: "new, and given a place to become known",
        },
    ),
    "zh": Words(
        sentence="第{}名：{}。",  # noqa: RUF001
        comma="，",  # noqa: RUF001
        conjunction="、",
        code="商品编码与查询完全一致",
        text_match="文本匹配第{}",
        weak_match="文本匹配较弱",
        no_word="不含查询词",
        meaning_match="语义匹配第{}",
        reranked="重排得分{:.2f}",
        learned_up="学习模型因{}上调",
        learned_down="学习模型因{}下调",
        raised="因{1}加权×{0:.2f}",  # noqa: RUF001
        lowered="因{1}降权×{0:.2f}",  # noqa: RUF001
        causes={
            Cause.LIMITED: "加权最多移动{}位",
            Cause.SOLD_OUT: "已售罄",
            Cause.SUBSTITUTE: "替代已售罄的{}",
            Cause.VARIETY: "为丰富结果而提前",
            Cause.CAPPED: "前面{}的商品已够多，故后移",  # noqa: RUF001
            Cause.PINNED: "人工置顶",
            Cause.EXPLORED: "新品展示位",
        },
    ),
}
"""The sentences, by language."""


class Learned(NamedTuple):
    """What a learned model did to one hit.

    Attributes:
        model: Its version.
        before: The relevance that it corrected, 0 to 1.
        contributions: What each feature did, in units of relevance, the most first.
    """

    model: str
    before: float
    contributions: Mapping[str, float]

    @property
    def main(self) -> dict[str, float]:
        """The features that did most."""
        return dict(islice(self.contributions.items(), _MAIN))

    def to_dict(self) -> Json:
        """Return the same as JSON."""
        told = {name: _rounded(value) for name, value in self.main.items()}
        return {"model": self.model, "before": _rounded(self.before), "contributions": told}


_MAIN = 5
_TOLD = 2
_WORTH_TELLING = 0.005


class HitParts(NamedTuple):
    """What made one hit's score.

    Attributes:
        position: Place in the answer, from 1.
        hit: Ranks and scores in each leg.
        fused: Fused score, 0 to 1.
        rerank: The reranker's own score; `None` where the hit was not reranked.
        relevance: Fused and rerank score blended, and corrected by a learned model where there is
            one; before the boosts.
        factors: Each boost's factor.
        boost: The clamped product of all factors.
        score: The final score.
        moves: What the policies did, first to last; the last one ends at `position`.
        learned: What the learned model did; `None` without one.
        language: Of the sentence, `en` or `zh`.
        recommended: What the hit is recommended as; `None` for a search.
    """

    position: int
    hit: Hit
    fused: float
    rerank: float | None
    relevance: float
    score: float
    boost: float = 1.0
    factors: Mapping[str, float] = {}
    moves: tuple[Move, ...] = ()
    learned: Learned | None = None
    language: str = "en"
    recommended: Recommended | None = None

    @property
    def explored(self) -> bool:
        """Whether it stands here because it is new; no click or sale here says what is relevant."""
        return any(move.reason and move.reason.cause is Cause.EXPLORED for move in self.moves)

    @property
    def why(self) -> str:
        """One sentence on what speaks for the hit."""
        words = WORDS[self.language]
        if self.recommended is not None:
            words = words._replace(**PHRASES[self.language][self.recommended])
        reasons = [reason for reason in _leg_reasons(self.hit, words) if reason]
        if self.rerank is not None:
            reasons.append(words.reranked.format(self.rerank))
        if self.learned is not None:
            reasons += _learned_reasons(self.learned, words)
        reasons += _boost_reasons(self.factors, words)
        told = (move.reason for move in self.moves if move.reason is not None)
        reasons += [words.causes[cause].format(value) for cause, value in told]
        return words.sentence.format(self.position, words.comma.join(reasons))

    def to_dict(self) -> Json:
        """Return the parts as JSON, for an answer or a log."""
        return {
            "position": self.position,
            "lexical": _leg(self.hit.lexical_rank, self.hit.lexical_score),
            "semantic": _leg(self.hit.semantic_rank, self.hit.semantic_score),
            "code": self.hit.code,
            "fused": _rounded(self.fused),
            "rerank": _rounded(self.rerank),
            **({"learned": self.learned.to_dict()} if self.learned else {}),
            "relevance": _rounded(self.relevance),
            "factors": {name: _rounded(factor) for name, factor in self.factors.items()},
            "boost": _rounded(self.boost),
            "score": _rounded(self.score),
            **({"explored": True} if self.explored else {}),
            **({"moves": [move.to_dict() for move in self.moves]} if self.moves else {}),
            "why": self.why,
        }


def _leg(rank: int | None, score: float | None) -> Json:
    return {"rank": rank, "score": _rounded(score)}


def _leg_reasons(hit: Hit, words: Words) -> list[str]:
    reasons = [words.code] if hit.code else []
    if hit.lexical_rank is not None:
        reasons.append(words.text_match.format(hit.lexical_rank))
    elif not hit.code:
        reasons.append(words.no_word if hit.lexical_score is None else words.weak_match)
    if hit.semantic_rank is not None:
        reasons.append(words.meaning_match.format(hit.semantic_rank))
    return reasons


def _learned_reasons(learned: Learned, words: Words) -> list[str]:
    raised: list[str] = []
    lowered: list[str] = []
    for name, value in learned.contributions.items():  # the largest first
        if abs(value) < _WORTH_TELLING:
            break
        (raised if value > 0.0 else lowered).append(name)
    return [
        form.format(words.conjunction.join(some[:_TOLD]).replace("_", " "))
        for form, some in ((words.learned_up, raised), (words.learned_down, lowered))
        if some
    ]


def _boost_reasons(factors: Mapping[str, float], words: Words) -> list[str]:
    raised = [name for name, factor in factors.items() if factor >= 1.005]
    lowered = [name for name, factor in factors.items() if factor <= 0.995]
    return [
        form.format(math.prod(map(factors.__getitem__, some)), words.conjunction.join(some))
        for form, some in ((words.raised, raised), (words.lowered, lowered))
        if some
    ]


def _rounded(value: Any) -> Any:
    return None if value is None else round(float(value), 6)
