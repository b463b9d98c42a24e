"""A shop's program with logs, traces and metrics switched on; prints as JSON all that left it.

    python -m tests.support.observed_run ES_URL INDEX FLAVOUR EMBED_URL RERANK_URL BAD_EMBED_URL BAD_RERANK_URL

A process of its own, because an OpenTelemetry provider is the whole process's and stays.
"""

from __future__ import annotations

import argparse
import asyncio
import inspect
import json
import logging
from typing import Any

from elasticsearch import AsyncElasticsearch, Elasticsearch
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from es_hybrid import AsyncHybridClient, HybridClient, SearchDone, Settings
from es_hybrid.prometheus import exposition

CANARY = "canaryword"
KEY = "canarykey"
QUERY = {"match": {"title": f"{CANARY} trail shoe"}}
PRODUCTS = [
    {"id": "p1", "title": f"{CANARY} trail shoe", "description": f"{CANARY} light. " * 60},
    {"id": "p2", "title": "road shoe", "price": 9.5},
]


class Records(logging.Handler):
    """Keeps whatever a log handler would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message and every field."""
        self.seen.append(f"{record.getMessage()} {vars(record)!r}")


class Events:
    """Keeps what the metrics hook is told."""

    def __init__(self) -> None:
        self.seen: list[SearchDone] = []

    def search_done(self, event: SearchDone) -> None:
        """Keep it."""
        self.seen.append(event)


def settings_of(embed_url: str, rerank_url: str) -> Settings:
    """Return settings whose keys are marked."""
    return Settings(
        embed={
            "base_url": embed_url,
            "model": "fake-model",
            "api_key": f"{KEY}-embed",
            "timeout_s": 20.0,
            "max_tokens": 32,
        },
        rerank={
            "url": rerank_url,
            "model": "fake-model",
            "api_key": f"{KEY}-rerank",
            "timeout_s": 20.0,
            "max_tokens": 32,
        },
        search={"budget_s": 60.0},
        cache={"results_ttl_s": 60.0},
    )


async def call(found: Any) -> Any:
    """Return what a method of either flavour returns."""
    return await found if inspect.isawaitable(found) else found


async def visit(shop: Any, index: str) -> None:
    """Ingest, search, search again, pass a search through, and search many."""
    await call(shop.create_index(index))
    await call(shop.ingest(index, PRODUCTS))
    for _ in range(2):
        await call(shop.search(index=index, query=QUERY))
    await call(shop.search(index=index, query=QUERY, sort=["_doc"]))
    await call(shop.msearch(index=index, searches=[{}, {"query": QUERY}, {}, {"query": QUERY}]))


def told(span: ReadableSpan) -> dict[str, Any]:
    """Return all that an exporter sends of a span."""
    return {
        "name": span.name,
        "id": span.context.span_id if span.context else 0,
        "parent": span.parent.span_id if span.parent else None,
        "attributes": dict(span.attributes or {}),
        "events": [f"{event.name} {dict(event.attributes or {})!r}" for event in span.events],
        "status": f"{span.status.status_code.name} {span.status.description}",
    }


async def main(args: argparse.Namespace) -> None:
    """Run once and print."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    records, events = Records(), Events()
    logging.basicConfig(level=logging.INFO, handlers=[records])
    logging.getLogger("es_hybrid").setLevel(logging.DEBUG)
    es, client = (Elasticsearch, HybridClient)
    if args.flavour == "async":
        es, client = (AsyncElasticsearch, AsyncHybridClient)  # type: ignore[assignment]
    plain = es(args.es_url, api_key=f"{KEY}-es", request_timeout=60)
    shop = client(plain, settings=settings_of(args.embed, args.rerank), hook=events)
    failing = client(plain, settings=settings_of(args.bad_embed, args.bad_rerank), hook=events)
    await visit(shop, args.index)
    await call(failing.search(index=args.index, query=QUERY))
    for each in (shop, failing, plain):
        await call(each.close())
    out = {
        "spans": [told(span) for span in exporter.get_finished_spans()],
        "logs": records.seen,
        "metrics": exposition(shop)[0].decode(),
        "failing": exposition(failing)[0].decode(),
        "events": [repr(event) for event in events.seen],
    }
    print(json.dumps(out, default=str))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    names = ("es_url", "index", "flavour", "embed", "rerank", "bad_embed", "bad_rerank")
    for name in names:
        parser.add_argument(name)
    asyncio.run(main(parser.parse_args()))
