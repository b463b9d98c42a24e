"""What a shop's own mapping tells: which fields are searched, hold codes, and make the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from es_hybrid.indexing.reindex.plan import VectorNames
from es_hybrid.types import Json

__all__ = ["Guesses", "free_names", "guess", "vector_properties"]

Guesses = dict[str, list[str]]

_CODES = re.compile(
    r"(^|[_.-])(sku|ean|gtin|upc|isbn|mpn|asin|code|article|part_?no)", re.IGNORECASE
)
_TITLES = re.compile(r"(^|[_.-])(title|name|product|bezeichnung|titel|标题|名称)", re.IGNORECASE)
_BRANDS = re.compile(
    r"(^|[_.-])(brand|vendor|manufacturer|maker|marke|supplier|品牌)", re.IGNORECASE
)
_CATEGORIES = re.compile(
    r"(^|[_.-])(categor|department|kind|type|kategorie|类目|分类)", re.IGNORECASE
)
_ADDRESSES = re.compile(r"(url|uri|image|img|picture|link|path$|hash|html)", re.IGNORECASE)
_TEXTS = ("text", "match_only_text")
_SHOWN = 6


def guess(mapping: Mapping[str, Any]) -> Guesses:
    """Return search, code, rerank and text fields, guessed from names and types.

    Example:
        >>> fields = {"name": {"type": "text"}, "sku": {"type": "keyword"}}
        >>> guess({"properties": fields})["search_fields"]
        ['name^3']
    """
    fields = dict(_leaves(mapping.get("properties", {})))
    words = [n for n, kind in fields.items() if kind in _TEXTS and not _ADDRESSES.search(n)]
    words = [n for n in words if not _is_part(n, words)]
    keys = [n for n, kind in fields.items() if kind in ("keyword", "constant_keyword")]
    titles = [n for n in words if _TITLES.search(n)]
    brands = [n for n in (*words, *keys) if _BRANDS.search(n) and not _is_part(n, words)]
    kinds = [n for n in (*words, *keys) if _CATEGORIES.search(n) and not _is_part(n, words)]
    rest = [n for n in words if n not in (*titles, *brands, *kinds)]
    shown = list(dict.fromkeys([*titles[:2], *brands[:1], *kinds[:1], *rest]))[:_SHOWN]
    searched = list(dict.fromkeys([*titles, *(n for n in brands if n in words), *words]))
    return {
        "search_fields": [_weighted(n, titles, brands) for n in searched],
        "code_fields": [n for n in keys if _CODES.search(n)],
        "rerank_fields": shown,
        "text_fields": shown,
    }


def _weighted(name: str, titles: Sequence[str], brands: Sequence[str]) -> str:
    return f"{name}^3" if name in titles else f"{name}^2" if name in brands else name


def _is_part(name: str, among: Sequence[str]) -> bool:
    """Whether a field is a sub-field of one in the list, such as `title.raw`."""
    return any(name.startswith(f"{other}.") for other in among)


def _leaves(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, field in properties.items():
        path = f"{prefix}{name}"
        if field.get("type") == "nested" or field.get("enabled") is False:
            continue
        if "type" in field and field["type"] != "object" and field.get("index") is not False:
            yield path, str(field["type"])
        yield from _leaves(field.get("properties", {}), f"{path}.")
        yield from _leaves(field.get("fields", {}), f"{path}.")


def free_names(mapping: Mapping[str, Any]) -> VectorNames:
    """Return names for our fields that the shop's mapping does not have."""
    taken = mapping.get("properties", {})

    def free(name: str) -> str:
        while name in taken:
            name = f"es_hybrid_{name}"
        return name

    return VectorNames(
        vector=free("embedding"),
        text_hash=free("embedding_text_hash"),
        model=free("embedding_model"),
        dims=free("embedding_dims"),
        language=free("embedding_language"),
    )


def vector_properties(
    names: VectorNames, *, dims: int, similarity: str, index_options: Mapping[str, Any] | None
) -> Json:
    """Return the mapping of our fields."""
    found: Json = {
        names.vector: {
            "type": "dense_vector",
            "dims": dims,
            "index": True,
            "similarity": similarity,
            "index_options": dict(index_options or {"type": "int8_hnsw"}),
        },
        names.text_hash: {"type": "keyword"},
        names.model: {"type": "keyword"},
        names.dims: {"type": "integer"},
    }
    if names.language:
        found[names.language] = {"type": "keyword"}
    return found
