"""What shoppers would have seen: a query's first products with two recipes, graded, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from es_hybrid.evaluate.compare import Comparison, QueryChange
from es_hybrid.evaluate.judgments import JudgedQuery, Judgments
from es_hybrid.evaluate.runs import Run
from es_hybrid.types import Json

__all__ = ["Detail", "QueryEvidence", "ShownProduct", "gather", "most_changed"]


@dataclass(frozen=True, slots=True)
class Detail:
    """What is told of a product in one ranking.

    Attributes:
        title: Its title.
        why: Why it stands where it does, in a sentence.
    """

    title: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product of a ranking; `grade` is `None` where nobody judged it."""

    rank: int
    product_id: str
    grade: int | None
    detail: Detail = field(default_factory=Detail)

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        return {
            "rank": self.rank,
            "product_id": self.product_id,
            "grade": self.grade,
            "title": self.detail.title,
            "why": self.detail.why,
        }


@dataclass(frozen=True, slots=True)
class QueryEvidence:
    """One query that changed, and what each recipe showed.

    Attributes:
        query: The judged query.
        change: Its values.
        before: The baseline's first products.
        after: The recipe's.
        missed: Relevant products that the recipe does not show, the best grades first.
    """

    query: JudgedQuery
    change: QueryChange
    before: tuple[ShownProduct, ...]
    after: tuple[ShownProduct, ...]
    missed: tuple[str, ...] = ()

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        return {
            "query_id": self.query.id,
            "query": self.query.text,
            "before": {
                "value": round(self.change.before, 6),
                "products": [product.to_dict() for product in self.before],
            },
            "after": {
                "value": round(self.change.after, 6),
                "products": [product.to_dict() for product in self.after],
            },
            "missed": list(self.missed),
        }


def most_changed(comparison: Comparison, *, each: int = 5) -> tuple[QueryChange, ...]:
    """Return the worst losers, worst first, and then the best winners, best first.

    Example:
        (comparison,) = compare(report)
        worst, *others = most_changed(comparison)
    """
    return (*comparison.losers[:each], *comparison.winners[:each])


def gather(
    change: QueryChange,
    *,
    query: JudgedQuery,
    judgments: Judgments,
    before: Run,
    after: Run,
    details: Mapping[tuple[str, str], Detail] | None = None,
    top: int = 10,
    relevant_from: int = 2,
) -> QueryEvidence:
    """Put together what two runs showed for a query.

    Args:
        change: The query's values.
        query: Its words.
        judgments: The grades.
        before: The baseline's run.
        after: The recipe's run.
        details: By recipe and product id, where they are known.
        top: Products shown of each.
        relevant_from: The lowest grade that counts as relevant.

    Example:
        `gather(change, query=query, judgments=judgments, before=lexical, after=hybrid)`
    """
    grades = judgments.get(query.id, {})
    told = details or {}

    def shown(run: Run) -> tuple[ShownProduct, ...]:
        ranking = next(a.ranking for a in run.answers if a.query_id == query.id)[:top]
        return tuple(
            ShownProduct(rank, product, grades.get(product), _detail(told, run, product))
            for rank, product in enumerate(ranking, start=1)
        )

    after_shown = shown(after)
    return QueryEvidence(
        query=query,
        change=change,
        before=shown(before),
        after=after_shown,
        missed=_missed(grades, after_shown, relevant_from),
    )


def _detail(told: Mapping[tuple[str, str], Detail], run: Run, product: str) -> Detail:
    return told.get((run.recipe, product), Detail())


def _missed(
    grades: Mapping[str, int], shown: Sequence[ShownProduct], relevant_from: int
) -> tuple[str, ...]:
    seen = {product.product_id for product in shown}
    relevant = [p for p, grade in grades.items() if grade >= relevant_from and p not in seen]
    return tuple(sorted(relevant, key=lambda product: (-grades[product], product)))
