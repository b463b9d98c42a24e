"""How far two judges agree beyond chance."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from es_hybrid.evaluate import JudgmentError, Judgments
from es_hybrid.types import Json

__all__ = ["Agreement", "agreement"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two judges on the products that both graded.

    Attributes:
        pairs: Products that both graded.
        equal: Share of them with the same grade.
        kappa: Cohen's kappa; 1 is perfect, 0 what chance gives.
        weighted_kappa: The same with squared distances: 3 for 2 is better than 3 for 0.
        table: How often the first judge's grade (first) met the second's (second).
    """

    pairs: int
    equal: float
    kappa: float
    weighted_kappa: float
    table: dict[tuple[int, int], int]

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        return {
            "pairs": self.pairs,
            "equal": round(self.equal, 4),
            "kappa": round(self.kappa, 4),
            "weighted_kappa": round(self.weighted_kappa, 4),
            "table": [[a, b, count] for (a, b), count in sorted(self.table.items())],
        }


def agreement(first: Judgments, second: Judgments) -> Agreement:
    """Return how far two judges agree.

    `1 - sum(w o) / sum(w e)`, over pairs of grades with observed counts o, those expected by chance
    e, and disagreements w: 1 for unequal grades (Cohen, "A coefficient of agreement for nominal
    scales", Educational and Psychological Measurement 20, 1960), or the squared distance (Cohen,
    "Weighted kappa", Psychological Bulletin 70, 1968).

    Raises:
        JudgmentError: There is no product that both graded.

    Example:
        >>> one, other = {"q": {"a": 3, "b": 0, "c": 2}}, {"q": {"a": 3, "b": 0, "c": 3}}
        >>> found = agreement(one, other)
        >>> round(found.kappa, 3), round(found.weighted_kappa, 3)
        (0.5, 0.909)
    """
    table = Counter(
        (grade, second[query][product])
        for query, grades in first.items()
        for product, grade in grades.items()
        if product in second.get(query, {})
    )
    pairs = table.total()
    if not pairs:
        raise JudgmentError(
            "the two files grade no product in common",
            hint="let the second judge grade what the first one did",
        )
    return Agreement(
        pairs=pairs,
        equal=sum(count for (a, b), count in table.items() if a == b) / pairs,
        kappa=_kappa(table, squared=False),
        weighted_kappa=_kappa(table, squared=True),
        table=dict(table),
    )


def _kappa(table: Counter[tuple[int, int]], *, squared: bool) -> float:
    rows: Counter[int] = Counter()
    columns: Counter[int] = Counter()
    for (row, column), count in table.items():
        rows[row] += count
        columns[column] += count

    def apart(a: int, b: int) -> int:
        return (a - b) ** 2 if squared else int(a != b)

    observed = sum(apart(*grades) * count for grades, count in table.items())
    expected = sum(
        apart(a, b) * rows[a] * columns[b] / table.total() for a in rows for b in columns
    )
    # Where both give one grade to all, chance agrees as well, and nothing is left to explain.
    return 1.0 - observed / expected if expected else 1.0
