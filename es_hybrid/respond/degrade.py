"""What a model's failure means to a search."""

from __future__ import annotations

from es_hybrid.errors import ContractError, HybridError, ServiceError
from es_hybrid.types import Degradation, DegradationReason, LegResult, Stage


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


def is_permanent(error: Exception) -> bool:
    """Say whether only a changed setting can help: a wrong key, model or address."""
    return isinstance(error, ServiceError) and error.status in {401, 403, 404}


def failed_leg(leg: LegResult) -> Degradation:
    """Return a leg's failure as a degradation; Elasticsearch's reason may quote the query."""
    error = leg.error or {}
    cause = error.get("caused_by") or error
    detail = f"the {leg.name} leg: {cause.get('type', 'error')}"
    return Degradation(Stage.RETRIEVE, DegradationReason.LEG_FAILED, detail)


def failed_vectors(kind: str) -> Degradation:
    """Return that stored vectors could not be fetched, so that nothing was compared for variety.

    Args:
        kind: Elasticsearch's type of the error.
    """
    detail = f"the vectors could not be fetched: {kind}"
    return Degradation(Stage.RULES, DegradationReason.LEG_FAILED, detail)
