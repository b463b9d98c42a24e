"""What is to be judged: the first products of several rankings, without what was judged before.

Sparck Jones and van Rijsbergen, "Report on the need for and provision of an 'ideal' information
retrieval test collection", 1975: judged together, no ranking has an advantage.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from es_hybrid.evaluate import JudgedQuery, JudgmentError, Judgments, Run
from es_hybrid.evaluate.text_files import csv_rows

__all__ = ["PoolItem", "pool", "pool_csv", "read_pool", "with_texts"]

_COLUMNS = ("query_id", "query", "product_id", "rank", "recipes", "title", "product")


@dataclass(frozen=True, slots=True)
class PoolItem:
    """A product that is to be judged for a query.

    Attributes:
        query_id: The query.
        query: Its words.
        product_id: The product.
        rank: Its best place in any ranking, from 1.
        recipes: The rankings that hold it.
        title: Shown to a judge.
        product: What else a judge reads of it.
    """

    query_id: str
    query: str
    product_id: str
    rank: int
    recipes: tuple[str, ...] = ()
    title: str = ""
    product: str = ""


def pool(
    runs: Sequence[Run],
    *,
    queries: Sequence[JudgedQuery],
    judgments: Judgments,
    depth: int = 10,
) -> tuple[PoolItem, ...]:
    """Return what is to be judged, query by query, in an order that tells of no ranking.

    Args:
        runs: Rankings of the queries.
        queries: In this order.
        judgments: What was judged before; it is left out.
        depth: Products of each ranking.

    Example:
        >>> from es_hybrid.evaluate import Answer
        >>> runs = [Run("a", (Answer("q", ("1", "2")),)), Run("b", (Answer("q", ("2", "3")),))]
        >>> found = pool(runs, queries=[JudgedQuery("q", "shoe")], judgments={"q": {"1": 3}})
        >>> [(item.product_id, item.rank) for item in found]
        [('2', 1), ('3', 2)]
    """
    found: dict[tuple[str, str], PoolItem] = {}
    words = {query.id: query.text for query in queries}
    for run in runs:
        for answer in run.answers:
            if answer.query_id not in words:
                continue
            for rank, product in enumerate(answer.ranking[:depth], start=1):
                if product in judgments.get(answer.query_id, {}):
                    continue
                key = (answer.query_id, product)
                known = found.get(key) or PoolItem(*key[:1], words[key[0]], product, rank)
                found[key] = replace(
                    known, rank=min(rank, known.rank), recipes=(*known.recipes, run.recipe)
                )
    order = {query.id: place for place, query in enumerate(queries)}
    return tuple(sorted(found.values(), key=lambda item: (order[item.query_id], item.product_id)))


def with_texts(
    items: Iterable[PoolItem], texts: Mapping[str, tuple[str, str]]
) -> tuple[PoolItem, ...]:
    """Return items with title and text by product id; a product that is gone has none.

    Example:
        >>> item = PoolItem(query_id="q", query="shoe", product_id="p1", rank=1)
        >>> with_texts([item], {"p1": ("Trail shoe", "A light shoe")})[0].title
        'Trail shoe'
    """
    told = ((item, texts.get(item.product_id, ("", ""))) for item in items)
    return tuple(replace(item, title=title, product=text) for item, (title, text) in told)


def pool_csv(items: Iterable[PoolItem]) -> str:
    """Return a pool as CSV, one line per item below the names of the columns.

    Example:
        >>> print(pool_csv([PoolItem(query_id="q", query="shoe", product_id="p1", rank=1)]), end="")
        query_id,query,product_id,rank,recipes,title,product
        q,shoe,p1,1,,,
    """
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(_COLUMNS)
    for item in items:
        out.writerow(
            [
                item.query_id,
                item.query,
                item.product_id,
                item.rank,
                "|".join(item.recipes),
                item.title,
                item.product,
            ]
        )
    return text.getvalue()


def read_pool(path: str | Path) -> tuple[PoolItem, ...]:
    """Read a pool, in the order of the file; a pool of nothing is none.

    Raises:
        JudgmentError: The file is missing, lacks a column, or a line is wrong.

    Example:
        queue = JudgingQueue(read_pool("pool.csv"), GradeFile("grades.csv"), judge="ann")
    """
    items = []
    for place, row in csv_rows(path, ("query_id", "query", "product_id")):
        rank = row.get("rank") or "1"
        if not rank.isdecimal():
            raise JudgmentError(f"{place}: rank {rank!r} is not a whole number")
        items.append(
            PoolItem(
                query_id=row["query_id"],
                query=row["query"],
                product_id=row["product_id"],
                rank=int(rank),
                recipes=tuple(filter(None, row.get("recipes", "").split("|"))),
                title=row.get("title", ""),
                product=row.get("product", ""),
            )
        )
    return tuple(items)
