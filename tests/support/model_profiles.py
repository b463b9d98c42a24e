"""What tells one model server from another, as far as a client can see: a row each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ErrorShape = Literal["nested", "flat", "tei", "detail", "message"]


@dataclass(frozen=True)
class Profile:
    """One server's behaviour. A status of `None` means that the case is accepted."""

    embed_paths: tuple[str, ...] = ("/v1/embeddings",)
    rerank_paths: tuple[str, ...] = ("/v1/rerank",)
    errors: ErrorShape = "nested"
    guarded: tuple[str, ...] = ("/",)
    """Paths that need the key begin with one of these."""
    unauthorized: Any = None
    unknown_model: int | None = None
    dimensions: Literal["flag", "cut", "cut_after", "ignored"] = "flag"
    null_refused: bool = False
    """Whether `dimensions: null` and `top_n: null` are refused as a schema violation."""
    schema: int = 400
    blank: int | None = None
    blank_document: int | None = None
    max_items: int | None = None
    too_long: int | None = 400
    base64: bool = True
    overload: int | None = 503
    bare_list: bool = False
    texts_key: str = "documents"
    score_key: str = "relevance_score"
    document: Literal["object", "string"] | None = None
    echo: Literal["always", "default", "asked", "never"] = "never"
    extra: tuple[tuple[str, Any], ...] = ()


UNAUTHORIZED = {"error": "Unauthorized"}
PROFILES: dict[str, Profile] = {
    "vllm": Profile(
        rerank_paths=("/rerank", "/v1/rerank", "/v2/rerank"),
        guarded=("/v1", "/v2"),
        unauthorized=UNAUTHORIZED,
        unknown_model=404,
        document="object",
        echo="always",
        extra=(("id", "score-1"), ("usage", {"prompt_tokens": 1, "total_tokens": 1})),
    ),
    "sglang": Profile(
        errors="flat",
        unauthorized=UNAUTHORIZED,
        blank=400,
        blank_document=400,
        bare_list=True,
        score_key="score",
        document="string",
        echo="default",
    ),
    "tei": Profile(
        embed_paths=("/v1/embeddings", "/embeddings"),
        rerank_paths=("/rerank",),
        errors="tei",
        dimensions="cut",
        schema=422,
        blank=422,
        max_items=32,
        too_long=None,
        overload=429,
        bare_list=True,
        texts_key="texts",
        score_key="score",
    ),
    "infinity": Profile(
        embed_paths=("/embeddings", "/v1/embeddings"),
        rerank_paths=("/rerank", "/v1/rerank"),
        unauthorized={"detail": "Unauthorized"},
        dimensions="cut_after",
        null_refused=True,
        schema=422,
        max_items=2048,
        too_long=None,
        overload=429,
        document="string",
        echo="asked",
        extra=(("object", "rerank"), ("id", "infinity-1"), ("created", 1)),
    ),
    "xinference": Profile(
        errors="detail",
        unauthorized={"detail": "Not authenticated"},
        unknown_model=400,
        dimensions="cut",
        schema=500,
        too_long=500,
        base64=False,
        overload=429,
        document="object",
        echo="asked",
        extra=(("id", "0b7e"), ("meta", {"api_version": None, "tokens": None})),
    ),
    "llamacpp": Profile(
        embed_paths=("/v1/embeddings", "/embeddings"),
        rerank_paths=("/rerank", "/reranking", "/v1/rerank", "/v1/reranking"),
        unauthorized={
            "error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}
        },
        dimensions="ignored",
        blank=400,
        too_long=500,
        overload=None,
        extra=(("object", "list"), ("usage", {"prompt_tokens": 1, "total_tokens": 1})),
    ),
    "ollama": Profile(rerank_paths=(), unknown_model=404, dimensions="cut", too_long=None),
    "openai": Profile(rerank_paths=(), unknown_model=404, dimensions="cut", blank=400),
    "cohere": Profile(
        embed_paths=(),
        rerank_paths=("/v2/rerank",),
        errors="message",
        unauthorized={"message": "invalid api token"},
        overload=429,
        extra=(("id", "1"), ("meta", {"api_version": {"version": "2"}})),
    ),
    "jina": Profile(
        errors="detail",
        unauthorized={"detail": "Invalid API key"},
        overload=429,
        document="object",
        echo="default",
        extra=(("usage", {"total_tokens": 1}),),
    ),
    "dashscope": Profile(
        embed_paths=("/compatible-mode/v1/embeddings",),
        rerank_paths=("/compatible-api/v1/reranks",),
        errors="message",
        unauthorized={"message": "Invalid API-key provided.", "code": "InvalidApiKey"},
        dimensions="cut",
        overload=429,
        extra=(("request_id", "1"), ("usage", {"total_tokens": 1})),
    ),
}
