"""Defaults go with the model: a weak one is held back, an unknown one is not."""

from __future__ import annotations

import pytest

from es_hybrid.profiles import (
    EmbedderProfile,
    RerankerProfile,
    embedder_profile,
    reranker_profile,
)


@pytest.mark.parametrize("model", [None, "", "text-embedding-3-small", "hash-64"])
def test_unknown_models(model: str | None) -> None:
    """A model nobody measured gets even weights, every language, and nothing held back."""
    assert embedder_profile(model) == EmbedderProfile()
    assert reranker_profile(model) == RerankerProfile()
    profile = embedder_profile(model)
    assert (profile.lexical_weight, profile.languages) == (0.5, None)


@pytest.mark.parametrize("model", ["wordllama-256", "org/WordLlama", "WORDLLAMA"])
def test_wordllama(model: str) -> None:
    """Alone it lowers quality: more weight on the words, English only, a floor."""
    profile = embedder_profile(model)
    assert profile.lexical_weight == 0.7
    assert profile.languages == frozenset({"en"})
    assert profile.min_similarity is not None
    assert reranker_profile(model).languages == frozenset({"en"})


def test_qwen() -> None:
    """Trained with instructions, it gets one for queries; as a reranker it is trusted more."""
    assert embedder_profile("Qwen/Qwen3-Embedding-4B").query_instruction
    profile = reranker_profile("Qwen/Qwen3-Reranker-4B")
    assert profile.instruction
    assert profile.blend > RerankerProfile().blend
    assert profile.languages is None
