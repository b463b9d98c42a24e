"""What the sentences of a recommendation say in place of a search's own words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from es_hybrid.types import Recommended

__all__ = ["PHRASES"]


def _said(lexical: str, semantic: str, *, weak: str = "", none: str = "") -> Mapping[str, Any]:
    return {
        "text_match": lexical,
        "weak_match": weak,
        "no_word": none,
        "meaning_match": semantic,
    }


PHRASES: Mapping[str, Mapping[Recommended, Mapping[str, Any]]] = MappingProxyType(
    {
        "en": {
            Recommended.SIMILAR: _said(
                "title like theirs, no. {}",
                "nearest to them, no. {}",
                weak="a word of their titles in it",
                none="no word of their titles in it",
            ),
            Recommended.BOUGHT_TOGETHER: _said(
                "bought together with the cart, no. {}",
                "nearest to the cart in other categories, no. {}",
                none="not bought together so far",
            ),
            Recommended.COMPLEMENTS: _said(
                "named like the cart, no. {}",
                "nearest to the cart in other categories, no. {}",
                weak="a word of the cart's titles in it",
                none="no word of the cart's titles in it",
            ),
            Recommended.FOR_YOU: _said(
                "of liked brands and categories, no. {}",
                "near to what was viewed and bought, no. {}",
                weak="of a liked brand or category",
                none="of no liked brand or category",
            ),
            Recommended.TRENDING: _said("trending no. {}", ""),
            Recommended.POPULAR: _said("popular no. {}", ""),
            Recommended.NEWEST: _said("newest no. {}", ""),
            Recommended.ANY: _said("nothing is known of it", ""),
        },
        "zh": {
            Recommended.SIMILAR: _said(
                "标题相似第{}",
                "最相近第{}",
                weak="标题略有相同",
                none="标题无相同词",
            ),
            Recommended.BOUGHT_TOGETHER: _said(
                "与购物车商品常一起购买，第{}",  # noqa: RUF001
                "跨类目搭配第{}",
                none="暂无共同购买",
            ),
            Recommended.COMPLEMENTS: _said(
                "与购物车商品名称相关第{}",
                "跨类目搭配第{}",
                weak="名称略有相关",
                none="名称无相关",
            ),
            Recommended.FOR_YOU: _said(
                "偏好的品牌和类目第{}",
                "与浏览和购买过的相近第{}",
                weak="属于偏好的品牌或类目",
                none="不属于偏好的品牌和类目",
            ),
            Recommended.TRENDING: _said("近期热销第{}", ""),
            Recommended.POPULAR: _said("人气第{}", ""),
            Recommended.NEWEST: _said("最新上架第{}", ""),
            Recommended.ANY: _said("暂无相关数据", ""),
        },
    }
)
"""Words to exchange, by language and by what is recommended."""
