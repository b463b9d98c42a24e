"""Find the shopper's words inside an Elasticsearch query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FIELD_QUERIES = frozenset(
    {"match", "match_phrase", "match_phrase_prefix", "match_bool_prefix", "match_all_terms"}
)
"""Queries written as `{field: text}` or `{field: {"query": text}}`."""

TEXT_QUERIES = frozenset({"multi_match", "combined_fields", "query_string", "simple_query_string"})
"""Queries that hold their text under `query`."""

WRAPPERS: Mapping[str, tuple[str, ...]] = {
    "function_score": ("query",),
    "script_score": ("query",),
    "constant_score": ("filter",),
    "nested": ("query",),
    "has_child": ("query",),
    "has_parent": ("query",),
    "boosting": ("positive",),
    "pinned": ("organic",),
    "dis_max": ("queries",),
}
"""Queries that hold other queries, and where; `bool` is treated apart."""

_OPERATORS = re.compile(r"[+\-|!(){}\[\]^\"~*?:\\/<>=&]+")
_WORD_OPERATORS = re.compile(r"\b(?:AND|OR|NOT|TO)\b")
_FIELD_PREFIX = re.compile(r"(?:^|(?<=[\s(+\-]))[\w.*]+:")
_LUCENE = re.compile(r'[+|!(){}\[\]^"~*?:\\/]|(?:^|\s)-|\b(?:AND|OR|NOT)\b|&&')


@dataclass(frozen=True, slots=True)
class FoundText:
    """The shopper's words and where they stand, as a dotted path into the body."""

    text: str
    path: str


def find_text(query: Any) -> list[FoundText]:
    """Return every distinct text a query scores by, best candidates only.

    Texts of `must` win over texts of `should`: a shop puts the shopper's words where they are
    required and its own hints where they are optional. Filters and `must_not` are never searched.

    Example:
        >>> find_text({"bool": {"must": [{"match": {"title": {"query": "shoe"}}}]}})
        [FoundText(text='shoe', path='query.bool.must.0.match.title.query')]
    """
    required: list[FoundText] = []
    optional: list[FoundText] = []
    for found, is_required in _walk(query, "query", required=True):
        (required if is_required else optional).append(found)
    return required or optional


def text_at(body: Mapping[str, Any], path: str) -> FoundText | None:
    """Return the text a dotted path leads to.

    Example:
        >>> text_at({"query": {"match": {"title": "shoe"}}}, "query.match.title").text
        'shoe'
    """
    node: Any = body
    for part in path.split("."):
        if isinstance(node, Mapping):
            node = node.get(part)
        elif isinstance(node, Sequence) and not isinstance(node, str) and part.isdigit():
            node = node[int(part)] if int(part) < len(node) else None
        else:
            return None
    if isinstance(node, Mapping):
        node = node.get("query")
    return FoundText(node, path) if isinstance(node, str) and node.strip() else None


def holds_text(query: Any) -> bool:
    """Say whether a query scores by a text; one that does not is a filter in disguise."""
    return next(_walk(query, "", required=True), None) is not None


def plain_words(text: str) -> str:
    """Take the operators of Lucene's syntax out of a query string.

    Example:
        >>> plain_words('+title:"trail shoe" AND -red')
        'trail shoe red'
    """
    if not _LUCENE.search(text):
        return text
    words = _OPERATORS.sub(" ", _WORD_OPERATORS.sub(" ", _FIELD_PREFIX.sub(" ", text)))
    return " ".join(words.split())


def _walk(query: Any, path: str, *, required: bool) -> Iterator[tuple[FoundText, bool]]:
    if not isinstance(query, Mapping):
        return
    for kind, inner in query.items():
        here = f"{path}.{kind}"
        if kind in FIELD_QUERIES:
            yield from ((found, required) for found in _field_texts(inner, here))
        elif kind in TEXT_QUERIES:
            yield from ((found, required) for found in _query_texts(kind, inner, here))
        elif kind == "bool":
            yield from _walk_bool(inner, here, required=required)
        elif kind in WRAPPERS:
            for key in WRAPPERS[kind]:
                if isinstance(inner, Mapping):
                    yield from _walk_all(inner.get(key), f"{here}.{key}", required=required)


def _walk_bool(clauses: Any, path: str, *, required: bool) -> Iterator[tuple[FoundText, bool]]:
    if not isinstance(clauses, Mapping):
        return
    yield from _walk_all(clauses.get("must"), f"{path}.must", required=required)
    # A should beside a must is a hint; a should alone is the question itself.
    alone = not clauses.get("must")
    yield from _walk_all(clauses.get("should"), f"{path}.should", required=required and alone)


def _walk_all(queries: Any, path: str, *, required: bool) -> Iterator[tuple[FoundText, bool]]:
    if isinstance(queries, Mapping):
        yield from _walk(queries, path, required=required)
    elif isinstance(queries, Sequence) and not isinstance(queries, str):
        for position, query in enumerate(queries):
            yield from _walk(query, f"{path}.{position}", required=required)


def _field_texts(fields: Any, path: str) -> Iterator[FoundText]:
    if not isinstance(fields, Mapping):
        return
    for field, value in fields.items():
        here = f"{path}.{field}"
        text, place = (
            (value.get("query"), f"{here}.query") if isinstance(value, Mapping) else (value, here)
        )
        if isinstance(text, str) and text.strip():
            yield FoundText(text, place)


def _query_texts(kind: str, inner: Any, path: str) -> Iterator[FoundText]:
    text = inner.get("query") if isinstance(inner, Mapping) else None
    if not isinstance(text, str):
        return
    words = plain_words(text) if kind.endswith("query_string") else text
    if words.strip():
        yield FoundText(words, f"{path}.query")
