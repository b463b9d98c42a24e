"""What a caller writes: the keys of `ext.hybrid` for a type checker, and the section built and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from es_hybrid.query.options import parse_options
from es_hybrid.types import Json


class HybridExt(TypedDict, total=False):
    """The keys of `ext.hybrid`, for type checkers.

    Example:
        options: HybridExt = {"window": 200, "rerank": False}
    """

    text: str
    text_path: str
    vector: Sequence[float]
    plan: str
    window: int
    num_candidates: int
    min_similarity: float
    embed: Mapping[str, Any]
    fusion: Mapping[str, Any]
    rerank: bool | Mapping[str, Any]
    boosts: Sequence[Mapping[str, Any]] | str
    boost_limits: Mapping[str, Any]
    rules: bool | str | Mapping[str, Any]
    context: Mapping[str, str | Sequence[str]]
    user: Mapping[str, Any]
    explore: bool | Mapping[str, Any]
    learned: bool | str
    facets: str
    admit: str
    explain_language: str
    order: bool | str
    explain: bool
    budget_s: float
    on_error: str
    log: bool | Mapping[str, Any]


def hybrid_ext(**options: Any) -> Json:
    """Build the `ext` argument of a search, checked at once.

    Example:
        >>> hybrid_ext(window=200, rerank=False)
        {'hybrid': {'window': 200, 'rerank': False}}
    """
    parse_options(options)
    return {"hybrid": options}
