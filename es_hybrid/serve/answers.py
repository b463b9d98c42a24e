"""Elasticsearch's own answers, errors included, as responses on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from elasticsearch import ApiError, ConnectionTimeout, TransportError
from starlette.responses import Response

from es_hybrid.errors import HybridError, RequestError
from es_hybrid.types import Json

__all__ = ["failure", "json_response", "refusal"]

_PRODUCT = {"X-elastic-product": "Elasticsearch"}
"""Elastic's clients look for it, and refuse to talk to what has it not."""

_JSON = "application/json"
_VENDOR = "application/vnd.elasticsearch+json"


def json_response(
    content: Any,
    *,
    status: int = 200,
    accept: str = "",
    pretty: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer in the media type that the caller speaks.

    Args:
        content: What `orjson` writes.
        status: HTTP status.
        accept: The caller's header; a client that asks for a compatible version is told so.
        pretty: Whether a person reads it.
        headers: More headers.
    """
    wanted = accept.split(",", 1)[0].strip()
    media = wanted if wanted.startswith(_VENDOR) else _JSON
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE if pretty else 0
    packed = orjson.dumps(content, option=option | orjson.OPT_NON_STR_KEYS)
    return Response(packed, status, {**_PRODUCT, **(headers or {})}, media)


def refusal(
    status: int, kind: str, reason: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return an error of this service in Elasticsearch's shape.

    Args:
        status: HTTP status.
        kind: `error.type`.
        reason: What a person reads.
        headers: More headers, such as `Retry-After`.
    """
    return json_response(_error(status, kind, reason), status=status, headers=headers)


def failure(error: Exception, *, accept: str = "") -> Response:
    """Return what a caller is told of a failed request; Elasticsearch's own words where it spoke.

    Raises:
        Exception: The error itself, where it is none of Elasticsearch's, the network's or ours.
    """
    match error:
        case ApiError():
            body = error.body
            if not isinstance(body, dict):
                body = _error(error.status_code, "exception", str(body))
            return json_response(body, status=error.status_code, accept=accept)
        case ConnectionTimeout():
            return refusal(504, "es_hybrid_timeout", "Elasticsearch did not answer in time")
        case TransportError():
            return refusal(502, "es_hybrid_unreachable", "Elasticsearch cannot be reached")
        case RequestError():
            return refusal(400, "es_hybrid_request_error", str(error))
        case HybridError():
            return refusal(503, "es_hybrid_unavailable", str(error))
        case _:
            raise error


def _error(status: int, kind: str, reason: str) -> Json:
    cause = {"type": kind, "reason": reason}
    return {"error": {"root_cause": [cause], **cause}, "status": status}
