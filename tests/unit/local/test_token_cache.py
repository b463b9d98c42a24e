"""Remembering tokens within a bound."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from es_hybrid.local.model import TokenIds
from es_hybrid.local.token_cache import TokenCache


class Tokenizer:
    """Counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> list[TokenIds]:
        self.asked.extend(texts)
        return [np.arange(len(text), dtype=np.int32) for text in texts]


def test_a_text_is_cut_once() -> None:
    """A text seen before, or twice in one call, is not cut again."""
    tokenizer = Tokenizer()
    cache = TokenCache(tokenizer, limit_bytes=10_000)
    assert [len(ids) for ids in cache(["ab", "abc", "ab"])] == [2, 3, 2]
    assert [len(ids) for ids in cache(["abc", "abcd"])] == [3, 4]
    assert tokenizer.asked == ["ab", "abc", "abcd"]


def test_the_text_used_least_lately_is_forgotten() -> None:
    """Above the bound, what was not used goes first."""
    tokenizer = Tokenizer()
    cache = TokenCache(tokenizer, limit_bytes=10_000)
    cache(["a"])
    one = cache.size_bytes
    cache = TokenCache(tokenizer, limit_bytes=2 * one)
    cache(["a", "b"])
    cache(["a"])
    cache(["c"])
    tokenizer.asked.clear()
    cache(["a"])
    cache(["b"])
    assert tokenizer.asked == ["b"]


@pytest.mark.parametrize("limit_bytes", [0, 1_000])
def test_memory_stays_within_the_bound(limit_bytes: int) -> None:
    """However many texts come, and from several threads, the bound holds and answers are right."""
    cache = TokenCache(Tokenizer(), limit_bytes=limit_bytes)
    batches = [[f"{n} {m}" * 5 for m in range(20)] for n in range(50)]
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(cache, batches * 2))
    assert cache.size_bytes <= limit_bytes
    for batch, ids in zip(batches * 2, answers, strict=True):
        assert [len(item) for item in ids] == [len(text) for text in batch]
