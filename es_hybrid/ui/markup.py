"""The pages' own HTML. Whatever comes from an index or a visitor is escaped by the templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from es_hybrid.errors import missing_extra
from es_hybrid.ui.candidates import RankedText
from es_hybrid.ui.cards import Card, Panel, Seeds
from es_hybrid.ui.judging_words import JudgingWords
from es_hybrid.ui.recommend_words import RecommendWords
from es_hybrid.ui.sheet import Sheet
from es_hybrid.ui.turn import Turn
from es_hybrid.ui.words import WORDS, Language, Words

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = [
    "found",
    "grading",
    "guide",
    "heading",
    "judging",
    "message",
    "panels",
    "ranking",
    "recommended",
    "script",
    "stylesheet",
    "suggested",
]


def panels(found: Sequence[Panel], words: Words) -> str:
    """Return columns side by side, below a legend of the bars that they have.

    Raises:
        ConfigurationError: The extra `ui` is not installed.

    Example:
        `panels([Panel("BM25")], WORDS[Language.EN])`
    """
    bars = {bar.part for panel in found for card in panel.cards for bar in card.bars}
    parts = {name: label for name, label in words.parts.items() if name in bars}
    return _rendered("panels", panels=found, parts=parts, nothing=words.nothing)


def ranking(rows: Sequence[RankedText], words: Words, *, notes: Sequence[str] = ()) -> str:
    """Return pasted lines in the order of the reranker.

    Example:
        `ranking(ranked(["a", "b"], [0.1, 0.9]), WORDS[Language.EN])`
    """
    return _rendered("ranked", rows=rows, notes=notes, score=words.score)


def message(text: str, *, problem: bool = False) -> str:
    """Return one sentence in place of a result.

    Example:
        `message("Type a query.")`
    """
    return _rendered("message", text=text, problem=problem)


def found(cards: Sequence[Card], words: RecommendWords) -> str:
    """Return products that can be picked."""
    return _rendered("found", cards=cards, words=words)


def suggested(cards: Sequence[Card], words: RecommendWords, *, kind: str) -> str:
    """Return what to do where nothing is picked yet, and products to begin with."""
    return _rendered("suggested", cards=cards, words=words, kind=kind)


def recommended(
    panel: Panel, words: Words, *, parts: Mapping[str, str], kind: str, seeds: Seeds
) -> str:
    """Return recommended products, below what they start from.

    Args:
        panel: The products.
        words: The page's language.
        parts: What the bars are called.
        kind: What was wanted.
        seeds: What it starts from.
    """
    bars = {bar.part for card in panel.cards for bar in card.bars}
    legend = {name: label for name, label in parts.items() if name in bars}
    return _rendered(
        "recommended",
        panel=panel,
        words=words.recommend,
        parts=parts,
        legend=legend,
        kind=kind,
        seeds=seeds,
    )


def judging(turn: Turn, sheet: Sheet | None, words: JudgingWords, **shown: object) -> str:
    """Return what a judge has before them: the query and one product, or the end.

    Args:
        turn: Where they stand.
        sheet: The product; `None` where all is done.
        words: The page's language.
        shown: Progress, what came of the last grade, the file, and the command that reads it.
    """
    return _rendered("judging", turn=turn, sheet=sheet, words=words, **shown)


def grading(words: JudgingWords) -> str:
    """Return the buttons of a judge.

    Example:
        `grading(WORDS[Language.EN].judging)`
    """
    return _rendered("grading", words=words)


def guide(title: str, steps: Sequence[tuple[str, str]]) -> str:
    """Return what to do where a page has nothing to show: each step with its command.

    Example:
        `guide("Nothing yet", [("Make a pool:", "es-hybrid judge pool products")])`
    """
    return _rendered("guide", title=title, steps=steps)


def heading(index: str, language: Language, *, text: str = "") -> str:
    """Return the top of a page, with links to the same in the other language.

    Args:
        index: What is searched.
        language: Of this page.
        text: The query, so that it is kept.
    """
    query = f"?q={quote(text)}" if text else ""
    languages = [
        {
            "lang": str(each),
            "name": WORDS[each].name,
            "href": f"../{each}/{query}",
            "current": each is language,
        }
        for each in Language
    ]
    return _rendered("heading", title=WORDS[language].title, index=index, languages=languages)


def stylesheet() -> str:
    """Return the pages' style sheet."""
    return "".join(map(_file, ("playground.css", "judging.css", "recommend.css")))


def script(name: str) -> str:
    """Return what a page does in the browser, such as `judging`."""
    return _file(f"{name}.js")


def _file(name: str) -> str:
    return files("es_hybrid.ui").joinpath("templates", name).read_text("utf-8")


def _rendered(template: str, **values: object) -> str:
    return _templates().get_template(f"{template}.html.jinja").render(**values)


@cache
def _templates() -> Environment:
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise missing_extra(error, user="the playground", extra="ui") from error
    return Environment(
        loader=PackageLoader("es_hybrid.ui"), autoescape=True, undefined=StrictUndefined
    )
