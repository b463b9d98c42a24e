"""The retriever in LlamaIndex itself: nodes, its filters, top k, both flavours."""

from __future__ import annotations

from typing import Any

import pytest
from llama_index.core.vector_stores import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

from es_hybrid import AsyncHybridClient, HybridClient, RequestError
from es_hybrid.integrations.llamaindex import HybridRetriever

FIELDS = ["title^3", "description"]
OP = FilterOperator


def of(*filters: Any, condition: FilterCondition = FilterCondition.AND) -> MetadataFilters:
    return MetadataFilters(filters=list(filters), condition=condition)


def one(key: str, operator: FilterOperator, value: Any) -> MetadataFilter:
    return MetadataFilter(key=key, operator=operator, value=value)


def test_nodes(shop: HybridClient, index: str) -> None:
    """Text, id, score and the other fields of a product reach the node."""
    first = HybridRetriever(shop=shop, index=index, fields=FIELDS).retrieve("trail running shoe")[0]
    assert (first.node.node_id, first.node.get_content()) == ("1", "trail running shoe")
    assert first.node.metadata["brand"] == "Norvik"
    assert 0 < first.score <= 1


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (of(one("brand", OP.EQ, "Norvik")), {"1", "3"}),
        (of(one("brand", OP.NE, "Norvik")), {"2"}),
        (of(one("price", OP.LT, 119)), {"1"}),
        (of(one("price", OP.GTE, 119), one("stock", OP.GT, 0)), {"3"}),
        (of(one("id", OP.IN, ["1", "2"])), {"1", "2"}),
        (of(one("id", OP.NIN, ["1", "2"])), {"3"}),
        (
            of(one("id", OP.EQ, "1"), one("id", OP.EQ, "3"), condition=FilterCondition.OR),
            {"1", "3"},
        ),
        (of(of(one("brand", OP.EQ, "Norvik"), condition=FilterCondition.NOT)), {"2"}),
    ],
)
def test_filters(shop: HybridClient, index: str, filters: MetadataFilters, ids: set[str]) -> None:
    """LlamaIndex's filters leave out what they name."""
    retriever = HybridRetriever(shop=shop, index=index, fields=["title", "brand"], filters=filters)
    found = retriever.retrieve("running shoe tent")
    assert {each.node.node_id for each in found} == ids


def test_a_filter_without_a_counterpart(shop: HybridClient, index: str) -> None:
    """A filter that cannot be asked as it is meant is refused when the retriever is made."""
    with pytest.raises(RequestError, match="text_match"):
        HybridRetriever(
            shop=shop, index=index, fields=FIELDS, filters=of(one("title", OP.TEXT_MATCH, "shoe"))
        )


async def test_async(async_shop: AsyncHybridClient, shop: HybridClient, index: str) -> None:
    """Both clients find the same, and the sync one serves `aretrieve` where it is alone."""
    one_node: dict[str, Any] = {"index": index, "fields": FIELDS, "similarity_top_k": 1}
    found = await HybridRetriever(async_shop=async_shop, **one_node).aretrieve("two person tent")
    alone = await HybridRetriever(shop=shop, **one_node).aretrieve("two person tent")
    assert [each.node.node_id for each in found] == ["3"] == [each.node.node_id for each in alone]
