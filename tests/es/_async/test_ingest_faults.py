"""A busy node, a failing embedder and broken connections cost time, not products."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid._async.ingest import AsyncIngestor
from es_hybrid.errors import EmbeddingError, IngestError
from es_hybrid.indexing.report import IngestReport
from es_hybrid.settings import EmbedSettings, IngestSettings, Settings
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import TextKind, Vectors
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es

DIMS = 16


class AsyncFaultyEmbedder:
    """Fails as a test says: `fail` gets the texts of a call and raises or passes."""

    model = "hash-16"

    def __init__(self, fail: Callable[[Sequence[str]], None]) -> None:
        self._fail = fail
        self._inner = AsyncHashEmbedder(DIMS)
        self.calls = 0

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        self.calls += 1
        self._fail(texts)
        return await self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


def ingestor(es: AsyncElasticsearch, embedder: Any = None, **limits: Any) -> AsyncIngestor:
    settings = Settings(
        ingest=IngestSettings(**{"batch": 10, "max_attempts": 4} | limits),
        embed=EmbedSettings(batch=8),
    )
    return AsyncIngestor(es, settings=settings, embedder=embedder)


def products(count: int) -> list[dict[str, Any]]:
    return [{"id": f"p{n}", "title": f"shoe number {n}"} for n in range(count)]


def numbers(report: IngestReport) -> tuple[int, int, int, int]:
    assert report.read == report.indexed + report.unchanged + report.stale + report.failed
    return report.read, report.indexed, report.unchanged, report.failed


async def count_vectors(es: AsyncElasticsearch, index: str) -> int:
    found = await es.count(index=index, query={"exists": {"field": "embedding"}})
    return int(found["count"])


async def test_rejected_items_are_sent_again_alone(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """Of a request with busy items, only these go again, until they are stored."""
    await create_index(proxied, index_name)
    proxy.reject = lambda product, before: 429 if product in ("p3", "p7") and before < 2 else None
    report = await ingestor(proxied).ingest(index_name, products(10))
    assert numbers(report) == (10, 10, 0, 0)
    assert proxy.bulks[1:] == [["p3", "p7"], ["p3", "p7"]]
    assert (await proxied.count(index=index_name))["count"] == 10


async def test_items_that_stay_rejected_are_failures(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """When the tries are over, the busy items are reported, the others are stored."""
    await create_index(proxied, index_name)
    proxy.reject = lambda product, _before: 429 if product == "p3" else None
    report = await ingestor(proxied).ingest(index_name, products(10))
    assert numbers(report) == (10, 9, 0, 1)
    assert (report.failures[0].id, report.failures[0].reason) == ("p3", "429 told_to: busy")
    assert proxy.tries["p3"] == 4
    proxy.reject = lambda _product, _before: None
    report = await ingestor(proxied).ingest(index_name, products(10))
    assert numbers(report) == (10, 1, 9, 0)


async def test_items_refused_for_good_are_not_sent_again(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """A mapping error is not retried."""
    await create_index(proxied, index_name)
    proxy.reject = lambda product, _before: 400 if product == "p3" else None
    report = await ingestor(proxied).ingest(index_name, products(10))
    assert numbers(report) == (10, 9, 0, 1)
    assert proxy.tries["p3"] == 1


@pytest.mark.parametrize("status", [429, 503, 502, 0])
async def test_a_failed_request_is_sent_again_whole(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str, status: int
) -> None:
    """A busy node or a cut connection is tried again; ids make a repetition harmless."""
    await create_index(proxied, index_name)
    proxy.statuses.extend([status, status])
    report = await ingestor(proxied, concurrency=1).ingest(index_name, products(10))
    assert numbers(report) == (10, 10, 0, 0)
    assert len(proxy.bulks) == 3


async def test_a_request_that_is_too_large_is_halved(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """A server's own limit on a request is respected without knowing it."""
    await create_index(proxied, index_name)
    proxy.statuses.extend([413, 413])
    report = await ingestor(proxied, concurrency=1).ingest(index_name, products(8))
    assert numbers(report) == (8, 8, 0, 0)
    assert [len(ids) for ids in proxy.bulks] == [8, 4, 2, 2, 4]


async def test_the_servers_limit_is_met_once(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """After the first refusals every request is small enough, and all products are stored."""
    await create_index(proxied, index_name)
    proxy.most_bytes = 3000
    report = await ingestor(proxied, concurrency=1, batch=50).ingest(index_name, products(1000))
    assert numbers(report) == (1000, 1000, 0, 0)
    numbers_refused = [number for number, _ in proxy.refused]
    assert 0 < max(numbers_refused) < len(proxy.bulks) / 2


async def test_a_server_that_takes_few_requests_at_once_gets_few(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """A full queue is met with fewer requests at once: nothing is lost, little is refused."""
    await create_index(proxied, index_name)
    proxy.most_at_once = 2
    report = await ingestor(proxied, concurrency=8).ingest(index_name, products(1000))
    assert numbers(report) == (1000, 1000, 0, 0)
    assert {status for _, status in proxy.refused} == {429}
    assert len(proxy.refused) < len(proxy.bulks) / 3


async def test_a_node_that_stays_away_ends_the_run_with_its_report(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """What was counted as stored until then is stored, and the same run can be repeated."""
    await create_index(proxied, index_name)
    proxy.statuses.extend([0] * 50)
    with pytest.raises(IngestError, match="run the same ingest again") as caught:
        await ingestor(proxied, concurrency=1, max_attempts=2).ingest(index_name, products(30))
    assert numbers(caught.value.report)[1] == 0
    proxy.statuses.clear()
    report = await ingestor(proxied).ingest(index_name, products(30))
    assert numbers(report) == (30, 30, 0, 0)


async def test_an_alias_that_disappears_does_not_become_an_index(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str
) -> None:
    """Products never end up in an index that Elasticsearch made up on the way."""
    name = await create_index(proxied, index_name)

    def remove_alias(_product: str, _before: int) -> None:
        proxy.pass_on("DELETE", f"/{name}/_alias/{index_name}", b"", {})

    proxy.reject = remove_alias
    report = await ingestor(proxied).ingest(index_name, products(10))
    assert numbers(report) == (10, 0, 0, 10)
    assert report.failures[0].reason.startswith("404 index_not_found_exception")
    assert not await proxied.indices.exists(index=index_name)


async def test_one_bad_text_does_not_fail_its_neighbours(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The text that the server refuses is stored without a vector; all others have theirs."""

    def fail(texts: Sequence[str]) -> None:
        if "shoe number 13" in texts:
            raise EmbeddingError("input too long", service="embed", status=400)

    embedder = AsyncFaultyEmbedder(fail)
    await create_index(async_es, index_name, embedder=embedder)
    report = await ingestor(async_es, embedder).ingest(index_name, products(30))
    assert numbers(report) == (30, 30, 0, 0)
    assert (report.without_vector, report.embedded) == (1, 29)
    assert report.warnings == (
        "1 product: the embedder refuses the text; found by words only (first: p13)",
    )
    assert await count_vectors(async_es, index_name) == 29


async def test_an_embedder_that_is_down_costs_vectors_not_products(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Products are stored, the server is left alone, and a later run adds the vectors."""
    working = AsyncFaultyEmbedder(lambda _texts: None)
    await create_index(async_es, index_name, embedder=working)

    def fail(_texts: Sequence[str]) -> None:
        raise EmbeddingError("no connection to http://embed", service="embed", retryable=True)

    down = AsyncFaultyEmbedder(fail)
    report = await ingestor(async_es, down).ingest(index_name, products(50))
    assert (numbers(report), report.without_vector) == ((50, 50, 0, 0), 50)
    assert report.warnings[0] == "the embedder failed: no connection to http://embed"
    assert "50 products: no vector" in report.warnings[1]
    assert down.calls < 10
    report = await ingestor(async_es, working).ingest(index_name, products(50))
    assert (numbers(report), report.without_vector) == ((50, 50, 0, 0), 0)
    assert await count_vectors(async_es, index_name) == 50


async def test_an_embedder_that_goes_down_in_the_middle(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """What was embedded before is kept, what came after is added by the next run alone."""
    working = AsyncFaultyEmbedder(lambda _texts: None)
    await create_index(async_es, index_name, embedder=working)
    calls: list[int] = []

    def fail(texts: Sequence[str]) -> None:
        calls.append(len(texts))
        if len(calls) > 4:
            raise TimeoutError

    report = await ingestor(async_es, AsyncFaultyEmbedder(fail)).ingest(index_name, products(60))
    made = report.embedded
    assert numbers(report) == (60, 60, 0, 0)
    assert 0 < made < 60
    assert report.without_vector == 60 - made
    report = await ingestor(async_es, working).ingest(index_name, products(60))
    assert (report.embedded, report.unchanged, report.indexed) == (60 - made, made, 60 - made)


async def test_an_answer_that_breaks_the_contract_is_never_stored(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Vectors of the wrong length, too few of them, NaN or zero reach no product."""

    class AsyncBrokenEmbedder:
        model = "hash-16"

        def __init__(self, answer: Callable[[int], Any]) -> None:
            self.answer = answer

        async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Any:
            if texts == ["product"]:
                return np.ones((1, DIMS), dtype=np.float32)
            return self.answer(len(texts))

    await create_index(async_es, index_name, dims=DIMS, model="hash-16")
    answers: list[Callable[[int], Any]] = [
        lambda n: np.ones((n, DIMS + 1), dtype=np.float32),
        lambda n: np.ones((n + 1, DIMS), dtype=np.float32),
        lambda n: np.full((n, DIMS), np.nan, dtype=np.float32),
        lambda n: np.zeros((n, DIMS), dtype=np.float32),
    ]
    for answer in answers:
        run = ingestor(async_es, AsyncBrokenEmbedder(answer))
        report = await run.ingest(index_name, products(20))
        assert report.read == 20
        assert (report.failed, report.without_vector, report.embedded) == (0, 20, 0)
    assert await count_vectors(async_es, index_name) == 0


async def test_a_feed_that_fails_ends_the_run_with_its_own_exception(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A broken source is the caller's to see; the same feed can be ingested again."""
    await create_index(async_es, index_name)

    def feed() -> Iterator[dict[str, Any]]:
        yield from products(25)
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="the database went away"):
        await ingestor(async_es).ingest(index_name, feed())
    report = await ingestor(async_es).ingest(index_name, products(25))
    assert numbers(report)[0] == 25
