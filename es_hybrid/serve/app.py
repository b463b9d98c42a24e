"""The service as an ASGI application."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

from elasticsearch import AsyncElasticsearch, TransportError
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route as Path

from es_hybrid._logging import get_logger
from es_hybrid.prometheus import ShopCollector
from es_hybrid.serve.answers import failure, json_response, refusal
from es_hybrid.serve.body import BodyTooLarge, read_body, unpacked
from es_hybrid.serve.forward import forward, of_the_caller
from es_hybrid.serve.gate import Gate
from es_hybrid.serve.requests import msearch_arguments, search_arguments
from es_hybrid.serve.routes import Kind, Route, route

if TYPE_CHECKING:
    from es_hybrid import AsyncHybridClient, HybridResponse
    from es_hybrid.response import HybridResponses

__all__ = ["OpenShop", "create_app"]

OpenShop = AbstractAsyncContextManager["AsyncHybridClient"]
"""Opens the hybrid client when the service starts, and closes it when it ends."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]
_PACKED_FROM_BYTES = 1400
_log = get_logger("es_hybrid.serve")


def create_app(open_shop: OpenShop, *, gate: Gate | None = None) -> Starlette:
    """Build the service.

    Args:
        open_shop: Gives the hybrid client, whose settings are the service's. Its Elasticsearch
            client should have no credentials: each caller brings its own.
        gate: Counts requests, and says when the service drains.

    Example:
        app = create_app(open_shop())  # for any ASGI server
    """
    service = _Service(open_shop, gate or Gate())
    return Starlette(
        routes=[
            Path("/_hybrid/health", service.health, methods=["GET"]),
            Path("/_hybrid/ready", service.ready, methods=["GET"]),
            Path("/_hybrid/metrics", service.metrics, methods=["GET"]),
            Path("/{path:path}", service.answer, methods=_METHODS),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=_PACKED_FROM_BYTES)],
        lifespan=service.lifespan,
    )


class _Service:
    """Answers requests with one hybrid client."""

    def __init__(self, open_shop: OpenShop, gate: Gate) -> None:
        self._open_shop = open_shop
        self._gate = gate
        self._shop: AsyncHybridClient

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        async with self._open_shop as shop:
            self._shop = shop
            self._gate.registry.register(ShopCollector(shop))
            yield

    async def health(self, _: Request) -> Response:
        """Say that the process answers."""
        return json_response({"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """Say whether searches can be answered: Elasticsearch is there, and no drain has begun."""
        if self._gate.draining:
            return refusal(503, "es_hybrid_draining", "this service is about to stop")
        try:
            await forward(
                self._es, method="GET", target="/", headers={}, content=b"", timeout_s=2.0
            )
        except TransportError as error:
            return failure(error)
        return json_response({"status": "ready"}, pretty="pretty" in request.query_params)

    async def metrics(self, _: Request) -> Response:
        """Give what Prometheus collects."""
        return Response(generate_latest(self._gate.registry), media_type=CONTENT_TYPE_LATEST)

    async def answer(self, request: Request) -> Response:
        """Answer any other request."""
        settings = self._shop.settings.serve
        place = route(request.method, request.scope["raw_path"].decode("latin-1"))
        if place.kind is Kind.WRITE and not settings.allow_writes:
            return refusal(
                403,
                "security_exception",
                f"{request.method} {place.endpoint or 'of an index'} is not handed on: this service"
                " only reads (ES_HYBRID_SERVE__ALLOW_WRITES)",
            )
        if not self._gate.enter(most=settings.max_requests):
            return refusal(
                429,
                "es_rejected_execution_exception",
                f"{settings.max_requests} requests are under way",
                headers={"Retry-After": "1"},
            )
        began = time.perf_counter()
        try:
            response = await self._answer(request, place)
        except BodyTooLarge as error:
            response = refusal(413, "es_hybrid_too_large", str(error))
        except ClientDisconnect:
            response = Response(status_code=499)
        finally:
            self._gate.leave()
        seconds = time.perf_counter() - began
        self._gate.count(place.kind, response.status_code, seconds)
        _log.debug(
            "serve.answered",
            kind=place.kind.value,
            status=response.status_code,
            took_ms=round(seconds * 1000.0, 1),
        )
        if self._gate.draining:
            response.headers["Connection"] = "close"
        return response

    async def _answer(self, request: Request, place: Route) -> Response:
        limit = self._shop.settings.serve.max_body_bytes
        content = await read_body(request, limit=limit)
        accept = request.headers.get("accept", "")
        try:
            if place.kind in {Kind.SEARCH, Kind.MSEARCH} and _speaks_json(request):
                found = await self._search(request, place, unpacked(request, content, limit=limit))
                if found is not None:
                    return found
            return await self._hand_on(request, content)
        except Exception as error:  # noqa: BLE001 - what is not known is raised again
            return failure(error, accept=accept)

    async def _search(self, request: Request, place: Route, content: bytes) -> Response | None:
        """Search as the hybrid client does; `None` where Elasticsearch had better answer itself."""
        parameters = request.query_params.multi_items()
        shop = self._shop.options(
            headers=of_the_caller(request.headers),
            request_timeout=self._shop.settings.serve.timeout_s,
        )
        answer: HybridResponse | HybridResponses
        if place.kind is Kind.SEARCH:
            arguments = search_arguments(place.index, parameters, content)
            if arguments is None:
                return None
            answer = await shop.search(**arguments)
        else:
            arguments = msearch_arguments(place.index, dict(parameters), content)
            if arguments is None:
                return None
            answer = await shop.msearch(**arguments)
        warning = answer.meta.headers.get("warning")
        return json_response(
            answer.body,
            accept=request.headers.get("accept", ""),
            pretty=request.query_params.get("pretty") in {"", "true"},
            headers={"Warning": warning} if warning else None,
        )

    async def _hand_on(self, request: Request, content: bytes) -> Response:
        target = request.scope["raw_path"].decode("latin-1")
        query = request.scope["query_string"].decode("latin-1")
        answer = await forward(
            self._es,
            method=request.method,
            target=f"{target}?{query}" if query else target,
            headers=dict(request.headers),
            content=content,
            timeout_s=self._shop.settings.serve.timeout_s,
        )
        return Response(answer.content, answer.status, answer.headers)

    @property
    def _es(self) -> AsyncElasticsearch:
        return self._shop.es


def _speaks_json(request: Request) -> bool:
    """Tell whether a request is JSON, and its answer, too: others are Elasticsearch's to answer."""
    sent = request.headers.get("content-type", "json")
    wanted = request.headers.get("accept", "json")
    return "json" in sent and ("json" in wanted or "*/*" in wanted)
