"""What a model's failure means to a search."""

from __future__ import annotations

from collections.abc import Iterable

from es_hybrid.errors import ContractError, HybridError, ServiceError
from es_hybrid.types import Degradation, DegradationReason, LegResult, Level, Stage


def degradation_of(stage: Stage, error: Exception) -> Degradation:
    """Return a model's failure as a degradation.

    Example:
        >>> degradation_of(Stage.EMBED, TimeoutError()).reason.value
        'timeout'
    """
    match error:
        case TimeoutError():
            reason = DegradationReason.TIMEOUT
        case ContractError():
            reason = DegradationReason.CONTRACT
        case _:
            reason = DegradationReason.SERVICE_ERROR
    # Of a plug-in's error only the type is told: its message may hold a shopper's words.
    detail = str(error) if isinstance(error, HybridError) else type(error).__name__
    return Degradation(stage, reason, detail)


def level_of(degraded: Iterable[Degradation], *, stood_in: bool) -> Level:
    """Return the rung of the ladder that a search stood on.

    Args:
        degraded: What it did without.
        stood_in: Whether the query's words stood in for the reranker.

    Example:
        >>> lack = Degradation(Stage.RERANK, DegradationReason.TIMEOUT)
        >>> level_of([lack], stood_in=True), level_of([], stood_in=False)
        (<Level.WORDS: 'words'>, <Level.FULL: 'full'>)
    """
    stages = {lack.stage for lack in degraded}
    if stages & {Stage.EMBED, Stage.RETRIEVE}:
        return Level.LEXICAL
    if Stage.RERANK in stages:
        return Level.WORDS if stood_in else Level.FUSED
    return Level.FULL


def is_permanent(error: Exception) -> bool:
    """Say whether only a changed setting can help: a wrong key, model or address."""
    return isinstance(error, ServiceError) and error.status in {401, 403, 404}


def failed_leg(leg: LegResult) -> Degradation:
    """Return a leg's failure as a degradation; Elasticsearch's reason may quote the query."""
    error = leg.error or {}
    cause = error.get("caused_by") or error
    detail = f"the {leg.name} leg: {cause.get('type', 'error')}"
    return Degradation(Stage.RETRIEVE, DegradationReason.LEG_FAILED, detail)


def failed_inference(leg: LegResult) -> Degradation:
    """Return that Elasticsearch could not rerank by itself; the fused order takes its place."""
    detail = f"Elasticsearch's inference endpoint: status {leg.status}"
    return Degradation(Stage.RERANK, DegradationReason.SERVICE_ERROR, detail)


def failed_nearness(kind: str) -> Degradation:
    """Return that candidates could not be compared with what the shopper likes.

    Args:
        kind: Elasticsearch's type of the error.
    """
    detail = f"the candidates could not be compared with what the shopper likes: {kind}"
    return Degradation(Stage.SHOPPER, DegradationReason.LEG_FAILED, detail)


def failed_vectors(kind: str) -> Degradation:
    """Return that stored vectors could not be fetched, so that nothing was compared for variety.

    Args:
        kind: Elasticsearch's type of the error.
    """
    detail = f"the vectors could not be fetched: {kind}"
    return Degradation(Stage.RULES, DegradationReason.LEG_FAILED, detail)
