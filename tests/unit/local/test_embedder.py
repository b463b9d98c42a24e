"""The embedded embedder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import wordllama

from es_hybrid.local.embedder import AsyncWordLlamaEmbedder, WordLlamaEmbedder
from es_hybrid.local.model import StaticModel
from es_hybrid.protocols import AsyncEmbedder, Embedder
from es_hybrid.types import TextKind, Vectors

TEXTS = ["wireless mouse", "Wireless optical mouse, black", "garden hose 20 m", "夏季连衣裙"]


@pytest.fixture(scope="module")
def embedder(model: StaticModel) -> WordLlamaEmbedder:
    return WordLlamaEmbedder(model)


def embed(embedder: WordLlamaEmbedder, texts: list[str]) -> Vectors:
    return embedder.embed(texts, kind=TextKind.DOCUMENT, timeout_s=1.0)


def test_satisfies_the_protocols(model: StaticModel) -> None:
    """Both flavours can stand wherever an embedder is asked for, and name the same model."""
    sync, awaited = WordLlamaEmbedder(model), AsyncWordLlamaEmbedder(model)
    assert isinstance(sync, Embedder)
    assert isinstance(awaited, AsyncEmbedder)
    assert sync.model == awaited.model == "wordllama-256"


def test_rows_are_finite_unit_float32(embedder: WordLlamaEmbedder) -> None:
    """Each text gets one unit-length row of 256 finite float32 numbers."""
    rows = embed(embedder, TEXTS)
    assert rows.shape == (4, 256)
    assert rows.dtype == np.float32
    assert np.isfinite(rows).all()
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)


def test_agrees_with_wordllama(embedder: WordLlamaEmbedder) -> None:
    """For folded text the vectors are those of the package's own `embed`."""
    texts = ["wireless mouse", "garden hose 20 m", "夏季连衣裙"]
    reference = wordllama.WordLlama.load(
        cache_dir=Path(wordllama.__file__).parent, disable_download=True
    )
    expected = reference.embed(texts, norm=True)
    np.testing.assert_allclose(embed(embedder, texts), expected, atol=1e-5)


def test_a_vector_does_not_depend_on_its_batch(embedder: WordLlamaEmbedder) -> None:
    """The same text gives the same bits alone and among others, so a re-run changes nothing."""
    together = embed(embedder, TEXTS * 40)
    for position, text in enumerate(TEXTS):
        np.testing.assert_array_equal(embed(embedder, [text])[0], together[position + 80])


def test_case_and_width_do_not_matter(embedder: WordLlamaEmbedder) -> None:
    """Shoppers' capitals and full-width letters find the same products."""
    rows = embed(embedder, ["usb hub", "USB Hub", "ＵＳＢ　ｈｕｂ"])
    np.testing.assert_array_equal(rows[0], rows[1])
    np.testing.assert_array_equal(rows[0], rows[2])


def test_related_texts_are_closer(embedder: WordLlamaEmbedder) -> None:
    """A query is nearer to a product that satisfies it than to another."""
    query, right, wrong, _ = embed(embedder, TEXTS)
    assert query @ right > query @ wrong + 0.2


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u3000"])
def test_blank_text_is_refused_with_its_position(embedder: WordLlamaEmbedder, blank: str) -> None:
    """A blank text has no direction: the error says which one it is."""
    with pytest.raises(ValueError, match="text 1 of 2 is blank"):
        embed(embedder, ["mouse", blank])


def test_no_texts_give_no_rows(embedder: WordLlamaEmbedder) -> None:
    """An empty batch is an empty matrix of the right width."""
    assert embed(embedder, []).shape == (0, 256)


async def test_async_gives_the_same(model: StaticModel, embedder: WordLlamaEmbedder) -> None:
    """Awaited, the vectors are the same."""
    rows = await AsyncWordLlamaEmbedder(model).embed(TEXTS, kind=TextKind.QUERY, timeout_s=1.0)
    np.testing.assert_array_equal(rows, embed(embedder, TEXTS))
