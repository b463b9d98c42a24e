"""One request as shops send it, and what the swap must make of it."""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid.types import Json, PassthroughReason


@dataclass(frozen=True)
class Shape:
    """A request.

    Attributes:
        name: Names the test.
        why: Who sends it, or where Elastic's own documentation has it.
        asks: Keyword arguments of `search`; `@shop` and the like stand for indices.
        passes: Why it goes through untouched; `None` where it is answered in hybrid order.
        fails: Whether Elasticsearch, or its client, refuses it; `None` where that depends on
            the node's modules and licence.
        lacks: Whether the semantic leg has to do without, so that a degradation is right.
    """

    name: str
    why: str
    asks: Json
    passes: PassthroughReason | None = None
    fails: bool | None = False
    lacks: bool = False


WORDS: Json = {"match": {"title": "trail shoe red"}}
"""Matches some of the products by a word or two, and not all."""


def on_shop(**asks: object) -> Json:
    """Return arguments that search the shop for `WORDS`, unless they say otherwise."""
    return {"index": "@shop", "query": WORDS, **asks}


def of_query(
    name: str, why: str, query: Json, *, passes: PassthroughReason | None = None, **rest: object
) -> Shape:
    """Return a search of the shop by one query."""
    return Shape(name, why, {"index": "@shop", "query": query, **rest}, passes=passes)


def filtered(name: str, why: str, *filters: Json) -> Shape:
    """Return a search of the shop for `WORDS` beside filters."""
    return of_query(name, why, {"bool": {"must": [WORDS], "filter": list(filters)}})
