"""What the playground's pages say, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from es_hybrid.ui.judging_words import CHINESE as CHINESE_JUDGING
from es_hybrid.ui.judging_words import ENGLISH as ENGLISH_JUDGING
from es_hybrid.ui.judging_words import JudgingWords
from es_hybrid.ui.recommend_words import CHINESE as CHINESE_RECOMMEND
from es_hybrid.ui.recommend_words import ENGLISH as ENGLISH_RECOMMEND
from es_hybrid.ui.recommend_words import RecommendWords

__all__ = ["WORDS", "Language", "Words"]


class Language(StrEnum):
    """Language of the pages; the products have their own."""

    EN = "en"
    ZH = "zh"


class Words(NamedTuple):
    """The texts of one language; `{}` stands for what only the page knows."""

    name: str
    title: str
    search_page: str
    rerank_page: str
    query: str
    query_hint: str
    search: str
    recipes: Mapping[str, str]
    show: str
    size: str
    own_weights: str
    lexical_weight: str
    rerank_weight: str
    tuning: str
    boost: str
    filters: str
    price_from: str
    price_to: str
    clear: str
    parts: Mapping[str, str]
    found: str
    nothing: str
    start: str
    climbed: str
    fell: str
    stayed: str
    entered: str
    weights: str
    chosen_by: str
    lacks: str
    failed: str
    candidates: str
    candidates_hint: str
    instruction: str
    instruction_hint: str
    rerank: str
    score: str
    no_reranker: str
    too_many: str
    rerank_start: str
    recommend: RecommendWords
    judging: JudgingWords


WORDS: Mapping[Language, Words] = MappingProxyType(
    {
        Language.EN: Words(
            name="English",
            title="Playground",
            search_page="Search",
            rerank_page="Rerank",
            query="What a shopper types",
            query_hint="waterproof running shoes",
            search="Search",
            recipes={
                "lexical": "BM25",
                "hybrid": "Hybrid",
                "rerank": "Reranked",
                "boosted": "With boosts",
            },
            show="Side by side",
            size="Products in each list",
            own_weights="Weights of my own",
            lexical_weight="Share of the words",
            rerank_weight="Share of the reranker",
            tuning="Weights and boosts",
            boost="×",  # noqa: RUF001 - the sign
            filters="Filters",
            price_from="Price from",
            price_to="to",
            clear="Clear filters",
            parts={
                "lexical": "words",
                "semantic": "meaning",
                "rerank": "reranker",
                "boost": "boosts",
            },
            found="{} found · {} ms",
            nothing="Nothing was found.",
            start="Type a query to see what each recipe makes of it.",
            climbed="▲{}",
            fell="▼{}",
            stayed="=",
            entered="new",
            weights="words {} · meaning {}",
            chosen_by=" · by {}",
            lacks="without {}: {}",
            failed="That did not work: {}",
            candidates="Products, one a line",
            candidates_hint="Paste what is to be ranked",
            instruction="Task of the reranker",
            instruction_hint="a name from the list, or a sentence of your own",
            rerank="Rerank",
            score="score",
            no_reranker=(
                "No reranker is configured. Set ES_HYBRID_RERANK__URL and start this page again."
            ),
            too_many="Only the first {} lines were ranked.",
            rerank_start="Paste some products and a query to see how the reranker orders them.",
            recommend=ENGLISH_RECOMMEND,
            judging=ENGLISH_JUDGING,
        ),
        Language.ZH: Words(
            name="中文",
            title="搜索试验台",
            search_page="搜索",
            rerank_page="重排",
            query="顾客输入的词",
            query_hint="防水跑鞋",
            search="搜索",
            recipes={
                "lexical": "BM25",
                "hybrid": "混合检索",
                "rerank": "重排之后",
                "boosted": "业务加权",
            },
            show="并排比较",
            size="每列商品数",
            own_weights="使用自定权重",
            lexical_weight="文本比重",
            rerank_weight="重排比重",
            tuning="权重与加权",
            boost="×",  # noqa: RUF001
            filters="筛选",
            price_from="最低价",
            price_to="最高价",
            clear="清除筛选",
            parts={
                "lexical": "文本",
                "semantic": "语义",
                "rerank": "重排",
                "boost": "加权",
            },
            found="共 {} 件 · {} 毫秒",
            nothing="没有找到商品。",
            start="输入查询，比较各种方案的结果。",  # noqa: RUF001
            climbed="▲{}",
            fell="▼{}",
            stayed="=",
            entered="新",
            weights="文本 {} · 语义 {}",
            chosen_by=" · 依据 {}",
            lacks="缺少 {}：{}",  # noqa: RUF001
            failed="操作未成功：{}",  # noqa: RUF001
            candidates="候选商品，每行一个",  # noqa: RUF001
            candidates_hint="粘贴需要排序的商品",
            instruction="重排任务",
            instruction_hint="从列表中选择，或写一句自己的任务",  # noqa: RUF001
            rerank="重排",
            score="得分",
            no_reranker="尚未配置重排模型。请设置 ES_HYBRID_RERANK__URL 后重新启动本页。",
            too_many="只对前 {} 行进行了排序。",
            rerank_start="粘贴一些商品并输入查询，查看重排结果。",  # noqa: RUF001
            recommend=CHINESE_RECOMMEND,
            judging=CHINESE_JUDGING,
        ),
    }
)
"""The texts, by language."""
