"""The local model server as an ASGI application; `es_hybrid.local.server` runs it.

Every model call runs in a small thread pool, so `/health` answers while texts are embedded.
"""

from __future__ import annotations

import asyncio
import hmac
import uuid
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from es_hybrid.local.embedder import WordLlamaEmbedder
from es_hybrid.local.formats import (
    Dialect,
    WireError,
    WireFormat,
    embeddings_answer,
    error_body,
    models_answer,
    read_embeddings,
    read_rerank,
    rerank_answer,
)
from es_hybrid.local.model import StaticModel
from es_hybrid.local.reranker import LateInteractionReranker

__all__ = ["build_app"]

_THREADS = 2
_RERANK_PATHS = ("/rerank", "/v1/rerank", "/v2/rerank")


def build_app(
    *, api_key: str | None, dialect: Dialect, body_limit_bytes: int, model: StaticModel
) -> Starlette:
    """Build the application; see `es_hybrid.local.server.create_app`."""
    endpoints = _Endpoints(model, dialect=dialect, body_limit_bytes=body_limit_bytes)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        endpoints.close()

    return Starlette(
        routes=[
            Route("/health", endpoints.health),
            Route("/v1/models", endpoints.models),
            Route("/v1/embeddings", endpoints.embeddings, methods=["POST"]),
            *(Route(path, endpoints.rerank, methods=["POST"]) for path in _RERANK_PATHS),
        ],
        middleware=[Middleware(_RequireKey, api_key=api_key)] if api_key else [],
        exception_handlers={HTTPException: _not_here},
        lifespan=lifespan,
    )


class _Endpoints:
    """One method per path; what is done with a body is in `formats` and the models."""

    def __init__(self, model: StaticModel, *, dialect: Dialect, body_limit_bytes: int) -> None:
        self._embedder = WordLlamaEmbedder(model)
        self._reranker = LateInteractionReranker(model)
        self._dialect = dialect
        self._body_limit_bytes = body_limit_bytes
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="local-models")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def models(self, _: Request) -> Response:
        return JSONResponse(models_answer((self._embedder.model, self._reranker.model)))

    async def embeddings(self, request: Request) -> Response:
        return await self._answer(request, self._embed, wire=WireFormat.SGLANG)

    async def rerank(self, request: Request) -> Response:
        xinference = self._dialect is Dialect.XINFERENCE
        wire = WireFormat.XINFERENCE if xinference else WireFormat.VLLM
        return await self._answer(request, self._rerank, wire=wire)

    async def _answer(
        self, request: Request, work: Callable[[object], bytes], *, wire: WireFormat
    ) -> Response:
        """Read the body, do the work in a thread, and answer in the right words."""

        def parse_and_work(raw: bytes) -> bytes:
            try:
                body = orjson.loads(raw)
            except orjson.JSONDecodeError:
                raise WireError("the body is not JSON", wire=wire) from None
            return work(body)

        try:
            raw = await self._read(request, wire=wire)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._threads, parse_and_work, raw)
        except WireError as error:
            return JSONResponse(error_body(error), status_code=error.status)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        return Response(answer, media_type="application/json")

    async def _read(self, request: Request, *, wire: WireFormat) -> bytes:
        limit = self._body_limit_bytes
        parts: list[bytes] = []
        size = 0
        async for part in request.stream():
            size += len(part)
            if size <= limit:
                parts.append(part)
            else:  # read on, and keep nothing: a caller that still sends would not see the answer
                parts.clear()
        if size > limit:
            raise WireError(f"the body is larger than {limit} bytes", wire=wire, status=413)
        return b"".join(parts)

    def _embed(self, body: object) -> bytes:
        request = read_embeddings(body, model=self._embedder.model)
        vectors, tokens = self._embedder.embed_counted(request.texts)
        answer = embeddings_answer(
            vectors, request=request, model=self._embedder.model, tokens=tokens
        )
        return orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY)

    def _rerank(self, body: object) -> bytes:
        request = read_rerank(body, model=self._reranker.model, dialect=self._dialect)
        scores, tokens = self._reranker.rerank_counted(request.query, request.documents)
        answer = rerank_answer(
            scores,
            request=request,
            model=self._reranker.model,
            tokens=tokens,
            answer_id=uuid.uuid4().hex,
        )
        return orjson.dumps(answer)


class _RequireKey:
    """Answers 401 on every path but `/health`, as SGLang does, where the bearer key is not ours."""

    def __init__(self, app: ASGIApp, *, api_key: str) -> None:
        self._app = app
        self._expected = f"Bearer {api_key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/health" or self._allows(scope):
            await self._app(scope, receive, send)
            return
        refusal = JSONResponse({"error": "Unauthorized"}, status_code=401)
        await refusal(scope, receive, send)

    def _allows(self, scope: Scope) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(given, self._expected)


async def _not_here(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "Internal Server Error"
    return JSONResponse({"detail": detail}, status_code=status)
