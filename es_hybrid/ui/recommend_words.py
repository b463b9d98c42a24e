"""What the recommendations page says."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from es_hybrid.types import DegradationReason, Recommended

__all__ = ["CHINESE", "ENGLISH", "RecommendWords"]


class RecommendWords(NamedTuple):
    """The texts of one language; `{}` stands for what only the page knows."""

    page: str
    kind: str
    kinds: Mapping[str, str]
    find: str
    find_hint: str
    ids: str
    ids_hint: str
    start_from: Mapping[str, str]
    pick: Mapping[str, str]
    or_pick: str
    add: str
    remove: str
    unknown: str
    not_found: str
    made: Mapping[Recommended, str]
    words_part: Mapping[Recommended, str]
    instead: Mapping[DegradationReason, str]
    summary: str
    nothing: str
    size: str


ENGLISH = RecommendWords(
    page="Recommend",
    kind="Recommend",
    kinds=MappingProxyType(
        {
            "like": "Similar products",
            "cart": "To go with a cart",
            "user": "For a shopper",
            "trending": "Trending",
        }
    ),
    find="Find a product",
    find_hint="words or an id",
    ids="Product ids",
    ids_hint="separated by spaces or commas",
    start_from=MappingProxyType(
        {"like": "Like", "cart": "In the cart", "user": "Viewed lately", "trending": ""}
    ),
    pick=MappingProxyType(
        {
            "like": "Pick a product to see what is like it.",
            "cart": "Put products into the cart to see what goes with them.",
            "user": "Pick what a shopper viewed lately to see what suits them.",
            "trending": "",
        }
    ),
    or_pick="Find one by its name or id, or begin with one of these.",
    add="Add {}",
    remove="Remove {}",
    unknown="not in the index",
    not_found="No product has this name or id.",
    made=MappingProxyType(
        {
            Recommended.SIMILAR: "Similar products",
            Recommended.BOUGHT_TOGETHER: "Bought together",
            Recommended.COMPLEMENTS: "Goes with it",
            Recommended.FOR_YOU: "For this shopper",
            Recommended.TRENDING: "Trending",
            Recommended.POPULAR: "Popular",
            Recommended.NEWEST: "New",
            Recommended.ANY: "Products",
        }
    ),
    words_part=MappingProxyType(
        {
            Recommended.BOUGHT_TOGETHER: "orders",
            Recommended.FOR_YOU: "taste",
            Recommended.TRENDING: "sales",
            Recommended.POPULAR: "sales",
            Recommended.NEWEST: "age",
        }
    ),
    instead=MappingProxyType(
        {
            DegradationReason.NO_SEEDS: "None of these products is in the index; check their ids.",
            DegradationReason.NO_ORDERS: "No orders tell what is bought with these. "
            "es-hybrid bought-together learns it from your order log.",
            DegradationReason.NO_HISTORY: "Nothing is known of this shopper.",
            DegradationReason.NO_SIGNALS: "Nothing was counted lately. "
            "es-hybrid signals counts clicks and sales into the products.",
            DegradationReason.NO_VECTORS: "These products have no vectors, so only words decide.",
            DegradationReason.NO_VECTOR_FIELD: "The index has no vectors, so only words decide.",
        }
    ),
    summary="{} products · {} ms",
    nothing="No product satisfies the filters. Clear them, or choose others.",
    size="Products",
)
CHINESE = RecommendWords(
    page="推荐",
    kind="推荐方式",
    kinds=MappingProxyType(
        {"like": "相似商品", "cart": "购物车搭配", "user": "猜你喜欢", "trending": "热门趋势"}
    ),
    find="查找商品",
    find_hint="名称或商品编号",
    ids="商品编号",
    ids_hint="用空格或逗号分隔",
    start_from=MappingProxyType(
        {"like": "参考商品", "cart": "购物车中", "user": "最近浏览", "trending": ""}
    ),
    pick=MappingProxyType(
        {
            "like": "选择一件商品，查看相似商品。",
            "cart": "把商品放入购物车，查看搭配商品。",
            "user": "选择顾客最近浏览的商品，查看个性化推荐。",
            "trending": "",
        }
    ),
    or_pick="可按名称或编号查找，也可从下列商品开始。",
    add="添加 {}",
    remove="移除 {}",
    unknown="索引中没有",
    not_found="没有找到该名称或编号的商品。",
    made=MappingProxyType(
        {
            Recommended.SIMILAR: "相似商品",
            Recommended.BOUGHT_TOGETHER: "经常一起购买",
            Recommended.COMPLEMENTS: "搭配商品",
            Recommended.FOR_YOU: "猜你喜欢",
            Recommended.TRENDING: "热门趋势",
            Recommended.POPULAR: "畅销商品",
            Recommended.NEWEST: "最新商品",
            Recommended.ANY: "商品",
        }
    ),
    words_part=MappingProxyType(
        {
            Recommended.BOUGHT_TOGETHER: "订单",
            Recommended.FOR_YOU: "偏好",
            Recommended.TRENDING: "销量",
            Recommended.POPULAR: "销量",
            Recommended.NEWEST: "上架时间",
        }
    ),
    instead=MappingProxyType(
        {
            DegradationReason.NO_SEEDS: "索引中没有这些商品，请检查编号。",
            DegradationReason.NO_ORDERS: "没有订单说明哪些商品会一起购买。"
            "可用 es-hybrid bought-together 从订单日志中学习。",
            DegradationReason.NO_HISTORY: "没有这位顾客的信息。",
            DegradationReason.NO_SIGNALS: "近期没有统计数据。"
            "可用 es-hybrid signals 统计点击和销量。",
            DegradationReason.NO_VECTORS: "这些商品没有向量，只按文本推荐。",
            DegradationReason.NO_VECTOR_FIELD: "索引没有向量，只按文本推荐。",
        }
    ),
    summary="{} 件商品 · {} 毫秒",
    nothing="没有符合筛选条件的商品。请清除或更改筛选。",
    size="商品数",
)
