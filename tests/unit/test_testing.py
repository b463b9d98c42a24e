"""Models for a shop's own tests: small, quick, and in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest

from es_hybrid.errors import RerankError, ServiceTimeout
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker, Embedder, Reranker
from es_hybrid.rank.boost import FieldBoost, NumericBoost, RecencyBoost
from es_hybrid.rank.fuse import linear, rrf
from es_hybrid.testing import (
    AsyncHashEmbedder,
    AsyncScriptedReranker,
    HashEmbedder,
    RerankCall,
    ScriptedReranker,
    check_async_embedder,
    check_async_reranker,
    check_boost,
    check_embedder,
    check_fuser,
    check_reranker,
)
from es_hybrid.types import TextKind, Vectors


def embed(texts: list[str], dims: int = 64) -> Vectors:
    return HashEmbedder(dims).embed(texts, kind=TextKind.DOCUMENT, timeout_s=1.0)


def overlap(query: str, text: str) -> float:
    return float(len(set(query.lower().split()) & set(text.lower().split())))


def test_texts_that_share_words_are_nearer() -> None:
    """Shared words give a higher cosine, in English and in Chinese without spaces."""
    rows = embed(["red running shoe", "blue running shoe", "夏季连衣裙", "长袖连衣裙", "床头灯"])
    cosine = rows @ rows.T
    assert cosine[0, 1] > 0.4
    assert cosine[2, 3] > 0.3
    assert max(cosine[0, 2], cosine[2, 4], cosine[0, 4]) < 0.3


def test_case_and_width_do_not_matter() -> None:
    """The same word gives the same vector however it was typed."""
    rows = embed(["iPhone 15", "ｉＰＨＯＮＥ １５", "!!!"])
    assert rows[0].tolist() == rows[1].tolist()
    assert np.linalg.norm(rows[2]) == pytest.approx(1.0)


def test_the_hash_is_the_same_in_every_process() -> None:
    """Vectors kept in an index yesterday fit the queries of today."""
    shoe = [0.5, 0.35, -0.28, -0.35, -0.27, -0.23, 0.29, -0.46]
    assert embed(["shoe"], 8)[0].tolist() == pytest.approx(shoe, abs=0.01)


def test_the_model_is_named_after_its_dims() -> None:
    """Two sizes are two models, whose vectors must not mix; a shop may choose the name."""
    assert (HashEmbedder().model, AsyncHashEmbedder(128).model) == ("hash-64", "hash-128")
    assert HashEmbedder(64, model="mine").model == "mine"
    with pytest.raises(ValueError, match="8 or more"):
        HashEmbedder(4)


def test_a_blank_text_is_refused_by_its_position() -> None:
    """A text without a direction is not given one."""
    with pytest.raises(ValueError, match="text 1 of 2 is blank"):
        embed(["shoe", "  "])


async def test_both_flavours_satisfy_their_protocols() -> None:
    """Twins have the same answers, and each is what its client takes."""
    embedder, reranker = AsyncHashEmbedder(), AsyncScriptedReranker(overlap)
    assert isinstance(embedder, AsyncEmbedder)
    assert isinstance(HashEmbedder(), Embedder)
    assert isinstance(reranker, AsyncReranker)
    assert isinstance(ScriptedReranker([]), Reranker)
    rows = await embedder.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=1.0)
    assert rows.tolist() == embed(["red shoe"]).tolist()
    assert await reranker.rerank("red", ["a red", "b"], instruction=None, timeout_s=1.0) == [1, 0]


def test_a_script_is_played_as_written() -> None:
    """Scores, too few of them, a function and a failure; every call is remembered."""
    texts = ["red shoe", "hat"]
    short = ScriptedReranker([0.5])
    assert short.rerank("red", texts, instruction="find", timeout_s=0.3) == [0.5]
    assert short.calls == [RerankCall("red", ("red shoe", "hat"), "find", 0.3)]
    assert ScriptedReranker(overlap).rerank("red", texts, instruction=None, timeout_s=1) == [1, 0]
    failing = ScriptedReranker(RerankError("down", service="rerank"))
    with pytest.raises(RerankError, match="down"):
        failing.rerank("red", texts, instruction=None, timeout_s=1.0)


async def test_a_delay_longer_than_allowed_is_a_timeout() -> None:
    """A slow reranker gives up when the call's time is over, as a server's client does."""
    with pytest.raises(ServiceTimeout):
        ScriptedReranker([1.0], delay_s=60.0).rerank("q", ["t"], instruction=None, timeout_s=0.01)
    slow = AsyncScriptedReranker([1.0], delay_s=60.0)
    with pytest.raises(ServiceTimeout):
        await slow.rerank("q", ["t"], instruction=None, timeout_s=0.01)
    patient = AsyncScriptedReranker([1.0], delay_s=0.01)
    assert await patient.rerank("q", ["t"], instruction=None, timeout_s=5.0) == [1.0]


async def test_what_is_built_in_passes() -> None:
    """The checks say nothing, not even a warning, about stages that are in order."""
    check_embedder(HashEmbedder())
    await check_async_embedder(AsyncHashEmbedder(8))
    check_reranker(ScriptedReranker(overlap))
    await check_async_reranker(AsyncScriptedReranker(overlap))
    for fuser in (linear, rrf):
        check_fuser(fuser)
    check_boost(FieldBoost("in_stock", by=1.2))
    check_boost(RecencyBoost("created_at"))
    for shape in ("log", "sqrt", "linear", "saturation"):
        check_boost(NumericBoost("sales", scale=10, shape=shape))


def test_servers_that_batch_are_not_blamed_for_the_last_bits() -> None:
    """A difference of a thousandth between two calls is how graphics cards work."""
    noise = count()

    class Noisy(HashEmbedder):
        def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
            rows = super().embed(texts, kind=kind, timeout_s=timeout_s)
            rows[:, 0] += 1e-3 * (next(noise) % 2)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            return rows

    check_embedder(Noisy())
    check_reranker(ScriptedReranker(lambda q, t: overlap(q, t) + 1e-3 * (next(noise) % 2)))
