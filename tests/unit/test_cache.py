"""The cache of one process: bounded, in order of use, for a limited time."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid._cache import ENTRY_BYTES, CacheStats, LruCache

KEYS = st.binary(min_size=1, max_size=2)


def room_for(count: int, *, value: int = 4, key: int = 1) -> int:
    return count * (ENTRY_BYTES + key + value)


def test_what_was_not_used_for_longest_goes_first() -> None:
    """Reading counts as use, as does writing again."""
    cache = LruCache(max_bytes=room_for(3), ttl_s=60.0)
    for key in (b"a", b"b", b"c"):
        cache.put_many({key: b"1234"}, now=0.0)
    assert cache.get_many([b"a"], now=1.0) == {b"a": b"1234"}
    cache.put_many({b"b": b"5678"}, now=1.0)
    cache.put_many({b"d": b"1234"}, now=1.0)
    assert cache.get_many([b"a", b"b", b"c", b"d"], now=1.0).keys() == {b"a", b"b", b"d"}
    assert cache.get_many([b"b"], now=1.0) == {b"b": b"5678"}


def test_a_value_lives_so_long_from_when_it_was_put() -> None:
    """Use does not make a value live longer; putting it again does."""
    cache = LruCache(max_bytes=10_000, ttl_s=10.0)
    cache.put_many({b"a": b"1", b"b": b"1"}, now=0.0)
    cache.put_many({b"b": b"2"}, now=5.0)
    assert cache.get_many([b"a", b"b"], now=9.9) == {b"a": b"1", b"b": b"2"}
    assert cache.get_many([b"a", b"b"], now=10.0) == {b"b": b"2"}
    assert cache.get_many([b"b"], now=15.0) == {}
    assert (cache.entries, cache.size_bytes) == (0, 0)


def test_what_is_larger_than_the_cache_is_not_kept() -> None:
    """A value that has no room, or a cache of no size, keeps nothing and breaks nothing."""
    cache = LruCache(max_bytes=1000, ttl_s=10.0)
    cache.put_many({b"a": b"1" * 2000}, now=0.0)
    assert cache.get_many([b"a"], now=0.0) == {}
    nothing = LruCache(max_bytes=0, ttl_s=10.0)
    nothing.put_many({b"a": b"1"}, now=0.0)
    assert (nothing.get_many([b"a"], now=0.0), nothing.size_bytes) == ({}, 0)


def test_everything_can_be_forgotten() -> None:
    """After clearing nothing is left."""
    cache = LruCache(max_bytes=1000, ttl_s=10.0)
    cache.put_many({b"a": b"1"}, now=0.0)
    cache.clear()
    assert (cache.get_many([b"a"], now=0.0), cache.entries, cache.size_bytes) == ({}, 0, 0)


@given(
    st.lists(st.tuples(KEYS, st.binary(max_size=600), st.integers(0, 5)), max_size=60),
    st.integers(0, 4000),
)
def test_the_bound_holds_whatever_is_put(
    steps: list[tuple[bytes, bytes, int]], max_bytes: int
) -> None:
    """Never more bytes than allowed, never another value than the last put, never one too old."""
    cache = LruCache(max_bytes=max_bytes, ttl_s=7.0)
    last: dict[bytes, tuple[bytes, float]] = {}
    now = 0.0
    for key, value, later in steps:
        now += later
        cache.put_many({key: value}, now=now)
        last[key] = (value, now)
        assert cache.size_bytes <= max_bytes
        for found, content in cache.get_many(last, now=now).items():
            assert content == last[found][0]
            assert now < last[found][1] + 7.0


def test_the_size_of_an_entry_is_not_understated() -> None:
    """Keys and values as they are used here take no more memory than is counted for them."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        cache = LruCache(max_bytes=100_000_000, ttl_s=60.0)
        for number in range(20_000):
            key = number.to_bytes(16, "little")
            cache.put_many({key: bytes(bytearray(key[:4]))}, now=float(number))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.7 * cache.size_bytes < after - before <= cache.size_bytes


@pytest.mark.parametrize(
    ("stats", "rate"),
    [(CacheStats(), 0.0), (CacheStats(misses=3), 0.0), (CacheStats(shared_hits=3), 1.0)],
)
def test_a_hit_rate_is_a_share(stats: CacheStats, rate: float) -> None:
    """Nothing asked, nothing found, everything found."""
    assert stats.hit_rate == rate
