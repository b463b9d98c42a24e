"""The request section `ext.hybrid`, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from es_hybrid.errors import RequestError
from es_hybrid.product_templates import checked_template
from es_hybrid.query.explore import Explore
from es_hybrid.query.log_options import LogOptions
from es_hybrid.query.shopper import User
from es_hybrid.types import Json, Normalizer, ScoreMode

PATH = "ext.hybrid"

_LARGEST_FLOAT32 = 3.4028234e38
_SMALLEST_LENGTH = 1e-18  # its square is still a 32-bit float


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Weights(_Options):
    """Share of each leg in a linear fusion."""

    lexical: float = Field(ge=0, le=1, allow_inf_nan=False, description="Weight of the BM25 leg")
    semantic: float = Field(ge=0, le=1, allow_inf_nan=False, description="Weight of the kNN leg")


class Fusion(_Options):
    """How the legs become one list."""

    method: str | None = Field(None, description="linear, rrf, or the name of a plug-in")
    normalize: Literal["robust", "minmax", "zscore", "sigmoid", "none"] | None = Field(
        None,
        description="Common scale before a linear fusion; by default `robust` with complete scores,"
        " `minmax` with a window's",
    )
    k: int | None = Field(None, ge=1, le=10_000, description="Rank constant of rrf")
    weights: Weights | None = Field(None, description="Share of each leg")
    scores: Literal["complete", "window"] | None = Field(
        None, description="Both exact scores for every candidate, or those of the lists alone"
    )

    @property
    def normalizer(self) -> Normalizer | None:
        """The normaliser as a name of the flow."""
        return None if self.normalize is None else Normalizer(self.normalize)

    @property
    def score_mode(self) -> ScoreMode | None:
        """The score mode as a name of the flow."""
        return None if self.scores is None else ScoreMode(self.scores)


class Embed(_Options):
    """How the query is embedded."""

    instruction: str | None = Field(
        None,
        description="Task of this request: product-search, gift, similar, cross-lingual, one of"
        " them with `:zh`, or a sentence of your own; empty sends the query bare",
    )


class Rerank(_Options):
    """What is reranked, and how."""

    top: int | None = Field(None, ge=1, le=1000, description="Candidates that are reranked")
    fields: tuple[str, ...] | None = Field(
        None, strict=False, description="Fields shown to the reranker, in order"
    )
    product_template: str | None = Field(
        None,
        description="What the reranker reads of a product: `listing`, `listing:zh`, or lines with"
        " fields in braces; in place of `fields`",
    )
    instruction: str | None = Field(
        None,
        description="Task of this request: product-search, gift, similar, cross-lingual, price,"
        " budget, brand:NAME, or a sentence of your own",
    )
    blend: float | None = Field(
        None, ge=0, le=1, allow_inf_nan=False, description="Share of the rerank score"
    )
    inference_id: str | None = Field(
        None, description="Endpoint of Elasticsearch, for the plan `text_similarity_reranker`"
    )

    @field_validator("product_template")
    @classmethod
    def _names_a_field(cls, value: str | None) -> str | None:
        return checked_template(value)


class Limits(_Options):
    """How far all boosts together may move a product."""

    places: int | None = Field(None, ge=0, description="Most places up or down")
    share: float | None = Field(
        None,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="At most this share of the relevance range",
    )


class HybridOptions(_Options):
    """One search's `ext.hybrid`, checked."""

    text: str | None = Field(None, description="The shopper's words; default: found in the query")
    text_path: str | None = Field(
        None, description="Path to them in the query, such as `query.bool.must.0.multi_match.query`"
    )
    vector: tuple[float, ...] | None = Field(
        None, strict=False, description="The query's vector, where the caller has it"
    )
    plan: (
        Literal[
            "msearch_fusion",
            "single",
            "lexical_only",
            "native_linear",
            "native_rrf",
            "text_similarity_reranker",
        ]
        | None
    ) = Field(None, description="How to search")
    window: int | None = Field(None, ge=1, le=10_000, description="Candidates per leg")
    num_candidates: int | None = Field(
        None, ge=1, le=10_000, description="HNSW candidates per shard"
    )
    min_similarity: float | None = Field(
        None, ge=-1, le=1, allow_inf_nan=False, description="Cosine floor of semantic-only hits"
    )
    embed: Embed | None = Field(None, description="How the query is embedded")
    fusion: Fusion | None = Field(None, description="How the legs become one list")
    rerank: bool | Rerank | None = Field(None, description="`false` turns it off")
    boosts: Annotated[tuple[Json, ...], Field(strict=False)] | str | None = Field(
        None,
        description="Business boosts, or the name of a profile of the rules; an empty list turns"
        " the client's and the rules' off",
    )
    boost_limits: Limits | None = Field(None, description="How far boosts may move a product")
    rules: bool | str | Json | None = Field(
        None,
        description="Name of a stored rule set, or a rule set itself; `false` turns rules off",
    )
    context: dict[str, Annotated[tuple[str, ...], Field(strict=False)] | str] | None = Field(
        None,
        description='What rules may depend on, such as `{"audience": "women"}`',
    )
    user: User | None = Field(None, description="Who is searching; see docs/personalisation.md")
    explore: bool | Explore | None = Field(
        None, description="Places for new products; `false` gives them none"
    )
    learned: bool | str | None = Field(
        None, description="Name of a learned model; `false` keeps the untrained order"
    )
    facets: Literal["lexical", "candidates"] | None = Field(
        None, description="What aggregations count: the lexical matches, or the candidates"
    )
    admit: Literal["all", "matches"] | None = Field(
        None,
        description="`matches` leaves out what no word matches, where words match anything",
    )
    explain_language: Literal["en", "zh"] | None = Field(
        None, description="Language of the sentences"
    )
    order: bool | str | None = Field(
        None,
        description="`true` asks for a token that freezes the order; later pages send the token",
    )
    explain: bool = Field(default=False, description="Parts and one sentence for each hit")
    budget_s: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Seconds for this search's model calls"
    )
    on_error: Literal["degrade", "raise"] | None = Field(
        None, description="What happens when a model server fails"
    )
    log: bool | LogOptions | None = Field(
        None, description="What is logged of this search; `false` keeps it out of the log"
    )

    @field_validator("rules")
    @classmethod
    def _rules_are_not_true(cls, value: object) -> object:
        if value is True:
            raise ValueError("is a name, an object, or false")
        return value

    @field_validator("text")
    @classmethod
    def _not_blank(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("is blank")
        return value

    @field_validator("vector")
    @classmethod
    def _finite(cls, value: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if value is None:
            return None
        if not value:
            raise ValueError("is empty")
        if not all(abs(component) <= _LARGEST_FLOAT32 for component in value):
            raise ValueError("holds NaN, infinity, or what a 32-bit float cannot hold")
        if max(map(abs, value)) < _SMALLEST_LENGTH:
            raise ValueError("is the zero vector, or as good as: it has no direction")
        return value


def parse_options(section: object) -> HybridOptions:
    """Check one `ext.hybrid` section.

    Raises:
        RequestError: Names the JSON path of the first mistake, and never repeats its value.

    Example:
        >>> parse_options({"window": 200}).window
        200
    """
    if section is True:
        return HybridOptions()
    if not isinstance(section, Mapping):
        raise RequestError("must be an object, or false to switch it off", path=PATH)
    try:
        return HybridOptions.model_validate(dict(section))
    except ValidationError as error:
        mistakes = error.errors(include_input=False, include_url=False)
        # Of a union, each tried type complains; the one that reached deepest was meant.
        meant = max(mistakes, key=lambda mistake: len(mistake["loc"]))
        raise RequestError(_message(meant), path=_path(meant["loc"])) from None


_UNION_TYPES = frozenset({"bool", "str", "Rerank", "Explore", "LogOptions"})
_UNION_LISTS = "["
"""Begins what Pydantic calls a tried list of a union, after its kind."""


def _path(location: Sequence[str | int]) -> str:
    # Pydantic adds the tried type of a union.
    parts = (str(part) for part in location if part not in _UNION_TYPES)
    return ".".join((PATH, *(part for part in parts if _UNION_LISTS not in part)))


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is not an option; see docs/ext-hybrid.md"
    if error["type"] == "model_type":
        return "must be an object, or a boolean"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
