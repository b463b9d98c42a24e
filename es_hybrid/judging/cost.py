"""What a language model's grades cost, by the tokens that its server counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from es_hybrid.types import Json
from es_hybrid.wire.judging import Verdict

__all__ = ["JudgingCost", "judging_cost"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class JudgingCost:
    """Tokens, and money where prices are known.

    Attributes:
        grades: How many.
        prompt_tokens: Tokens that were read.
        completion_tokens: Tokens that were written.
        money: In the currency of the prices; `None` without prices, or where tokens were not told.
    """

    grades: int
    prompt_tokens: int
    completion_tokens: int
    money: float | None

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        return {
            "grades": self.grades,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": None if self.money is None else round(self.money, 6),
        }


def judging_cost(
    verdicts: Iterable[Verdict],
    *,
    prompt_price: float | None = None,
    completion_price: float | None = None,
) -> JudgingCost:
    """Return what verdicts cost.

    Args:
        verdicts: Of a language model.
        prompt_price: Of a million tokens that are read.
        completion_price: Of a million tokens that are written.

    Example:
        >>> judging_cost([Verdict(3, 1000, 20)], prompt_price=0.5, completion_price=1.5).money
        0.00053
    """
    known = list(verdicts)
    prompt = sum(verdict.prompt_tokens for verdict in known)
    completion = sum(verdict.completion_tokens for verdict in known)
    told = all(verdict.prompt_tokens for verdict in known)
    if prompt_price is None or completion_price is None or not told:
        return JudgingCost(len(known), prompt, completion, None)
    money = (prompt * prompt_price + completion * completion_price) / _MILLION
    return JudgingCost(len(known), prompt, completion, money)
