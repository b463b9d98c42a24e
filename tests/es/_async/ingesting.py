"""What the tests of ingestion share: an embedder that counts, products, and a stored document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.ingest import AsyncIngestor
from es_hybrid.indexing.report import IngestReport
from es_hybrid.settings import IngestSettings, Settings
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import TextKind, Vectors

DIMS = 16


class AsyncCountingEmbedder:
    """Remembers the texts that it was asked for."""

    def __init__(self, model: str = "hash-16") -> None:
        self.model = model
        self.texts: list[str] = []
        self._inner = AsyncHashEmbedder(DIMS)

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        self.texts += [text for text in texts if text != "product"]
        return await self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


def ingestor(es: AsyncElasticsearch, embedder: Any = None, **limits: Any) -> AsyncIngestor:
    """Return what ingests in small chunks."""
    settings = Settings(ingest=IngestSettings(**{"batch": 10} | limits))
    return AsyncIngestor(es, settings=settings, embedder=embedder)


def products(count: int, **fields: Any) -> list[dict[str, Any]]:
    """Return different products."""
    return [
        {"id": f"p{n}", "title": f"shoe number {n}", "price": n, **fields} for n in range(count)
    ]


async def document(es: AsyncElasticsearch, index: str, product_id: str) -> dict[str, Any]:
    """Return a stored document with its vector, on any version."""
    hits = await es.search(
        index=index, query={"ids": {"values": [product_id]}}, fields=[{"field": "embedding"}]
    )
    (hit,) = hits["hits"]["hits"]
    source = {name: value for name, value in hit["_source"].items() if name != "embedding"}
    vector = hit.get("fields", {}).get("embedding")
    return source | ({"embedding": vector} if vector else {})


def numbers(report: IngestReport) -> tuple[int, int, int, int]:
    """Return read, indexed, unchanged and failed of a report whose numbers add up."""
    assert report.read == report.indexed + report.unchanged + report.stale + report.failed
    return report.read, report.indexed, report.unchanged, report.failed
