"""Values passed between stages; the words of the flow.

Stages never edit what they receive. Scores travel as float64 arrays aligned with the candidates, so
a stage is a function from scores to scores and costs no object per hit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Json: TypeAlias = dict[str, Any]
"""A JSON object, such as an Elasticsearch body."""

Vector: TypeAlias = NDArray[np.float32]
"""One embedding, shape `(dims,)`."""

Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings, shape `(n, dims)`, one row a text."""

Scores: TypeAlias = NDArray[np.float64]
"""One score a candidate, shape `(n,)`, aligned with the candidates."""

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

    PLAN = "plan"
    EMBED = "embed"
    RETRIEVE = "retrieve"
    FUSE = "fuse"
    RERANK = "rerank"
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
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Degradation:
    """One thing that a search did without, and why.

    Attributes:
        stage: Where it happened.
        reason: A value to count and alert on.
        detail: One sentence for a person; never holds a shopper's words.
    """

    stage: Stage
    reason: DegradationReason
    detail: str = ""


class Hit(NamedTuple):
    """A candidate, with what Elasticsearch said of it.

    A score of `None` means "not known to match": in `complete` mode that the product does not match
    the leg at all (or has no vector), in `window` mode that the leg's list did not reach it.
    """

    index_name: str
    id: str
    lexical_score: float | None = None
    semantic_score: float | None = None
    lexical_rank: int | None = None
    semantic_rank: int | None = None
    native_score: float | None = None
    """The score of a plan that Elasticsearch fused itself."""
    fields: Mapping[str, Sequence[Any]] = {}
    code: bool = False
    """Whether an exact code (SKU, EAN, part number, id) of the product is the query."""

    @property
    def key(self) -> HitKey:
        """What makes this hit unique."""
        return (self.index_name, self.id)

    def score(self, leg: LegName) -> float | None:
        """Return the hit's score in one leg."""
        return self.lexical_score if leg is LegName.LEXICAL else self.semantic_score

    def rank(self, leg: LegName) -> int | None:
        """Return the hit's 1-based rank in one leg's list."""
        return self.lexical_rank if leg is LegName.LEXICAL else self.semantic_rank


@dataclass(frozen=True, slots=True)
class LegResult:
    """One ranked list as Elasticsearch answered it.

    Attributes:
        name: Which list.
        hits: Best first.
        body: The rest of the answer: totals, shards, aggregations, suggestions, profile.
        error: Elasticsearch's own error object where this list failed.
        status: HTTP status of this list.
    """

    name: LegName
    hits: tuple[Hit, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] | None = None
    status: int = 200


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


@dataclass(frozen=True, slots=True)
class FusionOptions:
    """How to fuse.

    Attributes:
        method: `linear` or `rrf`, or the name of a plug-in.
        normalizer: For `linear` only: `robust` where all scores are known, `minmax` where each leg
            knows its own list alone.
        k: Rank constant of `rrf`; larger flattens the difference between ranks.
        lexical_weight: From 0 to 1.
        semantic_weight: From 0 to 1.
        scores: Whether both exact scores are asked of Elasticsearch for every candidate.
    """

    method: str = FusionMethod.LINEAR
    normalizer: Normalizer = Normalizer.ROBUST
    k: int = 60
    lexical_weight: float = 0.5
    semantic_weight: float = 0.5
    scores: ScoreMode = ScoreMode.COMPLETE

    def weight(self, leg: LegName) -> float:
        """Return one leg's weight."""
        return self.lexical_weight if leg is LegName.LEXICAL else self.semantic_weight


@dataclass(frozen=True, slots=True)
class BoostContext:
    """What a boost may know besides the hit.

    Attributes:
        now_s: Seconds since the epoch, one value for the whole search.
        options: The request's `context`, such as audience or season, for plug-ins.
        text: The shopper's words.
    """

    now_s: float
    options: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
