"""Keys of cached values: equal for the same, different for all else, and no words in them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.settings import EmbedSettings, RerankSettings
from es_hybrid.types import TextKind
from es_hybrid.wire.cache_keys import (
    embed_space,
    pair_keys,
    rerank_space,
    space_of,
    text_keys,
)

SPACE = space_of({"model": "m"})
# A value for each setting, other than its default.
EMBED: dict[str, Any] = {
    "model": "other",
    "dims": 16,
    "send_dimensions": True,
    "query_instruction": "Find gifts",
    "max_tokens": 100,
}
RERANK: dict[str, Any] = {
    "model": "other",
    "dialect": "tei",
    "template": "client",
    "instruction": "Find gifts",
    "max_tokens": 100,
}


@pytest.mark.parametrize("name", EMBED)
def test_a_setting_that_changes_vectors_changes_the_key(name: str) -> None:
    """Two shops that differ in it never share a vector."""
    plain, changed = (
        EmbedSettings(model="m"),
        EmbedSettings(model="m").model_copy(update={name: EMBED[name]}),
    )
    assert embed_space(plain) != embed_space(changed)


@pytest.mark.parametrize("name", RERANK)
def test_a_setting_that_changes_scores_changes_the_key(name: str) -> None:
    """Two shops that differ in it never share a score."""
    plain = RerankSettings(model="m")
    assert rerank_space(plain) != rerank_space(plain.model_copy(update={name: RERANK[name]}))


def test_where_and_how_fast_a_model_is_asked_does_not_matter() -> None:
    """Replicas, keys and timeouts do not make a server's answers others."""
    plain = EmbedSettings(model="m", base_url="http://a/v1")
    moved = EmbedSettings(
        model="m", base_url="http://b/v1", replicas=("http://c/v1",), timeout_s=9.0, merge_ms=1.0
    )
    assert embed_space(plain) == embed_space(moved)
    one, other = (RerankSettings(model="m", url=url, top=top) for url, top in (("a", 1), ("b", 9)))
    assert rerank_space(one) == rerank_space(other)


def test_a_model_without_a_name_is_known_by_its_address() -> None:
    """Two unnamed rerankers are two."""
    one, other = (RerankSettings(url=url) for url in ("http://a", "http://b"))
    assert rerank_space(one) != rerank_space(other)


@given(st.lists(st.text(), max_size=6), st.text(), st.text(), st.none() | st.text())
def test_keys_are_equal_for_the_same_only(
    texts: list[str], query: str, other: str, instruction: str | None
) -> None:
    """One key per text, the same each time; another query, task, kind or space gives others."""
    keys = pair_keys(SPACE, query, texts, instruction=instruction)
    assert keys == pair_keys(SPACE, query, texts, instruction=instruction)
    assert len(set(keys)) == len(set(texts))
    assert all(len(key) == 16 for key in keys)
    others = set(pair_keys(SPACE, query + "x", texts, instruction=instruction))
    others |= set(pair_keys(SPACE, query, texts, instruction=(instruction or "") + "x"))
    others |= set(pair_keys(space_of({"model": "n"}), query, texts, instruction=instruction))
    for kind in TextKind:
        others |= set(text_keys(SPACE, texts, kind=kind))
    assert not others & set(keys)
    assert (other == query) == (
        pair_keys(SPACE, other, ["a"], instruction=None)
        == pair_keys(SPACE, query, ["a"], instruction=None)
    )


def test_words_cannot_move_between_the_parts_of_a_key() -> None:
    """Where the query ends and the text begins is part of the key."""
    assert pair_keys(SPACE, "red", ["shoe"], instruction=None) != pair_keys(
        SPACE, "reds", ["hoe"], instruction=None
    )
    assert pair_keys(SPACE, "b", [""], instruction="a") != pair_keys(
        SPACE, "", [""], instruction="ab"
    )


def test_half_a_pair_is_a_text_too() -> None:
    """Feeds hold broken Unicode; a key of it is a key."""
    assert len(text_keys(SPACE, ["\ud83d"], kind=TextKind.QUERY)[0]) == 16
