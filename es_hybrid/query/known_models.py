"""What is known of the models that a client has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from es_hybrid.profiles import (
    EmbedderProfile,
    RerankerProfile,
    embedder_profile,
    reranker_profile,
)


@dataclass(frozen=True, slots=True)
class Models:
    """What the client has to work with, and what is known of it.

    Attributes:
        embedder: Name of the embedding model, `None` without an embedder.
        embedder_profile: Its defaults.
        embed_instruction: The task it puts before queries; `None`: it reads none.
        reranker: Whether there is a reranker.
        reranker_profile: Its defaults.
        rerank_instruction: The task it is sent unasked.
        reranker_reads: Whether a task that it is given reaches the model.
    """

    embedder: str | None = None
    embedder_profile: EmbedderProfile = field(default_factory=EmbedderProfile)
    embed_instruction: str | None = None
    reranker: bool = False
    reranker_profile: RerankerProfile = field(default_factory=RerankerProfile)
    rerank_instruction: str | None = None
    reranker_reads: bool = True

    @classmethod
    def of(cls, embedder: Any, reranker: Any, *, rerank_model: str | None) -> Self:
        """Return what is known of a client's models.

        Args:
            embedder: `None` without one.
            reranker: `None` without one.
            rerank_model: Name of a reranker that does not know its own.
        """
        model = None if embedder is None else embedder.model
        return cls(
            embedder=model,
            embedder_profile=embedder_profile(model),
            embed_instruction=getattr(embedder, "instruction", None),
            reranker=reranker is not None,
            reranker_profile=reranker_profile(getattr(reranker, "model", None) or rerank_model),
            rerank_instruction=getattr(reranker, "instruction", None),
            reranker_reads=getattr(reranker, "reads_instruction", True),
        )
