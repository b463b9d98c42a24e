"""The pages' own HTML. Whatever comes from an index or a visitor is escaped by the templates."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import quote

from es_hybrid.errors import missing_extra
from es_hybrid.ui.candidates import RankedText
from es_hybrid.ui.cards import Panel
from es_hybrid.ui.words import WORDS, Language, Words

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["heading", "message", "panels", "ranking", "stylesheet"]


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
    return files("es_hybrid.ui").joinpath("templates", "playground.css").read_text("utf-8")


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
