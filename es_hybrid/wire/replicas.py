"""What a failure means beyond its own call: for other replicas, and for texts that went together."""

from __future__ import annotations

from es_hybrid._retry import Outcome, OutcomeKind, classify_status
from es_hybrid.errors import ContractError, ServiceError, ServiceTimeout

__all__ = ["another_may_help", "is_servers_fault", "may_be_one_texts", "outcome_of"]


def is_servers_fault(error: BaseException) -> bool:
    """Say whether a failure tells anything about the server: not where the texts are at fault.

    Example:
        >>> is_servers_fault(ServiceError("too long", service="embed", status=413))
        False
    """
    if not isinstance(error, ServiceError):
        return False
    if error.retryable or isinstance(error, ContractError):
        return True
    if error.status is None:
        return False  # refused here, before a request: a blank text
    return outcome_of(error).kind is not OutcomeKind.CALLER


def another_may_help(error: BaseException) -> bool:
    """Say whether the same call may succeed on another replica, now.

    Not after a timeout: the time is over. A wrong key or model, or nonsense in an answer, may be
    this replica's alone.

    Example:
        >>> another_may_help(ServiceError("overloaded", service="embed", status=503))
        True
    """
    return is_servers_fault(error) and not isinstance(error, ServiceTimeout)


def outcome_of(error: ServiceError) -> Outcome:
    """Return what a retry needs to know of a failure.

    Example:
        >>> outcome_of(ServiceError("overloaded", service="embed", status=429)).kind.value
        'busy'
    """
    if isinstance(error, ServiceTimeout):
        return Outcome(OutcomeKind.TIMEOUT, error.status)
    if isinstance(error, ContractError):
        return Outcome(OutcomeKind.PROTOCOL, error.status)
    if error.status is None:
        return Outcome(OutcomeKind.CONNECTION if error.retryable else OutcomeKind.CALLER)
    kind = classify_status(error.status, error.body_excerpt or "")
    return Outcome(kind, error.status, error.retry_after_s)


def may_be_one_texts(error: BaseException) -> bool:
    """Say whether a call of many texts may have failed because of one of them.

    Example:
        >>> may_be_one_texts(ServiceError("too long", service="embed", status=413))
        True
    """
    if isinstance(error, ServiceError):
        return isinstance(error, ContractError) or not is_servers_fault(error)
    # A plug-in's own exception; a lost connection or a timeout is no text's fault.
    return isinstance(error, Exception) and not isinstance(error, OSError)
