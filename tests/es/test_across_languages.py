"""A query in one language on a catalogue in another is answered by meaning, whatever words match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from es_hybrid import HybridClient
from es_hybrid.types import TextKind, Vectors
from tests.support.shops import shop_mapping

pytestmark = pytest.mark.es

# Each concept in both languages; a multilingual model gives both the same direction.
CONCEPTS = {
    "shoe": ("shoe", "鞋"),
    "running": ("running", "跑步"),
    "tent": ("tent", "帐篷"),
    "camping": ("camping", "露营"),
    "earphones": ("earphones", "耳机"),
    "wireless": ("wireless", "无线"),
    "stove": ("stove", "炉"),
    "red": ("red", "红色"),
    "kettle": ("kettle", "水壶"),
    "backpack": ("backpack", "背包"),
}
DIMS = 64
ENGLISH = {
    "shoe": "red running shoe",
    "tent": "camping tent",
    "audio": "wireless earphones",
    "stove": "camping stove",
    "kettle": "red kettle",
    "pack": "camping backpack",
}
CHINESE = {
    "shoe": "红色跑步鞋",
    "tent": "露营帐篷",
    "audio": "无线耳机",
    "stove": "露营炉",
    "kettle": "红色水壶",
    "pack": "露营背包",
}
SEARCHES = [
    (ENGLISH, "跑步鞋", "shoe"),
    (ENGLISH, "无线耳机", "audio"),
    (ENGLISH, "露营帐篷", "tent"),
    (CHINESE, "running shoe", "shoe"),
    (CHINESE, "wireless earphones", "audio"),
    (CHINESE, "camping tent", "tent"),
]


class ConceptEmbedder:
    """Knows a dictionary of concepts in two languages, each with a direction of its own."""

    model = f"hash-{DIMS}"

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        rows = np.full((len(texts), DIMS), 0.01, np.float32)
        for row, text in zip(rows, texts, strict=True):
            for place, words in enumerate(CONCEPTS.values()):
                row[place] += sum(word in text for word in words)
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture
def open_concepts(open_shop: Callable[..., HybridClient]) -> Callable[..., HybridClient]:
    """Open shops with the multilingual embedder."""
    return lambda **options: open_shop(embedder=ConceptEmbedder(), **options)


@pytest.fixture
def catalogue(es: Any, index_name: str) -> Callable[..., str]:
    """Make an index of titles in one language, with the concepts' vectors."""

    def make(titles: dict[str, str], **more: str) -> str:
        es.indices.create(index=index_name, mappings=shop_mapping(dims=DIMS))
        every = {**titles, **more}
        vectors = ConceptEmbedder().embed(
            list(every.values()), kind=TextKind.DOCUMENT, timeout_s=1.0
        )
        operations: list[dict[str, Any]] = []
        for (name, title), vector in zip(every.items(), vectors, strict=True):
            document = {"id": name, "title": title, "embedding": vector.tolist()}
            operations += [{"index": {"_id": name}}, document]
        assert not es.bulk(index=index_name, operations=operations, refresh=True)["errors"]
        return index_name

    return make


def ids(found: Any) -> list[str]:
    return [hit["_id"] for hit in found["hits"]["hits"]]


@pytest.mark.parametrize(("titles", "text", "wanted"), SEARCHES)
@pytest.mark.parametrize("plan", ["msearch_fusion", "single"])
@pytest.mark.parametrize("method", ["linear", "rrf"])
def test_meaning_answers_where_no_word_can(
    open_concepts: Callable[..., HybridClient],
    catalogue: Callable[..., str],
    titles: dict[str, str],
    text: str,
    wanted: str,
    plan: str,
    method: str,
) -> None:
    """Words alone find nothing; the hybrid search puts the right product first, by both plans."""
    index, shop = catalogue(titles), open_concepts()
    query = {"match": {"title": text}}
    assert ids(shop.es.search(index=index, query=query)) == []
    options = {"plan": plan, "fusion": {"method": method}}
    found = shop.search(index=index, query=query, ext={"hybrid": options})
    assert found.hybrid.degraded == ()
    assert ids(found)[0] == wanted
    assert found["hits"]["hits"][0]["_score"] > 0
    assert found["hits"]["total"]["value"] >= 1


@pytest.mark.parametrize(("text", "wanted"), [("Fellgate 跑步鞋", "shoe"), ("a 露营帐篷", "tent")])
def test_meaning_can_be_given_more_weight_than_a_word_that_matches_by_chance(
    open_concepts: Callable[..., HybridClient],
    catalogue: Callable[..., str],
    text: str,
    wanted: str,
) -> None:
    """With a lexical weight of 0.3, products that only share a stray word stay behind the right one."""
    chance = {"brand": "Fellgate gift card", "stray": "a mug with a handle"}
    index, shop = catalogue(ENGLISH, **chance), open_concepts()
    weights = {"fusion": {"weights": {"lexical": 0.3, "semantic": 0.7}}}
    found = shop.search(index=index, query={"match": {"title": text}}, ext={"hybrid": weights})
    assert set(ids(shop.es.search(index=index, query={"match": {"title": text}}))) <= set(chance)
    assert ids(found)[0] == wanted


def test_both_languages_of_a_mixed_catalogue_are_found(
    open_concepts: Callable[..., HybridClient], catalogue: Callable[..., str]
) -> None:
    """The same product in both languages comes on the first two places for either query."""
    index = catalogue(ENGLISH, **{f"{name}-zh": title for name, title in CHINESE.items()})
    shop = open_concepts()
    for text in ("running shoe", "跑步鞋"):
        found = shop.search(index=index, query={"match": {"title": text}})
        assert set(ids(found)[:2]) == {"shoe", "shoe-zh"}, text
