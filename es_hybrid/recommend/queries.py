"""The queries whose matches are recommended: by title, by orders, by taste, by what was counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from es_hybrid.rank.personal import Taste
from es_hybrid.recommend.seeds import Seed
from es_hybrid.types import Json

__all__ = ["NOTHING", "bought_query", "counted_query", "none_of", "taste_query", "titles_query"]

NOTHING: Json = {"match_none": {}}
"""What the words have to say where there are none."""

_TITLES = 5
"""Products whose titles are searched for: what comes after them is in the mean vector alone."""
_LONGEST_TITLE = 400
_MOST_LIKED = 20
_TIER = 50.0
"""How much more a counter weighs than all after it; more than the logarithm of any count."""
_NEW_FOR = "30d"
_SALES_WEIGHT = 0.02


def titles_query(seeds: Sequence[Seed], field: str) -> Json:
    """Return the query for products whose titles share words with the seeds'.

    Example:
        >>> titles_query([Seed("1", {"title": "trail shoe"})], "title")
        {'bool': {'should': [{'match': {'title': {'query': 'trail shoe'}}}]}}
    """
    titles = [" ".join(seed.values(field))[:_LONGEST_TITLE].strip() for seed in seeds]
    words = list(dict.fromkeys(title for title in titles if title))[:_TITLES]
    if not words:
        return NOTHING
    return {"bool": {"should": [{"match": {field: {"query": title}}} for title in words]}}


def bought_query(strengths: Mapping[str, float]) -> Json:
    """Return the query for products by how strongly they go with a cart.

    Example:
        >>> bought_query({"ink": 0.5})["bool"]["should"][0]["constant_score"]["boost"]
        0.5
    """
    clauses = [
        {"constant_score": {"filter": {"ids": {"values": [id_]}}, "boost": strength}}
        for id_, strength in strengths.items()
    ]
    return {"bool": {"should": clauses}}


def taste_query(taste: Taste, fields: Mapping[str, str], *, counter: str | None) -> Json:
    """Return the query for products of liked brands and categories, the best-selling first.

    Args:
        taste: The shopper's affinities.
        fields: Keyword fields of `brand` and `category`.
        counter: Field of sales, which tells products apart that are liked the same.
    """
    liked = [
        {"constant_score": {"filter": {"term": {fields[name]: value}}, "boost": affinity}}
        for name, known in (("brand", taste.brands), ("category", taste.categories))
        if name in fields
        for value, affinity in _most_liked(known)
    ]
    if not liked:
        return NOTHING
    query: Json = {"bool": {"should": liked, "minimum_should_match": 1}}
    if counter is not None:
        sales = {
            "function_score": {**_counted([(counter, _SALES_WEIGHT)]), "boost_mode": "replace"}
        }
        query = {"bool": {"must": [query], "should": [sales]}}
    return query


def counted_query(counters: Sequence[str], *, created: str | None) -> Json:
    """Return the query for what sells: by the first counter, then by the next, then the newest.

    Args:
        counters: Number fields, the one that counts most first.
        created: Date field; a product of today beats one of a month ago.
    """
    tiers = [(name, _TIER**place) for place, name in enumerate(reversed(counters), start=1)]
    scored = _counted(tiers)
    if created is not None:
        decay = {"exp": {created: {"origin": "now", "scale": _NEW_FOR}}}
        scored["functions"].append({**decay, "filter": {"exists": {"field": created}}})
    if not scored["functions"]:
        return {"match_all": {}}
    # Without a function that applies, the score of a product is 1: a constant function hides that.
    scored["functions"].append({"weight": math.exp2(-20)})
    return {"function_score": {"query": {"match_all": {}}, **scored, "boost_mode": "replace"}}


def none_of(field: str, values: Iterable[str]) -> Json:
    """Return the filter of products without any of these values."""
    return {"bool": {"must_not": [{"terms": {field: sorted(set(values))}}]}}


def _counted(tiers: Iterable[tuple[str, float]]) -> Json:
    """Return the functions that add up logarithms of counts; a missing or negative one adds none."""
    functions = [
        {
            "field_value_factor": {"field": name, "modifier": "ln1p", "missing": 0},
            "filter": {"range": {name: {"gt": 0}}},
            "weight": weight,
        }
        for name, weight in tiers
    ]
    return {"functions": functions, "score_mode": "sum"}


def _most_liked(known: Mapping[str, float]) -> list[tuple[str, float]]:
    liked = sorted(known.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_LIKED]
    return [(value, affinity) for value, affinity in liked if affinity > 0.0]
