"""What is known of a model before anyone tuned it: fusion weight, blend, languages, floor.

A weak embedder must not lower a shop's quality, a strong one must not be held back, so these are per
model and not one for all. A setting wins over a profile. Models are matched by a piece of their
name, in lower case; the first match counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid.instructions import PRODUCT_SEARCH

__all__ = [
    "EmbedderProfile",
    "RerankerProfile",
    "embedder_profile",
    "reads_prompt",
    "reranker_profile",
]


@dataclass(frozen=True, slots=True)
class EmbedderProfile:
    """Defaults that go with an embedding model.

    Attributes:
        lexical_weight: Weight of the lexical leg in a linear fusion, 0 to 1.
        min_similarity: Cosine below which a product that no word of the query matches is not
            admitted; `None` admits all.
        languages: Languages the model knows, `None` for "any"; a query in another is searched
            lexically.
        query_instruction: Put before queries as an `Instruct:` and a `Query:` line, as
            Qwen3-Embedding was trained; `None` sends them bare.
    """

    lexical_weight: float = 0.5
    min_similarity: float | None = None
    languages: frozenset[str] | None = None
    query_instruction: str | None = None


@dataclass(frozen=True, slots=True)
class RerankerProfile:
    """Defaults that go with a reranking model.

    Attributes:
        blend: Share of the rerank score in the final relevance, 0 to 1.
        languages: Languages the model knows, `None` for "any".
        instruction: Sent with each request where the model takes one.
    """

    blend: float = 0.6
    languages: frozenset[str] | None = None
    instruction: str | None = None


_EMBEDDERS: tuple[tuple[str, EmbedderProfile], ...] = (
    (
        "wordllama",
        EmbedderProfile(
            lexical_weight=0.7,
            min_similarity=0.5,
            languages=frozenset({"en"}),
        ),
    ),
    (
        "qwen3-embedding",
        EmbedderProfile(query_instruction=PRODUCT_SEARCH),
    ),
)

_RERANKERS: tuple[tuple[str, RerankerProfile], ...] = (
    ("wordllama", RerankerProfile(blend=0.5, languages=frozenset({"en"}))),
    (
        "qwen3-reranker",
        RerankerProfile(blend=0.8, instruction=PRODUCT_SEARCH),
    ),
)


def reads_prompt(model: str | None, *, template: str) -> bool:
    """Say whether a reranker's scores are the probabilities that Qwen3-Reranker's prompt asks for.

    Example:
        >>> reads_prompt("Qwen/Qwen3-Reranker-4B", template="none")
        True
    """
    return template != "none" or "qwen3-reranker" in (model or "").lower()


def embedder_profile(model: str | None) -> EmbedderProfile:
    """Return the defaults of an embedding model.

    Example:
        >>> embedder_profile("Qwen/Qwen3-Embedding-4B").lexical_weight
        0.5
    """
    name = (model or "").lower()
    return next((p for piece, p in _EMBEDDERS if piece in name), EmbedderProfile())


def reranker_profile(model: str | None) -> RerankerProfile:
    """Return the defaults of a reranking model.

    Example:
        >>> reranker_profile("wordllama-late-interaction").languages
        frozenset({'en'})
    """
    name = (model or "").lower()
    return next((p for piece, p in _RERANKERS if piece in name), RerankerProfile())
