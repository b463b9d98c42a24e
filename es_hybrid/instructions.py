"""Ready tasks for models that read an instruction, by name; anything else is taken as it stands.

The sentences are English whatever the shopper's language, one line each, and begin as those that
Qwen3-Embedding and Qwen3-Reranker were trained with do. Qwen advises English for queries in any
language; for a model that was trained otherwise, `:zh` after a name takes the Chinese sentence.
Qwen publishes none for products: these are starting points, to be judged on a shop's own queries. A
query's task may change at any time, because documents are embedded without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

__all__ = [
    "BRAND_TASK",
    "PRODUCT_SEARCH",
    "QUERY_TASKS",
    "RERANK_TASKS",
    "PriceRange",
    "budget_instruction",
    "query_instruction",
    "rerank_instruction",
]

PRODUCT_SEARCH = "Given a shopping query, retrieve product listings that satisfy it"

QUERY_TASKS: Mapping[str, str] = MappingProxyType(
    {
        "product-search": PRODUCT_SEARCH,
        "gift": "Given a person or an occasion, retrieve product listings that make a fitting gift",
        "similar": "Given a product, retrieve listings of similar products that could replace it",
        "cross-lingual": (
            "Given a shopping query, retrieve product listings that satisfy it, in whatever"
            " language they are written"
        ),
    }
)
"""What a query's vector is for, by the name in `ES_HYBRID_EMBED__QUERY_INSTRUCTION`."""

_SEARCH_ZH = "给定一个购物查询，检索满足该查询的商品"  # noqa: RUF001 - Chinese punctuation
_CHINESE: Mapping[str, str] = MappingProxyType(
    {
        "product-search": _SEARCH_ZH,
        "gift": "给定送礼的对象或场合，检索适合作为礼物的商品",  # noqa: RUF001
        "similar": "给定一个商品，检索可以替代它的相似商品",  # noqa: RUF001
        "cross-lingual": f"{_SEARCH_ZH}，无论商品用什么语言描述",  # noqa: RUF001
        "price": f"{_SEARCH_ZH}，价格低的优先",  # noqa: RUF001
        "budget": f"{_SEARCH_ZH}，且价格在查询所说的预算之内",  # noqa: RUF001
    }
)
_IN_CHINESE = ":zh"

RERANK_TASKS: Mapping[str, str] = MappingProxyType(
    {
        **QUERY_TASKS,
        "price": f"{PRODUCT_SEARCH}, and prefer those with a low price",
        "budget": f"{PRODUCT_SEARCH}, at a price within the budget that the query names",
    }
)
"""What a product is judged by, by the name in `ext.hybrid.rerank.instruction`."""

BRAND_TASK = "brand:"
"""Begins the name of one more task, such as `brand:Acme`."""

_LONGEST_BRAND = 80
# Of what control tokens and placeholders are made; a brand may come from a feed.
_PROMPT_MARKS = re.compile(r"[<>|{}\s]+")


class PriceRange(NamedTuple):
    """What a shopper wants to spend.

    Attributes:
        low: At least so much, where that was said.
        high: At most so much, where that was said.
        currency: An ISO code, or the sign where several currencies share it; `None`: not said.
    """

    low: float | None
    high: float | None
    currency: str | None


def query_instruction(task: str | None) -> str | None:
    """Return the task sentence that goes before queries.

    Args:
        task: A name in `QUERY_TASKS`, perhaps with `:zh` after it, or a sentence; empty and `None`
            stay what they are.

    Example:
        >>> query_instruction("gift")[:27], query_instruction("Find shoes")
        ('Given a person or an occasi', 'Find shoes')
        >>> query_instruction("similar:zh")[-6:]
        '它的相似商品'
    """
    return None if task is None else _sentence(task, QUERY_TASKS)


def rerank_instruction(task: str | None, *, budget: PriceRange | None = None) -> str | None:
    """Return the task sentence for a reranker.

    Args:
        task: A name in `RERANK_TASKS`, perhaps with `:zh` after it, `brand:` with a name, or a
            sentence; empty and `None` stay what they are.
        budget: What the query says of money; put into the words of the task `budget`.

    Example:
        >>> rerank_instruction("budget", budget=PriceRange(None, 50.0, "$"))
        'Given a shopping query, retrieve product listings that satisfy it, at a price of at most $50'
    """
    if task is None:
        return None
    if task.startswith(BRAND_TASK):
        brand = _PROMPT_MARKS.sub(" ", task.removeprefix(BRAND_TASK)).strip()[:_LONGEST_BRAND]
        return f"{PRODUCT_SEARCH}, and prefer those of the brand {brand}" if brand else ""
    if task == "budget" and budget is not None:
        return budget_instruction(budget)
    return _sentence(task, RERANK_TASKS)


def _sentence(task: str, known: Mapping[str, str]) -> str:
    name = task.removesuffix(_IN_CHINESE)
    if name != task and name in known:
        return _CHINESE[name]
    return known.get(task, task)


def budget_instruction(budget: PriceRange) -> str:
    """Return the task sentence of a budget.

    Example:
        >>> budget_instruction(PriceRange(400.0, 600.0, "CNY"))[-38:]
        'at a price between 400 CNY and 600 CNY'
    """
    low, high = (_money(amount, budget.currency) for amount in (budget.low, budget.high))
    if low and high:
        return f"{PRODUCT_SEARCH}, at a price between {low} and {high}"
    if high:
        return f"{PRODUCT_SEARCH}, at a price of at most {high}"
    if low:
        return f"{PRODUCT_SEARCH}, at a price of at least {low}"
    return RERANK_TASKS["budget"]


def _money(amount: float | None, currency: str | None) -> str:
    if amount is None:
        return ""
    number = f"{amount:.2f}".removesuffix(".00")
    if currency is None:
        return number
    return (
        f"{number} {currency}" if currency.isascii() and currency.isalpha() else currency + number
    )
