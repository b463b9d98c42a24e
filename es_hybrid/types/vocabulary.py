"""The words of the flow: what stages, legs, plans and reasons are called, and what arrays hold."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FUSED_LEGS",
    "NAMED_QUERY",
    "DegradationReason",
    "FusionMethod",
    "HitKey",
    "Json",
    "LegName",
    "Level",
    "Normalizer",
    "PassthroughReason",
    "PlanName",
    "QueryKind",
    "Recommended",
    "ScoreMode",
    "Scores",
    "Stage",
    "TextKind",
    "Vector",
    "Vectors",
]

Json: TypeAlias = dict[str, Any]
"""A JSON object, such as an Elasticsearch body."""

Vector: TypeAlias = NDArray[np.float32]
"""One embedding, shape `(dims,)`."""

Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings, shape `(n, dims)`, one row per text."""

Scores: TypeAlias = NDArray[np.float64]
"""One score per candidate, shape `(n,)`, aligned with the candidates."""

HitKey: TypeAlias = tuple[str, str]
"""`(index, id)`: what makes a hit unique across the indices of one search."""


class TextKind(StrEnum):
    """What a text is to the embedder; models treat queries and documents differently."""

    QUERY = "query"
    DOCUMENT = "document"


class LegName(StrEnum):
    """A list of hits that Elasticsearch is asked for."""

    LEXICAL = "lexical"
    SEMANTIC = "semantic"
    CODE = "code"
    """Products whose exact code is in the query; they take no part in fusion, they come first."""
    PIN = "pin"
    """Products that a rule pins; they take no part in fusion, they stand where the rule says."""


FUSED_LEGS = (LegName.LEXICAL, LegName.SEMANTIC)
"""The ranked lists that take part in fusion."""

NAMED_QUERY: Mapping[LegName, str] = {leg: f"es_hybrid.{leg}" for leg in FUSED_LEGS}
"""Names under which each leg carries the other leg's exact score."""


class Stage(StrEnum):
    """A step of the pipeline, in order; the names in timings and degradations."""

    SEEDS = "seeds"
    """Fetches what a recommendation starts from."""
    PLAN = "plan"
    EMBED = "embed"
    RETRIEVE = "retrieve"
    FUSE = "fuse"
    RERANK = "rerank"
    SHOPPER = "shopper"
    LEARNED = "learned"
    BOOST = "boost"
    RULES = "rules"
    FETCH = "fetch"
    RESPOND = "respond"


class PlanName(StrEnum):
    """How a search is carried out in Elasticsearch."""

    MSEARCH_FUSION = "msearch_fusion"
    SINGLE = "single"
    NATIVE_LINEAR = "native_linear"
    NATIVE_RRF = "native_rrf"
    TEXT_SIMILARITY_RERANKER = "text_similarity_reranker"
    LEXICAL_ONLY = "lexical_only"
    PASSTHROUGH = "passthrough"


class PassthroughReason(StrEnum):
    """Why a request was sent to Elasticsearch as it came."""

    SWITCHED_OFF = "switched_off"
    NO_TEXT = "no_text"
    AMBIGUOUS_TEXT = "ambiguous_text"
    SORT = "sort"
    SCROLL = "scroll"
    SEARCH_AFTER = "search_after"
    PIT = "pit"
    SLICE = "slice"
    SIZE_ZERO = "size_zero"
    PAST_RESULT_WINDOW = "past_result_window"
    KNN = "knn"
    RETRIEVER = "retriever"
    RANK = "rank"
    MIN_SCORE = "min_score"
    TERMINATE_AFTER = "terminate_after"
    NO_INDEX = "no_index"
    PARAMETER = "parameter"


class DegradationReason(StrEnum):
    """Why a stage did less than it could."""

    NO_EMBEDDER = "no_embedder"
    NO_VECTOR_FIELD = "no_vector_field"
    DIMS_MISMATCH = "dims_mismatch"
    MODEL_MISMATCH = "model_mismatch"
    LANGUAGE = "language"
    NO_RERANK_FIELDS = "no_rerank_fields"
    NO_DOC_VALUES = "no_doc_values"
    TIMEOUT = "timeout"
    SERVICE_ERROR = "service_error"
    CONTRACT = "contract"
    BREAKER_OPEN = "breaker_open"
    LEG_FAILED = "leg_failed"
    NO_VECTORS = "no_vectors"
    NO_RULES = "no_rules"
    STALE_RULES = "stale_rules"
    NO_STORE = "no_store"
    NO_MODEL = "no_model"
    OTHER_FEATURES = "other_features"
    NO_FEATURE = "no_feature"
    UNSUPPORTED = "unsupported"
    NO_SEEDS = "no_seeds"
    NO_ORDERS = "no_orders"
    NO_HISTORY = "no_history"
    NO_SIGNALS = "no_signals"


class Recommended(StrEnum):
    """What a recommendation is."""

    SIMILAR = "similar"
    """Like the products that were named."""
    BOUGHT_TOGETHER = "bought_together"
    """In the same orders as what is in the cart."""
    COMPLEMENTS = "complements"
    """Near to what is in the cart, of other categories."""
    FOR_YOU = "for_you"
    """What suits the shopper."""
    TRENDING = "trending"
    """What sells, or is clicked, these days."""
    POPULAR = "popular"
    """What sold or was reviewed over a longer time."""
    NEWEST = "newest"
    """What came last."""
    ANY = "any"
    """Whatever satisfies the filters: nothing at all is known."""


class Level(StrEnum):
    """How much of what it could do a search did; the rungs of the ladder, from the top."""

    FULL = "full"
    """Everything that this client has."""
    WORDS = "words"
    """The reranker failed; the query's words in the candidates stood in for it."""
    FUSED = "fused"
    """The reranker failed; the fused order stands."""
    LEXICAL = "lexical"
    """Candidates by words alone: no vector of the query, or none to compare it with."""


class QueryKind(StrEnum):
    """What shoppers' queries look like."""

    CHINESE = "chinese"
    CODE = "code"
    NATURAL = "natural language"
    BRAND = "brand"
    ATTRIBUTE = "attribute"
    KEYWORDS = "keywords"


class FusionMethod(StrEnum):
    """How the two legs become one list."""

    LINEAR = "linear"
    RRF = "rrf"


class Normalizer(StrEnum):
    """How a leg's scores are brought to a common scale before a linear fusion."""

    ROBUST = "robust"
    MINMAX = "minmax"
    ZSCORE = "zscore"
    SIGMOID = "sigmoid"
    NONE = "none"


class ScoreMode(StrEnum):
    """Whether fused hits carry both exact scores, or those of the lists they were found in."""

    COMPLETE = "complete"
    WINDOW = "window"
