"""What a visitor has set on the search page, and the searches that follow from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from es_hybrid.evaluate import RECIPES
from es_hybrid.types import Json
from es_hybrid.ui.catalogue import Catalogue
from es_hybrid.ui.words import Language

__all__ = [
    "Column",
    "Controls",
    "Facet",
    "counted_facets",
    "filter_clauses",
    "read_facets",
    "search_arguments",
]

_FACET_VALUES = 12


class Column(StrEnum):
    """The recipes that are shown side by side, simplest first."""

    LEXICAL = "lexical"
    HYBRID = "hybrid"
    RERANK = "rerank"
    BOOSTED = "boosted"


# The last column is what a shopper gets: nothing of the shop's own settings is switched off.
_OPTIONS: Mapping[Column, Mapping[str, Any]] = MappingProxyType(
    {
        Column.LEXICAL: RECIPES["lexical"].options,
        Column.HYBRID: RECIPES["hybrid"].options,
        Column.RERANK: RECIPES["rerank"].options,
        Column.BOOSTED: {},
    }
)


@dataclass(frozen=True, slots=True)
class Controls:
    """The state of the search page.

    Attributes:
        text: The shopper's words.
        columns: Recipes to show.
        size: Products of each.
        lexical_weight: Share of the words in the fusion; `None` leaves it to the settings.
        rerank_weight: Share of the reranker; `None` leaves it to the settings.
        factors: Factor of each boost, in the catalogue's order; 1 switches one off.
        facets: Chosen values by field.
        price_from: Lowest price.
        price_to: Highest price.
        language: Of the sentences.
    """

    text: str
    columns: tuple[Column, ...] = tuple(Column)
    size: int = 6
    lexical_weight: float | None = None
    rerank_weight: float | None = None
    factors: tuple[float, ...] = ()
    facets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    price_from: float | None = None
    price_to: float | None = None
    language: Language = Language.EN


def search_arguments(
    controls: Controls, catalogue: Catalogue, column: Column, *, count_facets: bool = False
) -> dict[str, Any]:
    """Return the arguments of `HybridClient.search` for one recipe, without the index.

    Args:
        controls: The state of the page.
        catalogue: What the index holds.
        column: The recipe.
        count_facets: Whether the values of the facets are counted too.

    Example:
        >>> asked = search_arguments(Controls("shoe"), Catalogue("title"), Column.LEXICAL)
        >>> asked["ext"]["hybrid"]["plan"]
        'lexical_only'
    """
    section: Json = {
        **_OPTIONS[column],
        "text": controls.text,
        "explain": True,
        "explain_language": str(controls.language),
    }
    if column is not Column.LEXICAL and controls.lexical_weight is not None:
        words = controls.lexical_weight
        section["fusion"] = {"weights": {"lexical": words, "semantic": round(1.0 - words, 6)}}
    if column in (Column.RERANK, Column.BOOSTED) and controls.rerank_weight is not None:
        section["rerank"] = {"blend": controls.rerank_weight}
    if column is Column.BOOSTED and controls.factors:
        section["boosts"] = _boosts(catalogue.boosts, controls.factors)
    asked: dict[str, Any] = {
        "size": controls.size,
        "source": catalogue.shown,
        "ext": {"hybrid": section},
    }
    price = _price_clause(controls, catalogue)
    if price:
        asked["query"] = {"bool": {"filter": [price]}}
    chosen = _chosen(controls)
    if chosen:
        # Not in the query: the other values of a facet stay on offer.
        asked["post_filter"] = {"bool": {"filter": list(chosen.values())}}
    if count_facets and catalogue.facets:
        asked["aggs"] = counted_facets(catalogue, chosen)
    return asked


def filter_clauses(controls: Controls, catalogue: Catalogue) -> list[Json]:
    """Return what every product must satisfy: the chosen values and the price.

    Example:
        >>> filter_clauses(Controls("", facets={"brand": ["Aya"]}), Catalogue("title"))
        [{'terms': {'brand': ['Aya']}}]
    """
    price = _price_clause(controls, catalogue)
    return [*_chosen(controls).values(), *([price] if price else [])]


def counted_facets(catalogue: Catalogue, chosen: Mapping[str, Json]) -> dict[str, Json]:
    """Return the aggregations of all facets, each among what the others leave.

    Args:
        catalogue: Whose facets.
        chosen: Clauses of the chosen values by field.
    """
    return {name: _counted(name, chosen) for name in catalogue.facets}


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet as it is offered.

    Attributes:
        field: The field.
        choices: Label and value, the most frequent first; chosen values are always among them.
        chosen: What is chosen.
    """

    field: str
    choices: tuple[tuple[str, str], ...]
    chosen: tuple[str, ...]


def read_facets(answer: Mapping[str, Any], controls: Controls, catalogue: Catalogue) -> list[Facet]:
    """Return the facets of an answer that was asked with `count_facets`.

    Example:
        >>> counts = {"values": {"buckets": [{"key": "Aya", "doc_count": 3}]}}
        >>> catalogue = Catalogue("title", facets=("brand",))
        >>> read_facets({"aggregations": {"brand": counts}}, Controls("x"), catalogue)[0].choices
        (('Aya (3)', 'Aya'),)
    """
    found = []
    for name in catalogue.facets:
        values = answer.get("aggregations", {}).get(name, {}).get("values", {})
        counts = {_key(bucket): bucket["doc_count"] for bucket in values.get("buckets", ())}
        chosen = tuple(controls.facets.get(name, ()))
        counts.update({value: 0 for value in chosen if value not in counts})
        choices = tuple((f"{value} ({count:,})", value) for value, count in counts.items())
        found.append(Facet(name, choices, chosen))
    return found


def _key(bucket: Mapping[str, Any]) -> str:
    return str(bucket.get("key_as_string", bucket["key"]))


def _boosts(boosts: Sequence[Json], factors: Sequence[float]) -> list[Json]:
    asked = zip(boosts, factors, strict=True)
    return [{**boost, "factor": factor} for boost, factor in asked if factor != 1.0]


def _chosen(controls: Controls) -> dict[str, Json]:
    return {
        name: {"terms": {name: list(values)}} for name, values in controls.facets.items() if values
    }


def _counted(name: str, chosen: Mapping[str, Json]) -> Json:
    """Count a facet's values among what the other facets leave."""
    others = [clause for field, clause in chosen.items() if field != name]
    return {
        "filter": {"bool": {"filter": others}} if others else {"match_all": {}},
        "aggs": {"values": {"terms": {"field": name, "size": _FACET_VALUES}}},
    }


def _price_clause(controls: Controls, catalogue: Catalogue) -> Json | None:
    bounds = {"gte": controls.price_from, "lte": controls.price_to}
    asked = {name: bound for name, bound in bounds.items() if bound is not None}
    return {"range": {catalogue.price: asked}} if asked and catalogue.price else None
