"""What the judging page says; no word of it tells where a product ranks."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from es_hybrid.judging import GRADES

__all__ = ["CHINESE", "ENGLISH", "JudgingWords"]


class JudgingWords(NamedTuple):
    """The texts of one language; `{}` stands for what only the page knows."""

    page: str
    query: str
    question: str
    progress: str
    judge: str
    judge_hint: str
    name_first: str
    grades: Mapping[int, tuple[str, str]]
    meanings: str
    skip: str
    undo: str
    keys: str
    graded: str
    skipped: str
    undone: str
    nothing_to_undo: str
    meanwhile: str
    gone: str
    done: str
    done_next: str
    empty: str
    no_pool: str
    no_pool_steps: tuple[str, str, str]


ENGLISH = JudgingWords(
    page="Judge",
    query="A shopper types",
    question="How well does this product answer it?",
    progress="{} of {} judged",
    judge="Judge",
    judge_hint="your name",
    name_first="Type your name and press Enter to begin; each grade is kept with it.",
    grades=MappingProxyType(
        {
            3: ("Exact", GRADES[3]),
            2: ("Substitute", GRADES[2]),
            1: ("Related", GRADES[1]),
            0: ("Wrong", GRADES[0]),
        }
    ),
    meanings="What the grades mean",
    skip="Skip",
    undo="Undo",
    keys="Keys 0 to 3 grade, S skips, U takes the last grade back.",
    graded="Saved: {} {} · {}",
    skipped="Skipped; it comes again at the end: {}",
    undone="Taken back: {}",
    nothing_to_undo="There is nothing to take back.",
    meanwhile="Somebody else graded that product meanwhile; their grade stands.",
    gone="This product is no longer in the index; this is what the pool knows of it.",
    done="Everything is judged",
    done_next="The grades are in {}. This measures your recipes by them:",
    empty="The pool holds nothing to judge: all of its products have a grade already.",
    no_pool="There is no pool to judge yet",
    no_pool_steps=(
        "Write the queries into a file with the columns query_id and query, or draw them from your log:",
        "List the products that are to be judged:",
        "Start the playground with that pool; grades are kept in the file that you name:",
    ),
)
CHINESE = JudgingWords(
    page="标注",
    query="顾客搜索",
    question="这件商品符合顾客的需求吗？",
    progress="已标注 {} / {}",
    judge="标注员",
    judge_hint="您的姓名",
    name_first="请输入姓名并按回车开始，每个打分都会记录标注员。",
    grades=MappingProxyType(
        {
            3: ("完全符合", "正是顾客要找的商品"),
            2: ("可替代", "不完全符合，但顾客可能会买"),
            1: ("相关", "配套或同类商品，但不是顾客要找的"),
            0: ("不相关", "与顾客的需求无关"),
        }
    ),
    meanings="各等级的含义",
    skip="跳过",
    undo="撤销",
    keys="按 0 到 3 打分，S 跳过，U 撤销上一次打分。",
    graded="已保存：{} {} · {}",
    skipped="已跳过，最后会再次出现：{}",
    undone="已撤销：{}",
    nothing_to_undo="没有可以撤销的打分。",
    meanwhile="其他标注员刚刚为该商品打了分，以其打分为准。",
    gone="索引中已没有这件商品，以下是标注池中的信息。",
    done="全部标注完成",
    done_next="打分保存在 {}。用它评估各种方案：",
    empty="标注池中没有待标注的商品：所有商品都已有打分。",
    no_pool="还没有可标注的商品",
    no_pool_steps=(
        "把查询写入一个文件，列名为 query_id 和 query，也可以从日志中抽样：",
        "列出需要标注的商品：",
        "用该标注池启动试验台，打分会保存到指定的文件：",
    ),
)
