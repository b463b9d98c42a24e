"""Changes of a real PostgreSQL, of another index and of a growing file arrive, once and for good."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, EmbeddingError, HybridError
from es_hybrid.follow import (
    AsyncFileChanges,
    AsyncFileState,
    AsyncIndexChanges,
    AsyncIndexState,
    AsyncSqlChanges,
    AsyncStop,
)
from es_hybrid.settings import Settings
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import TextKind, Vectors
from tests.support.bulk_proxy import BulkProxy, bulk_proxy
from tests.support.postgres_servers import PostgresServer

pytestmark = pytest.mark.es

TABLE = (
    "CREATE TABLE products (id text PRIMARY KEY, title text, price numeric, deleted_at timestamptz,"
    " updated_at timestamptz DEFAULT clock_timestamp())"
)


async def stored(es: AsyncElasticsearch, index: str) -> dict[str, Any]:
    """Return the price of each product, by id."""
    await es.indices.refresh(index=index)
    answer = await es.search(index=index, size=1000, query={"match_all": {}})
    return {hit["_id"]: hit["_source"].get("price") for hit in answer["hits"]["hits"]}


def insert(sql: psycopg.Connection, *ids: str, price: float = 9.5) -> None:
    rows = [(key, f"shoe {key}", price) for key in ids]
    sql.cursor().executemany("INSERT INTO products (id, title, price) VALUES (%s, %s, %s)", rows)


class AsyncMoodyEmbedder:
    """Embeds unless it is down."""

    model = "hash-16"

    def __init__(self) -> None:
        self.down = False
        self._inner = AsyncHashEmbedder(dims=16)

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        if self.down:
            raise EmbeddingError("no connection", service="embed", retryable=True)
        return await self._inner.embed(texts, kind=kind, timeout_s=timeout_s)


@pytest.fixture
async def proxied(es_url: str) -> AsyncIterator[tuple[AsyncElasticsearch, BulkProxy]]:
    """A client behind a proxy that can turn requests away."""
    with bulk_proxy(es_url) as proxy:
        async with AsyncElasticsearch(proxy.url, request_timeout=30) as client:
            yield client, proxy


async def test_a_table_is_followed(
    async_es: AsyncElasticsearch,
    async_open_shop: Callable[..., AsyncHybridClient],
    index_name: str,
    postgres: PostgresServer,
    sql: psycopg.Connection,
    tmp_path: Path,
) -> None:
    """First everything, then what changed: new, updated, deleted, come back, committed late."""
    sql.execute(TABLE)
    insert(sql, *(f"p{n}" for n in range(25)))
    shop = async_open_shop()
    await shop.create_index(index_name)

    async def follow() -> Any:
        return await shop.follow(
            index_name,
            AsyncSqlChanges(postgres.url, table="products", limit=10),
            state=tmp_path / "state.json",
            deleted_field="deleted_at",
            once=True,
        )

    report = await follow()
    assert (report.read, report.written, report.chunks) == (25, 25, 3)
    with postgres.connect() as other:
        other.autocommit = False
        other.execute("INSERT INTO products VALUES ('late', 'shoe', 1, NULL, clock_timestamp())")
        insert(sql, "new")
        sql.execute("UPDATE products SET price=7, updated_at=clock_timestamp() WHERE id='p3'")
        sql.execute(
            "UPDATE products SET deleted_at=now(), updated_at=clock_timestamp() WHERE id='p4'"
        )
        report = await follow()
        assert (report.written, report.deleted, report.failed) == (2, 1, 0)
        other.commit()
    sql.execute("UPDATE products SET deleted_at=NULL, updated_at=clock_timestamp() WHERE id = 'p4'")
    report = await follow()
    assert (report.written, report.deleted) == (2, 0)
    counted = shop.metrics.ingests[index_name]
    assert (counted.records["indexed"], counted.records["deleted"]) == (29, 1)
    assert (counted.lag_s(time.time()) or 1e9) < 3600.0
    found = await stored(async_es, index_name)
    assert len(found) == 27
    assert (found["p3"], found["late"], found["p4"]) == (7, 1, 9.5)
    kept = json.loads((tmp_path / "state.json").read_text())
    assert "secret" not in json.dumps(kept)


async def test_another_index_is_followed(
    async_es: AsyncElasticsearch,
    async_open_shop: Callable[..., AsyncHybridClient],
    index_name: str,
) -> None:
    """Documents that change are written again; the position is in a document of an index."""
    source = f"{index_name}-erp"
    properties = {"updated_at": {"type": "date"}, "id": {"type": "keyword"}}
    await async_es.indices.create(index=source, mappings={"properties": properties})
    for number in range(5):
        document = {
            "id": f"p{number}",
            "title": "tent",
            "price": number,
            "updated_at": f"2026-01-01T00:00:0{number // 2}.500Z",
        }
        await async_es.index(index=source, document=document, refresh=True)
    shop = async_open_shop()
    await shop.create_index(index_name)

    async def follow() -> Any:
        return await shop.follow(
            index_name,
            AsyncIndexChanges(async_es, source, limit=2),
            state=AsyncIndexState(async_es, f"{index_name}-state", "erp"),
            once=True,
        )

    assert (await follow()).written == 5
    change = {"id": "p1", "title": "tent", "price": 99, "updated_at": "2026-01-02T00:00:00Z"}
    await async_es.index(index=source, document=change, refresh=True)
    report = await follow()
    assert report.written == 1
    assert (await stored(async_es, index_name))["p1"] == 99
    with pytest.raises(ConfigurationError, match="of another source"):
        await shop.follow(
            index_name,
            AsyncFileChanges("other.ndjson"),
            state=AsyncIndexState(async_es, f"{index_name}-state", "erp"),
            once=True,
        )


@pytest.mark.parametrize("field", [{"version": "price"}, {"id_field": "title"}])
async def test_a_field_that_cannot_be_followed_is_refused(
    async_open_shop: Callable[..., AsyncHybridClient],
    async_es: AsyncElasticsearch,
    products_index: str,
    index_name: str,
    tmp_path: Path,
    field: dict[str, str],
) -> None:
    """A number is no time of change and a text has no order; both are said before anything."""
    shop = async_open_shop()
    await shop.create_index(index_name)
    options = {"version": "created", **field}
    with pytest.raises(ConfigurationError, match=f"{products_index} has no"):
        await shop.follow(
            index_name,
            AsyncIndexChanges(async_es, products_index, **options),
            state=tmp_path / "s.json",
            once=True,
        )


async def test_an_elasticsearch_that_is_away_is_waited_for(
    proxied: tuple[AsyncElasticsearch, BulkProxy], index_name: str, tmp_path: Path
) -> None:
    """Requests that fail for now, whole or in part, are tried again until they are stored."""
    es, proxy = proxied
    settings = Settings(ingest={"max_attempts": 1})
    log = tmp_path / "log.ndjson"
    log.write_text("".join(f'{{"id": "p{n}", "price": {n}}}\n' for n in range(20)))
    stop = AsyncStop()
    events: list[tuple[str, Any]] = []

    proxy.reject = lambda product, before: 429 if product == "p7" and before < 2 else None
    proxy.statuses.append(503)

    def on_event(name: str, fields: Any) -> None:
        events.append((name, fields))
        if name == "follow.chunk":
            stop.ask()

    async with AsyncHybridClient(es, settings=settings) as shop:
        await shop.create_index(index_name)
        report = await shop.follow(
            index_name,
            AsyncFileChanges(log),
            state=tmp_path / "state.json",
            dead_letter=tmp_path / "dead.ndjson",
            stop=stop,
            on_event=on_event,
        )
    assert (report.read, report.written + report.unchanged, report.failed) == (20, 20, 0)
    assert [name for name, _ in events] == ["follow.waiting", "follow.waiting", "follow.chunk"]
    assert not (tmp_path / "dead.ndjson").exists()
    assert len(await stored(es, index_name)) == 20


async def test_what_cannot_be_stored_is_kept(
    async_open_shop: Callable[..., AsyncHybridClient], index_name: str, tmp_path: Path
) -> None:
    """A bad line and a bad product stop nothing; both are in the dead-letter file, run after run."""
    log, dead = tmp_path / "log.ndjson", tmp_path / "dead.ndjson"
    shop = async_open_shop()
    await shop.create_index(index_name)
    state = tmp_path / "state.json"
    log.write_text('{"id": 1}\n{oops\n{"id": 2, "price": "cheap"}\n')
    options: dict[str, Any] = {"state": state, "dead_letter": dead, "once": True}
    report = await shop.follow(index_name, AsyncFileChanges(log), **options)
    assert (report.read, report.written, report.failed) == (3, 1, 2)
    with log.open("a") as file:
        file.write("{worse\n")
    assert (await shop.follow(index_name, AsyncFileChanges(log), **options)).failed == 1
    letters = [json.loads(line)["dead_letter"]["line"] for line in dead.read_text().splitlines()]
    assert letters == [2, 3, 4]
    assert not (tmp_path / "dead.ndjson.chunk").exists()


async def test_products_without_their_vector_come_again(
    async_es: AsyncElasticsearch,
    async_open_shop: Callable[..., AsyncHybridClient],
    index_name: str,
    postgres: PostgresServer,
    sql: psycopg.Connection,
    tmp_path: Path,
) -> None:
    """While the embedder is down products are found by words; later they get their vectors."""
    sql.execute(TABLE)
    insert(sql, "a", "b")
    embedder = AsyncMoodyEmbedder()
    shop = async_open_shop(embedder=embedder)
    await shop.create_index(index_name)
    embedder.down = True

    async def follow() -> Any:
        changes = AsyncSqlChanges(postgres.url, table="products", overlap_s=0.01)
        return await shop.follow(index_name, changes, state=tmp_path / "state.json", once=True)

    await follow()
    await follow()
    assert len(await stored(async_es, index_name)) == 2
    embedder.down = False
    await follow()
    await async_es.indices.refresh(index=index_name)
    found = await async_es.count(index=index_name, query={"exists": {"field": "embedding"}})
    assert found["count"] == 2


async def test_two_followers_of_one_state_are_noticed(
    async_es: AsyncElasticsearch, index_name: str, tmp_path: Path
) -> None:
    """The second one is refused, by the file's lock or by the document's version."""
    first, second = AsyncFileState(tmp_path / "s.json"), AsyncFileState(tmp_path / "s.json")
    assert await first.load() is None
    await first.save({"source": "x", "position": {}})
    with pytest.raises(HybridError, match="another process follows"):
        await second.load()
    await first.aclose()
    assert await second.load() == {"source": "x", "position": {}}
    await second.aclose()
    one = AsyncIndexState(async_es, f"{index_name}-state", "x")
    two = AsyncIndexState(async_es, f"{index_name}-state", "x")
    assert (await one.load(), await two.load()) == (None, None)
    await one.save({"n": 1})
    with pytest.raises(HybridError, match="another process follows"):
        await two.save({"n": 2})
    assert await two.load() == {"n": 1}
    await two.save({"n": 3})
