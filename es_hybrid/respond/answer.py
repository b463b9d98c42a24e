"""Elasticsearch's answers in the new order, in Elasticsearch's own shape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from es_hybrid.types import HitKey, Json, LegResult

_BEFORE_HITS = ("terminated_early", "num_reduce_phases", "_shards", "_clusters")
_AFTER_HITS = ("aggregations", "suggest", "profile")


def answer(
    lexical: LegResult,
    page: Sequence[Json],
    *,
    timed_out: bool,
    took_ms: float,
    added: int,
    max_score: float | None,
    total_as_int: bool = False,
) -> Json:
    """Return the body that `es.search` would have returned, in the new order.

    Args:
        lexical: The BM25 leg; totals, shards, aggregations and suggestions are its.
        page: The page's hits, best first.
        timed_out: Whether another leg did.
        took_ms: Wall-clock milliseconds of the whole call.
        added: Candidates that the lexical query does not match.
        max_score: The best final score of all candidates.
        total_as_int: Whether the caller asked for `rest_total_hits_as_int`.
    """
    hits: Json = {}
    total = total_of(lexical.body.get("total"), added)
    if total_as_int:
        hits["total"] = -1 if total is None else total["value"]
    elif total is not None:
        hits["total"] = total
    hits["max_score"] = max_score
    hits["hits"] = list(page)
    return {
        "took": round(took_ms),
        "timed_out": timed_out or bool(lexical.body.get("timed_out")),
        **{name: lexical.body[name] for name in _BEFORE_HITS if name in lexical.body},
        "hits": hits,
        **{name: lexical.body[name] for name in _AFTER_HITS if name in lexical.body},
    }


def in_order(
    documents: Iterable[Mapping[str, Any]], page: Sequence[tuple[HitKey, float]]
) -> list[Json]:
    """Return a page's hits best first, with their final scores.

    Args:
        documents: Elasticsearch's hits for the page's keys, in any order; a key without one was
            deleted between ranking and fetching and is left out.
        page: Keys and final scores.
    """
    found = {(hit["_index"], hit["_id"]): hit for hit in documents}
    return [{**found[key], "_score": score} for key, score in page if key in found]


def with_inner_hits(page: Sequence[Json], heads: Iterable[Json], field: str) -> list[Json]:
    """Return a page whose hits carry the inner hits of their group.

    Args:
        page: The page's hits.
        heads: One hit a group, with `inner_hits`.
        field: The field that names the group.
    """
    inner = {_group(head, field): head.get("inner_hits", {}) for head in heads}
    return [
        {**hit, "inner_hits": {**hit.get("inner_hits", {}), **inner.get(_group(hit, field), {})}}
        for hit in page
    ]


def _group(hit: Json, field: str) -> Any:
    values = hit.get("fields", {}).get(field)
    return values[0] if values else None


def below(hits: Iterable[Mapping[str, Any]], lowest: float) -> list[Json]:
    """Return hits that follow the ranked candidates, scored below them in the order they have.

    Their own scores are on another scale: `lowest * s / (1 + s)` keeps their order.

    Example:
        >>> below([{"_id": "1", "_score": 3.0}], 0.2)
        [{'_id': '1', '_score': 0.15000000000000002}]
    """
    scored = []
    for hit in hits:
        score = max(0.0, hit.get("_score") or 0.0)
        scored.append({**hit, "_score": lowest * score / (1.0 + score)})
    return scored


def total_of(total: Any, added: int) -> Json | None:
    """Return `hits.total` with the semantic-only hits in it; the relation is kept.

    `None` stays `None`: the caller switched counting off.

    Example:
        >>> total_of({"value": 10, "relation": "eq"}, 2)
        {'value': 12, 'relation': 'eq'}
    """
    if total is None:
        return None
    if isinstance(total, int):
        return {"value": total + added, "relation": "eq"}
    return {**total, "value": total["value"] + added}
