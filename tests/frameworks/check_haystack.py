"""The component in Haystack itself: documents, its filters, top k, both flavours, a pipeline."""

from __future__ import annotations

from typing import Any

import pytest
from haystack import AsyncPipeline, Pipeline

from es_hybrid import AsyncHybridClient, HybridClient, RequestError
from es_hybrid.integrations.haystack import HybridRetriever

FIELDS = ["title^3", "brand"]


def one(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


def test_in_a_pipeline(shop: HybridClient, index: str) -> None:
    """Text, id, score and the other fields of a product reach the document."""
    pipeline = Pipeline()
    pipeline.add_component("shop", HybridRetriever(shop=shop, index=index, fields=["title"]))
    found = pipeline.run({"shop": {"query": "trail running shoe", "top_k": 1}})["shop"]["documents"]
    assert [(each.id, each.content) for each in found] == [("1", "trail running shoe")]
    assert found[0].meta["brand"] == "Norvik"
    assert 0 < found[0].score <= 1


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (one("meta.brand", "==", "Norvik"), {"1", "3"}),
        (one("brand", "!=", "Norvik"), {"2"}),
        (one("meta.id", "in", ["1", "2"]), {"1", "2"}),
        (one("meta.id", "not in", ["1", "2"]), {"3"}),
        ({"operator": "AND", "conditions": [one("price", ">", 89), one("stock", ">", 0)]}, {"3"}),
        (
            {"operator": "OR", "conditions": [one("id", "==", "1"), one("id", "==", "3")]},
            {"1", "3"},
        ),
        ({"operator": "NOT", "conditions": [one("price", "<=", 119)]}, {"3"}),
    ],
)
def test_filters(shop: HybridClient, index: str, filters: dict[str, Any], ids: set[str]) -> None:
    """Haystack's filters leave out what they name, with `meta.` or without."""
    retriever = HybridRetriever(shop=shop, index=index, fields=FIELDS)
    found = retriever.run(query="running shoe tent", filters=filters)["documents"]
    assert {each.id for each in found} == ids


def test_what_is_no_filter(shop: HybridClient, index: str) -> None:
    """A filter in another shape is refused when the component is made."""
    with pytest.raises(RequestError, match="neither a comparison"):
        HybridRetriever(shop=shop, index=index, fields=FIELDS, filters={"brand": "Norvik"})


async def test_async(async_shop: AsyncHybridClient, shop: HybridClient, index: str) -> None:
    """Both clients find the same, and the sync one serves `run_async` where it is alone."""
    pipeline = AsyncPipeline()
    pipeline.add_component(
        "shop", HybridRetriever(async_shop=async_shop, index=index, fields=FIELDS, top_k=1)
    )
    found = await pipeline.run_async({"shop": {"query": "two person tent"}})
    alone = HybridRetriever(shop=shop, index=index, fields=FIELDS, top_k=1)
    there = await alone.run_async(query="two person tent")
    assert [each.id for each in found["shop"]["documents"]] == ["3"]
    assert [each.id for each in there["documents"]] == ["3"]
