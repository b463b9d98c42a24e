"""Any exception as a line or two for a person."""

from __future__ import annotations

import elasticsearch

from es_hybrid import HybridError

__all__ = ["sentence"]

_STATUS_HINTS = {
    401: "set ES_HYBRID_ES_API_KEY",
    403: "the API key lacks a privilege; es-hybrid doctor INDEX lists which",
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
            return str(error)
        case elasticsearch.UnsupportedProductError():
            return "this is not Elasticsearch: the server did not say that it is"
        case elasticsearch.ApiError():
            return _with_hint(_answered(error), _STATUS_HINTS.get(error.status_code))
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
    body = error.body
    cause = body.get("error") if isinstance(body, dict) else None
    if isinstance(cause, dict):
        root = (cause.get("root_cause") or [cause])[0]
        reason = root.get("reason") or cause.get("reason") or error.message
        return f"Elasticsearch answered {error.status_code}: {reason}"
    return f"Elasticsearch answered {error.status_code}: {error.message}"


def _with_hint(text: str, hint: str | None) -> str:
    return f"{text}; {hint}" if hint else text
