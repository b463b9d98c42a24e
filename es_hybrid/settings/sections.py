"""The sections of the settings tree: what each setting is called, its unit, default and meaning."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr, field_validator

from es_hybrid.product_templates import checked_template
from es_hybrid.settings.values import GROUPS, Names, Section, Shares
from es_hybrid.token_budget import MAX_TOKENS
from es_hybrid.types import Normalizer

__all__ = [
    "CacheSettings",
    "EmbedSettings",
    "IndexSettings",
    "IngestSettings",
    "Names",
    "RankSettings",
    "RerankSettings",
    "SearchSettings",
]


class IndexSettings(Section):
    """What the shop's fields are called, where the mapping's `_meta` does not say."""

    vector_field: str | None = Field(None, description="The `dense_vector` field")
    id_field: str | None = Field(
        None, description="Keyword field guaranteed to equal `_id`; speeds up candidate lists"
    )
    code_fields: Names = Field((), description="Fields holding exact codes: SKU, EAN, part number")
    search_fields: Names = Field((), description="Fields of a bare text search, such as `title^3`")
    match_type: Literal["cross_fields", "best_fields", "most_fields"] = Field(
        "cross_fields", description="How a bare text search combines its fields (`multi_match`)"
    )
    rerank_fields: Names = Field((), description="Fields shown to the reranker, in order")


_MERGE = (
    "Milliseconds in which texts of several searches are gathered for one call while another is "
    "under way; 0 merges nothing; `None`: 2 in the async client, 0 in the sync one"
)
_HEDGE = (
    "Milliseconds after which a second request is sent for a slow one, for at most 5 % of calls; "
    "0: the observed 95th percentile; `None`: never"
)


class EmbedSettings(Section):
    """The embedding server."""

    base_url: str | None = Field(None, description="OpenAI-style base URL, ending in `/v1`")
    api_key: SecretStr | None = Field(None, description="Bearer key; none is sent as `EMPTY`")
    model: str = Field("", description="Model name, sent and kept with each vector")
    plugin: str | None = Field(None, description="Name of an `es_hybrid.embedders` entry point")
    dims: int | None = Field(None, ge=1, le=4096, description="Vector length; `None` takes all")
    send_dimensions: bool = Field(
        default=False,
        description="Send `dimensions` to the server; otherwise vectors are cut and renormalised here",
    )
    encoding_format: Literal["float", "base64"] = Field(
        "float", description="Wire format asked for"
    )
    query_instruction: str | None = Field(
        None,
        description="Task before queries: product-search, gift, similar, cross-lingual, one of them"
        " with `:zh`, or a sentence; empty sends them bare; `None`: by model",
    )
    timeout_s: float = Field(0.15, gt=0, description="Seconds for one query in a search")
    ingest_timeout_s: float = Field(60.0, gt=0, description="Seconds for one batch of products")
    batch: int = Field(32, ge=1, le=2048, description="Product texts per request")
    max_tokens: int = Field(
        MAX_TOKENS,
        ge=8,
        description="Approximate tokens of a product text; longer ones are cut at the end of a sentence",
    )
    max_in_flight: int = Field(4, ge=1, description="Requests at once while ingesting")
    replicas: Names = Field((), description="Base URLs of further servers of the same model")
    merge_ms: float | None = Field(None, ge=0, le=100, description=_MERGE)
    hedge_after_ms: float | None = Field(None, ge=0, description=_HEDGE)


class RerankSettings(Section):
    """The rerank server."""

    url: str | None = Field(None, description="Full address of the endpoint, such as `…/v1/rerank`")
    api_key: SecretStr | None = Field(None, description="Bearer key")
    model: str = Field("", description="Model name to send")
    plugin: str | None = Field(None, description="Name of an `es_hybrid.rerankers` entry point")
    dialect: str = Field(
        "vllm",
        description="vllm, sglang, xinference, tei, infinity, llamacpp, cohere, jina or dashscope",
    )
    template: Literal["server", "client", "none"] = Field(
        "none", description="Who applies the Qwen3-Reranker prompt"
    )
    instruction: str | None = Field(
        None, description="Task: a name of docs/rerankers.md, or a sentence; `None`: by model"
    )
    product_template: str | None = Field(
        None,
        description="What the reranker reads of a product: `listing`, `listing:zh`, or lines with"
        " fields in braces, such as `{title}`; `None`: the rerank fields, joined",
    )
    top: int = Field(50, ge=1, le=1000, description="Candidates that are reranked")
    blend: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Share of the rerank score, 0 to 1; at 0 nothing is reranked; `None`: by model",
    )
    blends: Shares = Field({}, description=f"The same {GROUPS}")
    stand_in: Literal["auto", "words", "none"] = Field(
        "auto",
        description="What orders the candidates while the reranker fails: the query's words in them,"
        " or nothing but the fused order; `auto`: words, for queries in Latin script",
    )
    timeout_s: float = Field(0.3, gt=0, description="Seconds for one search's rerank")
    max_tokens: int = Field(
        MAX_TOKENS,
        ge=8,
        description="Approximate tokens of one product's text; longer ones are cut at the end of a sentence",
    )
    max_documents: int | None = Field(
        None,
        ge=1,
        description="Texts per request, more are split; `None`: what the dialect's server takes unless"
        " it was told otherwise, 1000 at most",
    )
    replicas: Names = Field((), description="Full addresses of further servers of the same model")
    merge_ms: float | None = Field(None, ge=0, le=100, description=_MERGE)
    hedge_after_ms: float | None = Field(None, ge=0, description=_HEDGE)
    inference_id: str | None = Field(
        None, description="Elasticsearch's own endpoint, for the plan `text_similarity_reranker`"
    )

    @field_validator("product_template")
    @classmethod
    def _names_a_field(cls, value: str | None) -> str | None:
        return checked_template(value)


class RankSettings(Section):
    """The learned ranking; see docs/learned-ranking.md."""

    model: str | None = Field(None, description="File of a model that `es-hybrid train` wrote")
    models: str | None = Field(
        None, description="Folder where requests find other models by name, each as `NAME.json`"
    )
    reload_s: float = Field(
        30.0, ge=0, description="Seconds after which a file that has changed is read again"
    )


class CacheSettings(Section):
    """What is remembered of the models' answers."""

    vector_bytes: int = Field(
        32_000_000, ge=0, description="Memory for query vectors; 0 remembers none"
    )
    score_bytes: int = Field(
        32_000_000, ge=0, description="Memory for rerank scores; 0 remembers none"
    )
    ttl_s: float = Field(
        3600.0, gt=0, description="Seconds for which a vector or score is remembered"
    )
    results_bytes: int = Field(32_000_000, ge=0, description="Memory for whole answers")
    results_ttl_s: float = Field(
        0.0,
        ge=0,
        description="Seconds for which the answer to a frequent search is reused; 0: never",
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis that other processes share, such as `redis://localhost:6379/0`"
    )
    redis_timeout_ms: float = Field(
        5.0, gt=0, description="Milliseconds a search waits for Redis before it goes on without"
    )


class SearchSettings(Section):
    """The query client."""

    plan: Literal[
        "auto",
        "msearch_fusion",
        "single",
        "lexical_only",
        "native_linear",
        "native_rrf",
        "text_similarity_reranker",
    ] = Field("auto", description="How to search; `auto` chooses from what the cluster can do")
    window: int = Field(100, ge=1, le=10_000, description="Candidates per leg")
    num_candidates: int | None = Field(
        None,
        ge=1,
        le=10_000,
        description="HNSW candidates per shard; `None`: 1.5 times the window, at least 100",
    )
    fusion: str = Field("linear", description="linear, rrf, or an `es_hybrid.fusers` entry point")
    normalize: Normalizer | None = Field(
        None,
        description="Common scale before a linear fusion; `None`: `robust` with complete scores,"
        " `minmax` with a window's",
    )
    rrf_k: int = Field(60, ge=1, le=10_000, description="Rank constant of rrf")
    lexical_weight: float | None = Field(
        None, ge=0, le=1, description="Lexical share of the fusion; `None`: by model"
    )
    lexical_weights: Shares = Field({}, description=f"The same {GROUPS}")
    scores: Literal["complete", "window"] = Field(
        "complete", description="Whether each candidate carries both exact scores"
    )
    min_similarity: float | None = Field(
        None, ge=-1, le=1, description="Cosine floor of semantic-only hits; `None`: by model"
    )
    facets: Literal["lexical", "candidates"] = Field(
        "lexical", description="What aggregations count: the lexical matches, or the candidates"
    )
    admit: Literal["all", "matches"] = Field(
        "all", description="`matches` leaves out what no word matches, where words match anything"
    )
    explain_language: Literal["en", "zh"] = Field("en", description="Language of explanations")
    budget_s: float = Field(0.4, gt=0, description="Seconds for a whole search's model calls")
    on_error: Literal["degrade", "raise"] = Field(
        "degrade", description="What happens when a model server fails to a search"
    )
    boost_min: float = Field(0.5, gt=0, le=1, description="Smallest product of all boosts")
    boost_max: float = Field(2.0, ge=1, description="Largest product of all boosts")
    boost_places: int | None = Field(
        None, ge=0, description="Most places by which all boosts together may move a product"
    )
    boost_share: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Most that they may change its score, as a share of the relevance range",
    )
    breaker_failures: int = Field(3, ge=1, description="Failures in a row that open the breaker")
    breaker_cooldown_s: float = Field(
        5.0, gt=0, description="Seconds for which a broken service is left alone"
    )
    profile_ttl_s: float = Field(
        300.0, gt=0, description="Seconds for which an index's mapping is remembered"
    )
    check_models: Literal["off", "log", "raise"] = Field(
        "off",
        description="Ask both models a question whose answer is known when the client is opened by"
        " `with`, and log or raise what is wrong",
    )
    log_queries: bool = Field(default=False, description="Whether shoppers' words may be logged")


class IngestSettings(Section):
    """Writing products."""

    batch: int = Field(500, ge=1, description="Products per bulk request, at most")
    max_batch_bytes: int = Field(8_000_000, ge=1000, description="Bytes per bulk request, at most")
    concurrency: int = Field(2, ge=1, le=64, description="Bulk requests in flight")
    max_attempts: int = Field(5, ge=1, description="Attempts for a rejected document")
    max_failures: int | None = Field(None, ge=0, description="Failures after which a run stops")
    timeout_s: float = Field(60.0, gt=0, description="Seconds for one bulk request")
    vectors_from: str | None = Field(
        None,
        description="Where vectors of known texts are taken from: an index or alias of products,"
        " `previous`, `index:NAME` or `redis`",
    )
    vectors_ttl_s: float = Field(
        30 * 86400.0, gt=0, description="Seconds that Redis keeps the vector of a product text"
    )
    reuse_bytes: int = Field(
        64_000_000, ge=0, description="Memory for vectors of texts that come again in one run"
    )
    first_load_after: int = Field(
        100_000,
        ge=0,
        description="Products after which the load of an index that was empty goes on without"
        " refreshes and replicas, until it ends; 0: never",
    )
