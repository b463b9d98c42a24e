"""What a learned ranking knows of each candidate, as one matrix."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.rank.values import SECONDS_A_DAY, numbers, seconds
from es_hybrid.types import Hit, Scores

__all__ = ["FEATURES", "MONOTONE", "PRODUCT_FIELDS", "Evidence", "features"]

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
        "rerank_score": 1,
        "exact_code": 1,
        "rating": 1,
        "in_stock": 1,
        "shop_score": 1,
        "delivery_days": -1,
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

_LEAD_CHARS = 80
# Words, and Han characters one by one: a query has too few words to cut them.
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the stages before know of the candidates; all but the hits may be missing.

    Attributes:
        query: The shopper's words.
        hits: The candidates, with their doc values.
        fused: Fused scores, shape `(n,)`.
        relevance: With the rerank scores blended in, shape `(n,)`.
        reranked: Rerank scores, by position.
        texts: What the reranker read, by position.
        affinity: How well the product suits the shopper, by position.
        now_s: Seconds since the epoch.
    """

    query: str
    hits: Sequence[Hit]
    fused: Scores
    relevance: Scores
    reranked: Mapping[int, float] = field(default_factory=dict)
    texts: Mapping[int, str] = field(default_factory=dict)
    affinity: Mapping[int, float] = field(default_factory=dict)
    now_s: float = 0.0


def features(
    evidence: Evidence, *, fields: Mapping[str, str] = PRODUCT_FIELDS
) -> NDArray[np.float64]:
    """Return one row a candidate, one column for each of `FEATURES`, shape `(n, 23)`.

    Scores are divided by the best of the same query, prices are placed among those of the other
    candidates: what is compared within one query must not depend on the query's own scale.

    Args:
        evidence: What is known of the candidates.
        fields: Doc-value field of each product property; one that is missing is not read.

    Example:
        >>> hit = Hit("i", "1", lexical_score=4.0, lexical_rank=2, fields={"rating": [4.5]})
        >>> row = features(Evidence("trail shoe", [hit], np.ones(1), np.ones(1)))[0]
        >>> row[[FEATURES.index("lexical_reciprocal_rank"), FEATURES.index("rating")]].tolist()
        [0.5, 4.5]
    """
    hits, places = evidence.hits, range(len(evidence.hits))
    query = _Query(evidence.query)
    texts = [
        _spaced(evidence.texts[place]) if place in evidence.texts else None for place in places
    ]

    def values(name: str) -> list[Sequence[Any]]:
        found = fields.get(name)
        return [hit.fields.get(found, ()) for hit in hits] if found else [()] * len(hits)

    def number(name: str) -> Scores:
        found = fields.get(name)
        return numbers(hits, found, math.nan) if found else np.full(len(hits), math.nan)

    born = seconds([found[0] if found else None for found in values("created_at")])
    categories = [
        _spaced(" ".join(map(str, found))) if found else None for found in values("category")
    ]
    columns: dict[str, Any] = {
        "relevance": evidence.relevance,
        "fused": evidence.fused,
        "lexical_score": _of_best([hit.lexical_score for hit in hits]),
        "semantic_score": _of_best([hit.semantic_score for hit in hits]),
        "lexical_reciprocal_rank": [1.0 / (hit.lexical_rank or math.inf) for hit in hits],
        "semantic_reciprocal_rank": [1.0 / (hit.semantic_rank or math.inf) for hit in hits],
        "rerank_score": [evidence.reranked.get(place, math.nan) for place in places],
        "exact_code": [float(hit.code) for hit in hits],
        "text_coverage": [query.coverage(text) for text in texts],
        "lead_coverage": [query.coverage(text and text[:_LEAD_CHARS]) for text in texts],
        "number_coverage": [query.coverage(text, numbers=True) for text in texts],
        "text_length": [math.nan if text is None else math.log1p(len(text)) for text in texts],
        "brand_in_query": [query.names(brands) for brands in values("brand")],
        "category_coverage": [query.coverage(text) for text in categories],
        "price_position": _position(number("price")),
        "log_sales": _log(number("sales")),
        "rating": number("rating"),
        "log_reviews": _log(number("reviews")),
        "shop_score": number("shop_score"),
        "in_stock": _above_zero(number("stock")),
        "delivery_days": number("delivery_days"),
        "log_age_days": _log(
            np.where(np.isinf(born), math.nan, evidence.now_s - born) / SECONDS_A_DAY
        ),
        "affinity": [evidence.affinity.get(place, math.nan) for place in places],
    }
    return np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in FEATURES])


class _Query:
    """The shopper's words, ready to be looked for."""

    def __init__(self, text: str) -> None:
        found = dict.fromkeys(_WORD.findall(text.lower()))
        # A Latin word counts where a word begins with it: "shoe" is in "shoes", not in "horseshoe".
        self._words = [word if _HAN.match(word) else f" {word}" for word in found]
        self._numbers = [word for word in self._words if any(map(str.isdigit, word))]
        self._text = f"{_spaced(text)} "

    def coverage(self, text: str | None, *, numbers: bool = False) -> float:
        """Return the share of the words, or of those with a digit, that a text has."""
        wanted = self._numbers if numbers else self._words
        if not wanted or text is None:
            return math.nan
        return sum(word in text for word in wanted) / len(wanted)

    def names(self, brands: Sequence[Any]) -> float:
        """Say whether one of the brands stands in the query; NaN for no brand."""
        if not brands:
            return math.nan
        return float(any(f"{_spaced(str(brand))} " in self._text for brand in brands))


def _spaced(text: str) -> str:
    return " " + text.lower().replace("-", " ").replace("/", " ").replace("(", " ")


def _of_best(scores: Sequence[float | None]) -> Scores:
    found = np.array([math.nan if score is None else score for score in scores], dtype=np.float64)
    best = np.nanmax(found, initial=0.0)
    return found / best if best > 0 else found


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
