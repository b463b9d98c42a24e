"""Any exception as a line or two for a person."""

from __future__ import annotations

import elasticsearch

from es_hybrid import HybridError
from es_hybrid.indexing.roles import read_denial

__all__ = ["sentence"]

_STATUS_HINTS = {
    401: "set ES_HYBRID_ES_API_KEY",
    404: "es-hybrid create-index makes it",
}


def sentence(error: Exception) -> str:
    """Say what happened, to what, and what to do.

    Example:
        >>> sentence(FileNotFoundError(2, "No such file or directory", "a.csv"))
        'a.csv: No such file or directory'
    """
    match error:
        case HybridError():
            return _with_hint(str(error), _missing_privilege(error.__cause__))
        case elasticsearch.UnsupportedProductError():
            return "this is not Elasticsearch: the server did not say that it is"
        case elasticsearch.ApiError():
            hint = _missing_privilege(error) or _STATUS_HINTS.get(error.status_code)
            return _with_hint(_answered(error), hint)
        case elasticsearch.TransportError():
            return f"Elasticsearch cannot be reached ({connection_reason(error)})"
        case OSError() if error.filename is not None:
            return f"{error.filename}: {error.strerror}"
        case _:
            return _with_hint(f"{type(error).__name__}: {error}", "--traceback shows where")


def connection_reason(error: elasticsearch.TransportError) -> str:
    """Return the system's own words, out of the layers that wrap them."""
    return str(error.message).rsplit("): ", 1)[-1].rstrip("')")


def _answered(error: elasticsearch.ApiError) -> str:
    return f"Elasticsearch answered {error.status_code}: {_reason(error)}"


def _reason(error: elasticsearch.ApiError) -> str:
    cause = error.body.get("error") if isinstance(error.body, dict) else None
    if not isinstance(cause, dict):
        # A HEAD request is answered without a body, and then the client's message is "None".
        return error.message if error.body else "no reason is given"
    root = (cause.get("root_cause") or [cause])[0]
    return str(root.get("reason") or cause.get("reason") or error.message)


def _missing_privilege(error: BaseException | None) -> str | None:
    """Say which privilege a refused request wanted, and which role has it."""
    if not isinstance(error, elasticsearch.ApiError) or error.status_code != 403:
        return None
    denial = read_denial(_reason(error))
    if denial is None:
        return "the API key lacks a privilege; es-hybrid doctor INDEX lists which"
    role = denial.role()
    if role is None:
        return str(denial)
    return f"{denial}; es-hybrid roles {role} --index {denial.alias} prints a role that has it"


def _with_hint(text: str, hint: str | None) -> str:
    return f"{text}; {hint}" if hint else text
