"""Merge the legs' lists into one list of candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.rank.columns import HitList
from es_hybrid.types import Hit, HitKey


def merge(
    lexical: Sequence[Hit],
    semantic: Sequence[Hit] = (),
    codes: Sequence[Hit] = (),
    *,
    floor: float | None = None,
) -> HitList:
    """Return every hit once, with what all legs know of it.

    The order is the tie-break of everything after: by lexical rank, then by semantic rank.

    Args:
        lexical: The BM25 leg's hits, best first.
        semantic: The kNN leg's hits, best first.
        codes: Products whose exact code is in the query.
        floor: kNN score below which a hit that the lexical leg does not match is left out: kNN
            returns its nearest for nonsense too.

    Example:
        >>> merge([Hit("i", "1", lexical_score=2.0, lexical_rank=1)],
        ...       [Hit("i", "1", semantic_score=0.9, semantic_rank=1)])[0].semantic_score
        0.9
    """
    merged: dict[HitKey, Hit] = {hit[:2]: hit for hit in lexical}  # hit.key, without a call
    for hit in semantic:
        key = hit[:2]
        known = merged.get(key)
        if known is not None:
            merged[key] = known.found_by_meaning(hit.semantic_score, hit.semantic_rank)
        elif floor is None or hit.lexical_score is not None or (hit.semantic_score or 0.0) >= floor:
            merged[key] = hit
    for hit in codes:
        key = hit[:2]
        merged[key] = merged[key]._replace(code=True) if key in merged else hit
    return HitList(merged.values())


def above_floor(hits: Sequence[Hit], floor: float | None) -> Sequence[Hit]:
    """Return one list's hits without those that match no word and lie below the floor."""
    if floor is None:
        return hits
    return [
        hit for hit in hits if hit.lexical_score is not None or (hit.semantic_score or 0.0) >= floor
    ]


def collapse(hits: Sequence[Hit], order: Sequence[int], field: str) -> list[int]:
    """Return an order without the hits whose group already stands higher.

    Args:
        hits: The candidates.
        order: Positions of candidates, best first.
        field: Doc-value field that names the group; hits without one are a group of their own, as
            Elasticsearch has it.
    """
    seen: set[Any] = set()
    kept = []
    for position in order:
        group = group_of(hits[position].fields, field)
        if group in seen:
            continue
        seen.add(group)
        kept.append(position)
    return kept


def group_of(fields: Mapping[str, Sequence[Any]], field: str | None) -> Any:
    """Return the value a hit is collapsed by, `None` where it has none."""
    values = fields.get(field) if field else None
    return values[0] if values else None


def admitted(candidates: Sequence[Hit]) -> int:
    """Count candidates that the lexical query does not match: what a fused page adds to the total."""
    return len([1 for hit in candidates if hit.lexical_score is None and hit.lexical_rank is None])
