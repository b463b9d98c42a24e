"""A small pool for the demo's judging page: what BM25 and hybrid search show for a few queries."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from es_hybrid import HybridClient
from es_hybrid.evaluate import RECIPES, Answer, Run
from es_hybrid.judging import GradeFile, PoolItem, pool, pool_csv
from es_hybrid.ui.judging import Judging
from es_hybrid.ui.playground import Playground
from scripts.demonstration.comparison import ask
from scripts.demonstration.showcase import Showcase

__all__ = ["open_judging"]

_QUERIES = 6
_DEPTH = 4
_JUDGE = "you"


def open_judging(
    shop: HybridClient, showcase: Showcase, playground: Playground, *, folder: Path
) -> Judging:
    """Write the pool into a folder and return it; grades of an earlier visit are kept beside it.

    Args:
        shop: An open client.
        showcase: Its first queries are judged.
        playground: What shows the products.
        folder: For `pool.csv` and `grades.csv`.
    """
    items = _pool(shop, showcase)
    (folder / f"{showcase.alias}.pool.csv").write_text(pool_csv(items), encoding="utf-8")
    grades = GradeFile(folder / f"{showcase.alias}.grades.csv")
    return Judging(items, grades, sheet=playground.sheet, judge=_JUDGE)


def _pool(shop: HybridClient, showcase: Showcase) -> list[PoolItem]:
    queries = showcase.shown_queries()[::2][:_QUERIES]
    titles: dict[str, str] = {}
    runs = []
    for name in ("lexical", "hybrid"):
        answers = []
        for query in queries:
            response, _ = ask(shop, showcase, query, RECIPES[name], explain=False)
            titles |= {hit.id: str(hit.source.get("title", "")) for hit in response.hits}
            answers.append(Answer(query.id, tuple(hit.id for hit in response.hits)))
        runs.append(Run(name, tuple(answers)))
    # As if nobody had judged them yet: the demo's own judgments stay as they are.
    found = pool(runs, queries=queries, judgments={}, depth=_DEPTH)
    return [replace(item, title=titles.get(item.product_id, "")) for item in found]
