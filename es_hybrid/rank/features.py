"""What a learned ranking knows of each candidate, as one matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.rank.values import SECONDS_A_DAY, attributes, dates, numbers, text_column
from es_hybrid.rank.words import FoundWords, QueryWords
from es_hybrid.types import Evidence, Scores

__all__ = ["FEATURES", "MONOTONE", "PRODUCT_FIELDS", "PROPERTY_OF", "features"]

FEATURES = (
    "relevance",
    "fused",
    "lexical_score",
    "semantic_score",
    "lexical_reciprocal_rank",
    "semantic_reciprocal_rank",
    "rerank_score",
    "exact_code",
    "text_coverage",
    "lead_coverage",
    "number_coverage",
    "text_length",
    "brand_in_query",
    "category_coverage",
    "price_position",
    "log_sales",
    "rating",
    "log_reviews",
    "shop_score",
    "in_stock",
    "delivery_days",
    "log_age_days",
    "affinity",
)
"""Names of the columns, in order. What is not known of a product is NaN."""

MONOTONE: Mapping[str, int] = MappingProxyType(
    {
        "relevance": 1,
        "lexical_score": 1,
        "semantic_score": 1,
        "rerank_score": 1,
        "exact_code": 1,
        "text_coverage": 1,
        "number_coverage": 1,
        "brand_in_query": 1,
        "category_coverage": 1,
        "log_sales": 1,
        "rating": 1,
        "log_reviews": 1,
        "shop_score": 1,
        "in_stock": 1,
        "delivery_days": -1,
        "affinity": 1,
    }
)
"""Where sense demands a direction: a better rated product never ranks lower for its rating."""

PRODUCT_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "brand": "brand",
        "category": "category_path",
        "price": "price",
        "sales": "sales_30d",
        "rating": "rating",
        "reviews": "review_count",
        "shop_score": "shop_score",
        "stock": "stock",
        "delivery_days": "delivery_days",
        "created_at": "created_at",
    }
)
"""Doc-value fields that are read, as the shipped mapping calls them."""

PROPERTY_OF: Mapping[str, str] = MappingProxyType(
    {
        "brand_in_query": "brand",
        "category_coverage": "category",
        "price_position": "price",
        "log_sales": "sales",
        "rating": "rating",
        "log_reviews": "reviews",
        "shop_score": "shop_score",
        "in_stock": "stock",
        "delivery_days": "delivery_days",
        "log_age_days": "created_at",
    }
)
"""The product property that a feature is computed from, for those that are."""


def features(
    evidence: Evidence,
    *,
    fields: Mapping[str, str] = PRODUCT_FIELDS,
    wanted: Collection[str] = FEATURES,
) -> NDArray[np.float64]:
    """Return one row a candidate, one column for each of `FEATURES`, shape `(n, 23)`.

    Scores are divided by the best of the same query, prices are placed among those of the other
    candidates: what is compared within one query must not depend on the query's own scale.

    Args:
        evidence: What is known of the candidates.
        fields: Doc-value field of each product property; one that is missing is not read.
        wanted: Features that are computed; the others are NaN.

    Example:
        >>> from es_hybrid.types import Hit
        >>> hit = Hit("i", "1", lexical_score=4.0, lexical_rank=2, fields={"rating": [4.5]})
        >>> row = features(Evidence("trail shoe", [hit], np.ones(1), np.ones(1)))[0]
        >>> row[[FEATURES.index("lexical_reciprocal_rank"), FEATURES.index("rating")]].tolist()
        [0.5, 4.5]
    """
    columns = _Columns(evidence, fields)
    # Features first in memory: each is written at once, and trees read it at once.
    table = np.full((len(FEATURES), len(evidence.hits)), math.nan)
    for place, name in enumerate(FEATURES):
        if name in wanted:
            table[place] = columns.of(name)
    return table.T


class _Columns:
    """Computes one feature at a time; what several need is computed once."""

    def __init__(self, evidence: Evidence, fields: Mapping[str, str]) -> None:
        self.known = evidence
        self._fields = fields
        self.query = QueryWords(evidence.query)
        self._of_texts = np.array(list(evidence.texts), dtype=np.intp)
        self.texts = FoundWords(list(evidence.texts.values()), self.query)

    def of(self, name: str) -> Any:
        """Return one number a candidate; NaN where it is not known."""
        if name in PROPERTY_OF and name not in _OF_WORDS:
            return self._of_property(name)
        return _COMPUTED[name](self)

    def _of_property(self, name: str) -> Scores:
        """Return what is a number of the product itself."""
        found = self._fields.get(PROPERTY_OF[name])
        if found is None:
            return np.full(len(self.known.hits), math.nan)
        if name == "log_age_days":
            born = dates(self.known.hits, found)
            age_s = np.where(np.isinf(born), math.nan, self.known.now_s - born)
            return _log(age_s / SECONDS_A_DAY)
        values = numbers(self.known.hits, found, math.nan)
        match name:
            case "price_position":
                return _position(values)
            case "log_sales" | "log_reviews":
                return _log(values)
            case "in_stock":
                return _above_zero(values)
            case _:
                return values

    def of_hits(self, name: str) -> Scores:
        """Return a number that every hit has; NaN where Elasticsearch gave none."""
        return attributes(self.known.hits, name)

    def of_values(self, name: str, measure: Callable[[Sequence[str]], float]) -> Scores:
        """Return something of each product's values."""
        hits, field = self.known.hits, self._fields.get(name)
        if field is None:
            return np.full(len(hits), math.nan)
        return text_column(hits, field).measured(measure)

    def of_places(self, places: Any, values: Any) -> Scores:
        """Return what is known of some of the candidates."""
        placed = np.full(len(self.known.hits), math.nan)
        placed[places] = values
        return placed

    def by_place(self, values: Mapping[int, float]) -> Scores:
        """Return what is known by place."""
        return self.of_places(list(values), list(values.values()))

    def of_texts(self, values: Scores | Sequence[float]) -> Scores:
        """Return what is known of each text."""
        return self.of_places(self._of_texts, values)


_OF_WORDS = frozenset({"brand_in_query", "category_coverage"})

_COMPUTED: Mapping[str, Callable[[_Columns], Any]] = MappingProxyType(
    {
        "relevance": lambda c: c.known.relevance,
        "fused": lambda c: c.known.fused,
        "lexical_score": lambda c: _of_best(c.of_hits("lexical_score")),
        "semantic_score": lambda c: _of_best(c.of_hits("semantic_score")),
        "lexical_reciprocal_rank": lambda c: _reciprocal(c.of_hits("lexical_rank")),
        "semantic_reciprocal_rank": lambda c: _reciprocal(c.of_hits("semantic_rank")),
        "rerank_score": lambda c: c.by_place(c.known.reranked),
        "exact_code": lambda c: c.of_hits("code"),
        "text_coverage": lambda c: c.of_texts(c.texts.all()),
        "lead_coverage": lambda c: c.of_texts(c.texts.lead()),
        "number_coverage": lambda c: c.of_texts(c.texts.numbers()),
        "text_length": lambda c: c.of_texts(c.texts.lengths),
        "brand_in_query": lambda c: c.of_values("brand", c.query.names),
        "category_coverage": lambda c: c.of_values("category", c.query.coverage),
        "affinity": lambda c: math.nan if c.known.affinity is None else c.known.affinity,
    }
)


def _of_best(scores: Scores) -> Scores:
    best = np.fmax.reduce(scores, initial=0.0)
    return scores / best if best > 0 else scores


def _reciprocal(ranks: Scores) -> Scores:
    """Return 1 / rank, 0 for what a list does not hold."""
    return np.where(np.isnan(ranks), 0.0, 1.0 / ranks)


def _position(values: Scores) -> Scores:
    """Return the share of known values that are smaller; the middle where all are the same."""
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return values
    below = np.searchsorted(known, values, side="left")
    upto = np.searchsorted(known, values, side="right")
    return np.where(np.isnan(values), math.nan, (below + upto) / (2.0 * known.size))


def _log(values: Scores) -> Scores:
    return np.log1p(np.maximum(values, 0.0))


def _above_zero(values: Scores) -> Scores:
    return np.where(np.isnan(values), math.nan, (values > 0.0).astype(np.float64))
