"""What one run of the demo shows: a file of products, and queries with or without judgments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from demo.catalogue import write_catalogue
from es_hybrid.evaluate import JudgedQuery, Judgments, read_judgments, read_queries
from es_hybrid.query.language import language_of
from es_hybrid.types import Json
from scripts.demonstration.phrases import TitledProduct, sample_phrases

__all__ = ["SHOWN", "Showcase", "demo_showcase", "shop_showcase", "with_sampled_queries"]

SHOWN = 12
"""Queries that are shown side by side."""

_DEMO = Path(__file__).parents[2] / "demo"
_DEMO_SHOWN = (
    *("en18", "en20", "en02", "en30", "en25", "en21"),
    *("zh01", "zh02", "zh03", "zh04", "zh05", "zh18"),
)
_DEMO_NOTES = (
    (
        "Across languages the query is in one language and the products are in the other: only a"
        " multilingual embedder finds them."
    ),
    (
        "One hand wrote the catalogue, the queries and the judgments. These figures show that the"
        " machinery works, and a change in them that something changed; they cannot say how good a"
        " ranking is on a real shop (demo/README.md)."
    ),
)
_LANGUAGES = {"zh": "Chinese", "en": "English"}
_OTHER = {"zh": "en", "en": "zh"}


@dataclass(frozen=True, slots=True)
class Showcase:
    """What is ingested, asked and judged.

    Attributes:
        alias: The name that is searched.
        file: The products.
        fields: Which of the file's fields is which, as `title=name,…`; empty where they fit.
        id_field: The file's id field.
        queries: All queries; those that are not shown are only measured.
        judgments: Their grades; empty where nobody judged.
        shown: Ids of the queries that are shown.
        by_language: Whether a query is asked of the products of one language alone, as the demo's
            judgments are.
        notes: What to say about the figures.
    """

    alias: str
    file: Path
    fields: str = ""
    id_field: str = "id"
    queries: tuple[JudgedQuery, ...] = ()
    judgments: Judgments = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    by_language: bool = False
    notes: tuple[str, ...] = ()

    def shown_queries(self) -> list[JudgedQuery]:
        """Return the queries that are shown, in order."""
        by_id = {query.id: query for query in self.queries}
        return [by_id[name] for name in self.shown]

    def filter_of(self, query: JudgedQuery) -> Json | None:
        """Return the filter that a query is asked with.

        Example:
            >>> showcase = Showcase("a", Path("p.csv"), by_language=True)
            >>> showcase.filter_of(JudgedQuery("1", "dress", {"language": "en", "type": "cross"}))
            {'term': {'language': 'zh'}}
        """
        if not self.by_language:
            return None
        language = query.labels["language"]
        return {"term": {"language": _OTHER[language] if _crosses(query) else language}}

    def group_of(self, query: JudgedQuery) -> str:
        """Return the group a query is counted in; languages are never mixed.

        Example:
            >>> Showcase("a", Path("p.csv")).group_of(JudgedQuery("1", "连衣裙"))
            'Chinese'
        """
        if self.by_language and _crosses(query):
            return "across languages"
        language = query.labels.get("language") or language_of(query.text)
        return _LANGUAGES.get(language, language)


def demo_showcase(folder: Path, *, alias: str) -> Showcase:
    """Write the demo catalogue into a folder and return how it is shown."""
    return Showcase(
        alias=alias,
        file=write_catalogue(folder),
        queries=read_queries(_DEMO / "queries.csv"),
        judgments=read_judgments(_DEMO / "qrels.csv"),
        shown=_DEMO_SHOWN,
        by_language=True,
        notes=_DEMO_NOTES,
    )


def shop_showcase(
    file: Path,
    *,
    alias: str,
    fields: str,
    id_field: str,
    queries: str | None,
    qrels: str | None,
) -> Showcase:
    """Return how a shop's export is shown; without queries, `with_sampled_queries` finds some.

    Raises:
        JudgmentError: A file of queries or judgments cannot be used.
    """
    asked = read_queries(queries) if queries else ()
    return Showcase(
        alias=alias,
        file=file,
        fields=fields,
        id_field=id_field,
        queries=asked,
        judgments=read_judgments(qrels) if qrels else {},
        shown=tuple(query.id for query in asked[:SHOWN]),
    )


def with_sampled_queries(showcase: Showcase, products: Sequence[TitledProduct]) -> Showcase:
    """Return a showcase that has queries: its own, or phrases from its products' titles."""
    if showcase.queries:
        return showcase
    phrases = sample_phrases(products, count=SHOWN)
    queries = tuple(JudgedQuery(f"q{n:02}", phrase) for n, phrase in enumerate(phrases, start=1))
    return replace(showcase, queries=queries, shown=tuple(query.id for query in queries))


def _crosses(query: JudgedQuery) -> bool:
    return query.labels.get("type") == "cross"
