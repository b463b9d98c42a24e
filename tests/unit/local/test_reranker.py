"""The embedded reranker."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from es_hybrid.local.model import StaticModel
from es_hybrid.local.reranker import AsyncLateInteractionReranker, LateInteractionReranker
from es_hybrid.protocols import AsyncReranker, Reranker

RERANKER = LateInteractionReranker()
WORDS = st.sampled_from(
    [
        "red",
        "Shoe",
        "running",
        "laptop",
        "USB-C",
        "dv7-1211ea",
        "4GB",
        "the",
        "for",
        "裙",
        "£",
        "\u00a0",
    ]
)
TEXT = st.lists(WORDS, max_size=8).map(" ".join) | st.text(max_size=30)


def rerank(query: str, texts: list[str]) -> list[float]:
    return list(RERANKER.rerank(query, texts, instruction=None, timeout_s=1.0))


def test_satisfies_the_protocols(model: StaticModel) -> None:
    """Both flavours can stand wherever a reranker is asked for."""
    assert isinstance(LateInteractionReranker(model), Reranker)
    assert isinstance(AsyncLateInteractionReranker(model), AsyncReranker)


@given(TEXT, st.lists(TEXT, max_size=6))
@settings(max_examples=60, deadline=None)
def test_scores_are_finite_and_from_0_to_1(query: str, texts: list[str]) -> None:
    """Whatever is asked, there is one finite score from 0 to 1 a text."""
    scores = rerank(query, texts)
    assert len(scores) == len(texts)
    assert all(math.isfinite(score) and 0.0 <= score <= 1.0 for score in scores)


@given(TEXT, st.lists(TEXT, min_size=1, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_of_candidates_does_not_matter(query: str, texts: list[str], random: Random) -> None:
    """A product scores the same wherever it stands in the list."""
    order = list(range(len(texts)))
    random.shuffle(order)
    scores = rerank(query, texts)
    assert rerank(query, [texts[i] for i in order]) == [scores[i] for i in order]


@given(TEXT, st.lists(TEXT, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_a_score_depends_on_its_own_text_alone(query: str, texts: list[str]) -> None:
    """A caller may split a list into several calls and compare the scores."""
    assert rerank(query, texts) == [rerank(query, [text])[0] for text in texts]


@given(TEXT.filter(str.strip), st.lists(TEXT, max_size=5))
@settings(max_examples=60, deadline=None)
def test_the_query_itself_scores_highest(query: str, texts: list[str]) -> None:
    """No text beats one that is the query, which scores 1."""
    scores = rerank(query, [*texts, query])
    assert scores[-1] == max(scores) == 1.0


def test_prefers_the_matching_product() -> None:
    """A near synonym beats an unrelated product, and the exact words beat both."""
    exact, near, other = rerank(
        "laptop bag", ["Laptop Bag 15.6", "Notebook case 15.6", "Garden hose"]
    )
    assert exact > near > other


def test_telling_words_weigh_more_than_filler() -> None:
    """In a whole sentence the product's name decides, not `for my`."""
    right, filler = rerank("a laptop for my dad", ["Laptop 15 inch", "A gift for my mum"])
    assert right > filler


def test_texts_that_match_alike_tie() -> None:
    """Float noise is rounded away, so stretching the scores makes no order out of nothing."""
    texts = [f"Red running shoe number {n} for trail and road" for n in range(60)]
    assert set(rerank("red running shoe", texts)) == {1.0}


def test_blank_query_or_text_scores_zero() -> None:
    """Nothing matches nothing."""
    assert rerank("  ", ["shoe"]) == [0.0]
    assert rerank("shoe", ["", " \n", "shoe"]) == [0.0, 0.0, 1.0]
    assert rerank("shoe", []) == []


def test_case_does_not_matter() -> None:
    """Shoppers' capitals change no score."""
    texts = ["Samsung 4K TV", "radio"]
    assert rerank("SAMSUNG TV", texts) == rerank("samsung tv", texts)


def test_a_huge_text_is_read_in_part() -> None:
    """Work is bounded: what comes after the first 512 tokens is not read."""
    late = "garden hose " * 5_000 + "laptop"
    assert rerank("laptop", [late])[0] == rerank("laptop", ["garden hose " * 400])[0] < 1.0


def test_remembered_texts_score_the_same(model: StaticModel) -> None:
    """A reranker that remembers nothing gives the scores of one that does."""
    texts = ["Red shoe", "Blue shoe", "Red shoe"]
    forgetful = LateInteractionReranker(model, cache_bytes=0)
    scores = [forgetful.rerank("shoe red", texts, instruction=None, timeout_s=1.0) for _ in "ab"]
    assert scores == [rerank("shoe red", texts)] * 2


async def test_async_gives_the_same(model: StaticModel) -> None:
    """Awaited, the scores are the same; an instruction changes nothing."""
    texts = ["Red shoe", "Blue shoe"]
    reranker = AsyncLateInteractionReranker(model)
    scores = await reranker.rerank("red", texts, instruction="Judge", timeout_s=1.0)
    assert list(scores) == rerank("red", texts)


@pytest.mark.parametrize(
    "model_name", [LateInteractionReranker.model, AsyncLateInteractionReranker.model]
)
def test_the_name_finds_its_profile(model_name: str) -> None:
    """Defaults are looked up by a piece of the model's name."""
    assert "wordllama" in model_name
