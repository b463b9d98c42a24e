"""Hands a request on to Elasticsearch as it is, and its answer back as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from elastic_transport import HttpHeaders
from elasticsearch import AsyncElasticsearch, ConnectionTimeout, TransportError

__all__ = ["Answer", "forward", "of_the_caller"]

_TRIES = 3

_OF_ONE_HOP = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te"),
        *("trailer", "transfer-encoding", "upgrade", "host", "content-length", "expect"),
        "accept-encoding",  # packed again for the caller, if at all
    }
)
_BACK = frozenset(
    {
        *("content-type", "warning", "www-authenticate", "location", "x-elastic-product"),
        *("x-opaque-id", "retry-after", "async-http-headers", "x-elasticsearch-async-id"),
    }
)
_WITH_A_SEARCH = (
    *("authorization", "es-client-authentication", "es-secondary-authorization"),
    *("es-security-runas-user", "x-opaque-id", "traceparent", "tracestate"),
)
"""Who asks, and for which trace: what a search that we make ourselves takes along."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a node answered.

    Attributes:
        status: HTTP status.
        headers: Those of one hop and of the packing are not among them.
        content: The body, unpacked.
    """

    status: int
    headers: dict[str, str]
    content: bytes


def of_the_caller(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that go along with a search, credentials among them.

    Example:
        >>> of_the_caller({"authorization": "ApiKey x", "accept": "*/*"})
        {'authorization': 'ApiKey x'}
    """
    return {name: headers[name] for name in _WITH_A_SEARCH if name in headers}


async def forward(
    es: AsyncElasticsearch,
    *,
    method: str,
    target: str,
    headers: Mapping[str, str],
    content: bytes,
    timeout_s: float,
) -> Answer:
    """Send a request to a node of the cluster; a `GET` that fails goes to another one.

    Args:
        es: Knows the nodes.
        method: In capitals.
        target: Path and parameters as they were sent.
        headers: The caller's, lower case.
        content: The body as it was sent.
        timeout_s: Seconds.

    Raises:
        TransportError: No node answers.
    """
    pool = es.transport.node_pool
    sent = HttpHeaders({n: value for n, value in headers.items() if n not in _OF_ONE_HOP})
    tries = _TRIES if method in {"GET", "HEAD"} else 1
    while True:
        tries -= 1
        node = pool.get()
        try:
            answer = await node.perform_request(  # type: ignore[misc]  # an async client's node
                method, target, body=content or None, headers=sent, request_timeout=timeout_s
            )
        except ConnectionTimeout:
            pool.mark_dead(node)
            raise
        except TransportError:
            pool.mark_dead(node)
            if tries <= 0:
                raise
            continue
        pool.mark_live(node)
        back = {name: value for name, value in answer.meta.headers.items() if name in _BACK}
        return Answer(answer.meta.status, back, answer.raw_data)
