"""What a model server's failure means: our exception, an outcome for the retry, a hint for a person.

A failure is a value until the retry has been decided. Servers quote the request in their error
messages; whatever they quote is taken out before a message goes into an exception.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from es_hybrid._retry import Outcome, OutcomeKind, classify_status, retry_after
from es_hybrid.errors import (
    ContractError,
    EmbeddingError,
    RerankError,
    ServiceError,
    ServiceTimeout,
)
from es_hybrid.wire.messages import EXCERPT_CHARS, address_setting, excerpt, hint, server_message

__all__ = [
    "Failure",
    "broken",
    "dropped",
    "read_json",
    "refused",
    "timed_out",
    "unreachable",
]

_RETRYABLE = frozenset(
    {OutcomeKind.BUSY, OutcomeKind.FAULT, OutcomeKind.TIMEOUT, OutcomeKind.CONNECTION}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that failed, before it is decided whether to try again.

    Attributes:
        error: What to raise if not.
        outcome: What the retry policy needs to know.
        cause: The exception behind it, where chaining it reveals nothing of the request.
    """

    error: ServiceError
    outcome: Outcome
    cause: BaseException | None = None


def refused(
    status: int,
    headers: Mapping[str, str],
    content: bytes,
    *,
    service: str,
    sent: Sequence[str],
    now: float,
    cause: BaseException | None = None,
) -> Failure:
    """Describe an answer whose status is not 2xx.

    Args:
        status: HTTP status.
        headers: Response headers.
        content: Response body, of any kind.
        service: `"embed"`, `"rerank"` or `"judge"`.
        sent: The texts of the request, which must not come out again.
        now: Seconds since the epoch, for a `Retry-After` date.
        cause: The client library's exception.

    Example:
        >>> failure = refused(
        ...     401, {}, b'{"error": "Unauthorized"}', service="embed", sent=[], now=0.0
        ... )
        >>> print(failure.error)
        the embedding server answered 401: Unauthorized; set ES_HYBRID_EMBED__API_KEY to a valid key
    """
    message = server_message(content)
    kind = classify_status(status, message)
    shown = excerpt(message, sent)
    said = f": {shown}" if shown else " without a message"
    asked_s = retry_after(headers, now)
    error = _error_class(service)(
        f"the {_name(service)} server answered {status}{said}",
        service=service,
        status=status,
        body_excerpt=shown or None,
        retry_after_s=asked_s,
        retryable=kind in _RETRYABLE,
        hint=hint(service, status, message),
    )
    # The library's own exception quotes the body as it came.
    quoted = shown != message[:EXCERPT_CHARS]
    outcome = Outcome(kind, status, asked_s)
    return Failure(error, outcome, None if quoted else cause)


def timed_out(
    service: str, timeout_s: float, cause: BaseException | None = None, *, status: int | None = None
) -> Failure:
    """Describe a call whose time was over before the whole answer was there."""
    error = ServiceTimeout(
        f"the {_name(service)} server did not answer within {timeout_s:.3g} s",
        service=service,
        status=status,
        retryable=True,
    )
    return Failure(error, Outcome(OutcomeKind.TIMEOUT, status), cause)


def unreachable(service: str, cause: BaseException) -> Failure:
    """Describe a connection that could not be made or that broke."""
    error = _error_class(service)(
        f"no connection to the {_name(service)} server: {_reason(cause)}",
        service=service,
        retryable=True,
        hint=f"check that it runs at {address_setting(service)}",
    )
    return Failure(error, Outcome(OutcomeKind.CONNECTION), cause)


def dropped(service: str, timeout_s: float, cause: BaseException) -> Failure | None:
    """Describe an HTTP library's exception that came while a body was read; `None` for any other.

    Which library it is depends on openai's version, so its classes are known by name only.
    """
    if not type(cause).__module__.startswith(("httpx", "httpcore")):
        return None
    if any("Timeout" in kind.__name__ for kind in type(cause).__mro__):
        return timed_out(service, timeout_s, cause)
    return unreachable(service, cause)


def broken(error: ContractError) -> Failure:
    """Describe an answer of status 200 that does not keep the contract."""
    return Failure(error, Outcome(OutcomeKind.PROTOCOL, error.status), error.__cause__)


def read_json(content: bytes, *, service: str) -> Any:
    """Return a body's JSON value.

    Raises:
        ContractError: Not JSON: cut short, a proxy's page, or with a `NaN` in it.

    Example:
        >>> read_json(b"[1, 2]", service="rerank")
        [1, 2]
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ContractError(
            f"the {_name(service)} server's answer of {len(content)} bytes is not JSON",
            service=service,
            status=200,
            hint=f"check {address_setting(service)}",
        ) from None


def _name(service: str) -> str:
    return "embedding" if service == "embed" else service


def _error_class(service: str) -> type[ServiceError]:
    return {"embed": EmbeddingError, "rerank": RerankError}.get(service, ServiceError)


def _reason(cause: BaseException) -> str:
    """Return the operating system's words, from the bottom of the chain, or the class's name."""
    link: BaseException | None = cause
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
        link = link.__cause__ or link.__context__
    return type(cause).__name__
