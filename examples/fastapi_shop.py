"""A shop's search page behind FastAPI: one client a process, health, errors, clicks.

pip install "es-hybrid[async]" fastapi uvicorn
export ES_HYBRID_ES_URL=http://localhost:9200         # or: make up, then `. .dev/env`
SHOP_INDEX=products uvicorn --app-dir examples fastapi_shop:app
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from elasticsearch import ApiError, AsyncElasticsearch, TransportError
from fastapi import Body, Depends, FastAPI, Query, Request, Response
from fastapi.responses import JSONResponse

from es_hybrid import AsyncHybridClient, RequestError, Settings

INDEX = os.environ.get("SHOP_INDEX", "products")
FIELDS = ["title^3", "description"]
PAGE = 24


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open both clients when a process begins to serve; close them when it ends."""
    settings = Settings()  # ES_HYBRID_*; what is wrong there ends the start
    address = settings.es_url or "http://localhost:9200"
    key = settings.es_api_key.get_secret_value() if settings.es_api_key else None
    async with (
        AsyncElasticsearch(address, api_key=key) as es,
        AsyncHybridClient(es, settings=settings) as shop,
    ):
        app.state.shop = shop
        yield


app = FastAPI(lifespan=lifespan)


def opened(request: Request) -> AsyncHybridClient:
    """Return the client of this process."""
    shop: AsyncHybridClient = request.app.state.shop
    return shop


Shop = Annotated[AsyncHybridClient, Depends(opened)]


@app.get("/search")
async def search(
    shop: Shop,
    q: Annotated[str, Query(min_length=1, max_length=200)],
    page: Annotated[int, Query(ge=1, le=40)] = 1,
) -> dict[str, Any]:
    """Return a page of products, and what a click on it needs to name."""
    found = await shop.search(
        index=INDEX,
        query={"multi_match": {"query": q, "fields": FIELDS}},
        from_=(page - 1) * PAGE,
        size=PAGE,
    )
    return {
        "query_id": found.hybrid.query_id,
        "total": found.total,
        "degraded": [f"{lack.stage}: {lack.reason}" for lack in found.hybrid.degraded],
        "products": [{"id": hit.id, **hit.source} for hit in found.hits],
    }


@app.post("/clicks", status_code=202)
async def click(
    shop: Shop,
    query_id: Annotated[str, Body()],
    product: Annotated[str, Body()],
    position: Annotated[int, Body()],
) -> None:
    """Log that a product was opened; nobody waits until it is written."""
    await shop.log_event("click", query_id=query_id, object_id=product, position=position)


@app.get("/health")
async def health() -> None:
    """Say that the process answers."""


@app.get("/ready")
async def ready(shop: Shop) -> Response:
    """Say whether searches can be answered: a model server that is away keeps nobody waiting."""
    return Response(status_code=200 if await shop.options(request_timeout=1).ping() else 503)


@app.exception_handler(RequestError)
async def wrong(_request: Request, error: RequestError) -> Response:
    """What was asked for cannot be; the message names the place and quotes nobody."""
    return JSONResponse({"error": str(error)}, status_code=400)


@app.exception_handler(ApiError)
@app.exception_handler(TransportError)
async def away(_request: Request, _error: Exception) -> Response:
    """Elasticsearch refused or is away; its words are for the log, not for shoppers."""
    return JSONResponse({"error": "the search is not available"}, status_code=503)
