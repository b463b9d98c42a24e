"""Names of metrics at a depth, such as `ndcg@10`, and what they compute."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, assert_never

from es_hybrid.evaluate.judgments import JudgmentError, Judgments, relevance_threshold
from es_hybrid.evaluate.metrics import (
    average_precision,
    expected_reciprocal_rank,
    judged_share,
    ndcg,
    precision,
    recall,
    reciprocal_rank,
)

__all__ = ["DEFAULT_MEASURES", "Measure", "Metric", "Scale", "parse_measures"]

_MEASURE = re.compile(r"(?P<metric>[a-z]+)@(?P<depth>[1-9]\d{0,3})")


class Metric(StrEnum):
    """What is computed of one ranking."""

    NDCG = "ndcg"
    MRR = "mrr"
    RECALL = "recall"
    PRECISION = "precision"
    MAP = "map"
    ERR = "err"
    JUDGED = "judged"
    """Share of the first products that anybody judged."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the grades of a judged set mean.

    Attributes:
        relevant_from: The lowest grade that counts as relevant.
        top_grade: The highest grade that is given.
    """

    relevant_from: int = 2
    top_grade: int = 3

    @classmethod
    def of(cls, judgments: Judgments, *, relevant_from: int | None = None) -> Self:
        """Return the scale of a judged set.

        Args:
            judgments: Its grades.
            relevant_from: The lowest relevant grade; `None` takes `relevance_threshold`.

        Example:
            >>> Scale.of({"q1": {"a": 1, "b": 0}})
            Scale(relevant_from=1, top_grade=1)
        """
        given = (grade for grades in judgments.values() for grade in grades.values())
        least = relevance_threshold(judgments) if relevant_from is None else relevant_from
        return cls(relevant_from=least, top_grade=max(given, default=0))


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric at a depth.

    Attributes:
        metric: What.
        depth: How many products it looks at, from 1.
    """

    metric: Metric
    depth: int

    @classmethod
    def parse(cls, name: str) -> Self:
        """Read a name such as `ndcg@10`.

        Raises:
            JudgmentError: There is no such metric, or no depth from 1 to 9999.

        Example:
            >>> Measure.parse("NDCG@10").depth
            10
        """
        found = _MEASURE.fullmatch(name.strip().lower())
        if found is None or found["metric"] not in list(Metric):
            raise JudgmentError(
                f"{name!r} is no measure",
                hint=f"write metric@depth, such as ndcg@10, with one of {', '.join(Metric)}",
            )
        return cls(Metric(found["metric"]), int(found["depth"]))

    def __str__(self) -> str:
        return f"{self.metric}@{self.depth}"

    def value(self, ranking: Sequence[str], grades: Mapping[str, int], *, scale: Scale) -> float:
        """Return what a ranking reaches.

        Args:
            ranking: Product ids, best first.
            grades: The judged products of the query.
            scale: What grades mean.

        Example:
            >>> Measure.parse("mrr@10").value(["a", "b"], {"b": 3}, scale=Scale())
            0.5
        """
        k, least = self.depth, scale.relevant_from
        match self.metric:
            case Metric.NDCG:
                return ndcg(ranking, grades, k=k)
            case Metric.MRR:
                return reciprocal_rank(ranking, grades, k=k, relevant_from=least)
            case Metric.RECALL:
                return recall(ranking, grades, k=k, relevant_from=least)
            case Metric.PRECISION:
                return precision(ranking, grades, k=k, relevant_from=least)
            case Metric.MAP:
                return average_precision(ranking, grades, k=k, relevant_from=least)
            case Metric.ERR:
                return expected_reciprocal_rank(ranking, grades, k=k, top_grade=scale.top_grade)
            case Metric.JUDGED:
                return judged_share(ranking, grades, k=k)
            case _:
                assert_never(self.metric)


def parse_measures(names: Sequence[str]) -> tuple[Measure, ...]:
    """Read names of measures; each once, in this order.

    Raises:
        JudgmentError: One is no measure, or there is none.

    Example:
        >>> [str(measure) for measure in parse_measures(["ndcg@10", "err@20", "ndcg@10"])]
        ['ndcg@10', 'err@20']
    """
    if not names:
        raise JudgmentError("no measure is named", hint="such as ndcg@10")
    return tuple(dict.fromkeys(Measure.parse(name) for name in names))


DEFAULT_MEASURES = parse_measures(("ndcg@10", "mrr@10", "recall@100"))
"""What is reported unless something else is asked for; the first one decides."""
