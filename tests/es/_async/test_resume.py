"""A run that was stopped goes on from its checkpoint: nothing is lost and nothing done twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid._async.admin import create_index
from es_hybrid.checkpoint import Checkpoint
from es_hybrid.errors import ConfigurationError, DeletesRefused, IngestError
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import BadRecord, FeedItem, Record
from es_hybrid.readers import read_ndjson
from tests.es._async.ingesting import AsyncCountingEmbedder, ingestor, numbers, products
from tests.support.bulk_proxy import BulkProxy

pytestmark = pytest.mark.es


@pytest.fixture
def feed_file(tmp_path: Path) -> Path:
    """A feed of 60 lines, every twentieth of which is broken."""
    lines = [json.dumps(product) for product in products(60)]
    lines[4::20] = ["{broken"] * 3
    path = tmp_path / "feed.ndjson"
    path.write_text("\n".join(lines) + "\n")
    return path


def rewrite(path: Path, lines: list[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))


def stored(report: IngestReport) -> tuple[int, int, int]:
    """Return read, stored and failed; what went out beside the request that failed is unchanged."""
    read, indexed, unchanged, failed = numbers(report)
    return read, indexed + unchanged, failed


def append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(f"{line}\n")


async def test_a_stopped_run_goes_on(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str, feed_file: Path
) -> None:
    """The second run reads on where the first stopped; report and dead letters are of both."""
    embedder = AsyncCountingEmbedder()
    await create_index(proxied, index_name, embedder=embedder)
    dead, place = feed_file.with_name("dead.ndjson"), feed_file.with_name("place")
    run = ingestor(proxied, embedder, concurrency=1, max_attempts=1)
    arguments: dict[str, Any] = {"dead_letter": dead}
    checkpoint = Checkpoint(place, sources=[feed_file])
    sent: list[int] = []

    def cut_the_fourth() -> None:
        sent.append(1)
        if len(sent) == 4:
            proxy.statuses.append(503)

    proxy.on_bulk = cut_the_fourth
    with pytest.raises(IngestError, match="run the same ingest again") as caught:
        await run.ingest(index_name, read_ndjson(feed_file), checkpoint=checkpoint, **arguments)
    first = caught.value.report
    held = json.loads(place.read_text())
    # Chunks that are ready go out in any order, so the fourth request may be of any of them.
    assert held["taken"] == first.read < 60
    assert not dead.exists(), "nothing is replaced by a run that failed"

    proxy.bulks.clear()
    checkpoint = Checkpoint(place, sources=[feed_file])
    report = await run.ingest(
        index_name, read_ndjson(feed_file), checkpoint=checkpoint, **arguments
    )
    assert stored(report) == (60, 57, 3)
    assert report.embedded + report.reused <= 57
    sent_again = {product_id for ids in proxy.bulks for product_id in ids}
    assert sent_again <= {f"p{n}" for n in range(first.read, 60)}
    letters = [json.loads(line)["dead_letter"]["line"] for line in dead.read_text().splitlines()]
    assert letters == [5, 25, 45]
    assert not place.exists()
    assert (await proxied.count(index=index_name))["count"] == 57


async def test_dead_letters_after_the_checkpoint_are_not_doubled(
    async_es: AsyncElasticsearch, index_name: str, feed_file: Path
) -> None:
    """What a killed run wrote after its last checkpoint is cut off, because it comes again."""
    await create_index(async_es, index_name)
    dead, place = feed_file.with_name("dead.ndjson"), feed_file.with_name("place")
    run = ingestor(async_es)

    def reading() -> Iterator[FeedItem]:
        for number, item in enumerate(read_ndjson(feed_file), start=1):
            if number == 45:
                raise RuntimeError("the disk went away")
            yield item

    checkpoint = Checkpoint(place, sources=[feed_file])
    with pytest.raises(RuntimeError):
        await run.ingest(index_name, reading(), checkpoint=checkpoint, dead_letter=dead)
    part = dead.with_name("dead.ndjson.part")
    append(part, '{"dead_letter": {"line": 45}, "raw": "{broken"}')
    checkpoint = Checkpoint(place, sources=[feed_file])
    report = await run.ingest(
        index_name, read_ndjson(feed_file), checkpoint=checkpoint, dead_letter=dead
    )
    assert numbers(report) == (60, 57, 0, 3)
    letters = [json.loads(line)["dead_letter"]["line"] for line in dead.read_text().splitlines()]
    assert letters == [5, 25, 45]


async def test_missing_products_are_deleted_by_the_run_that_ends(
    async_es: AsyncElasticsearch, index_name: str, feed_file: Path
) -> None:
    """Ids before the checkpoint count as in the feed, and refused deletes can be allowed later."""
    rewrite(feed_file, [json.dumps(product) for product in products(40)])
    await create_index(async_es, index_name)
    run = ingestor(async_es)
    await run.ingest(index_name, products(60))
    place = feed_file.with_name("place")

    def reading() -> Iterator[FeedItem]:
        for item in read_ndjson(feed_file):
            if isinstance(item, Record) and item.line == 25:
                raise RuntimeError("the disk went away")
            yield item

    checkpoint = Checkpoint(place, sources=[feed_file])
    with pytest.raises(RuntimeError):
        await run.ingest(index_name, reading(), checkpoint=checkpoint, delete_missing=True)
    await run.ingest(index_name, [{"id": "theirs", "title": "written while the run was stopped"}])
    for share in (0.1, 0.5):
        checkpoint = Checkpoint(place, sources=[feed_file])
        arguments = {"delete_missing": True, "max_delete_share": share}
        products_again = read_ndjson(feed_file)
        if share < 0.2:
            with pytest.raises(DeletesRefused, match="20 of 61 products"):
                await run.ingest(index_name, products_again, checkpoint=checkpoint, **arguments)  # type: ignore[arg-type]
            continue
        report = await run.ingest(index_name, products_again, checkpoint=checkpoint, **arguments)  # type: ignore[arg-type]
    assert (numbers(report), report.deleted) == ((40, 0, 40, 0), 20)
    assert await async_es.exists(index=index_name, id="theirs")
    assert (await async_es.count(index=index_name))["count"] == 41


async def test_a_checkpoint_of_another_feed_or_index_is_refused(
    async_es: AsyncElasticsearch, index_name: str, feed_file: Path
) -> None:
    """A run never goes on in the middle of something else; a file that has grown is the same."""
    index = await create_index(async_es, index_name)
    place = feed_file.with_name("place")
    run = ingestor(async_es)
    checkpoint = Checkpoint(place, sources=[feed_file])
    begun = checkpoint.begin(index)
    checkpoint.write(begun)
    append(feed_file, '{"id": "grown", "title": "boot"}')
    report = await run.ingest(
        index_name,
        read_ndjson(feed_file),
        checkpoint=Checkpoint(place, sources=[feed_file]),
    )
    assert report.read == 61

    checkpoint.write(begun)
    other = feed_file.with_name("other.ndjson")
    rewrite(other, [json.dumps(product) for product in products(60, brand="Fell")])
    wrong: list[tuple[list[Path], str]] = [
        ([other], "another file"),
        ([feed_file, other], "is of 1 files, this run reads 2"),
    ]
    for sources, words in wrong:
        with pytest.raises(ConfigurationError, match=words):
            await run.ingest(index_name, [], checkpoint=Checkpoint(place, sources=sources))
    await async_es.indices.delete(index=index)
    await create_index(async_es, index_name)
    with pytest.raises(ConfigurationError, match=f"is of {index}, this run writes to"):
        await run.ingest(index_name, [], checkpoint=Checkpoint(place, sources=[feed_file]))
    rewrite(place, ["[]"])
    with pytest.raises(ConfigurationError, match="is no checkpoint"):
        await run.ingest(index_name, [], checkpoint=Checkpoint(place, sources=[feed_file]))


async def test_a_failed_retry_leaves_the_dead_letters_as_they_were(
    proxied: AsyncElasticsearch, proxy: BulkProxy, index_name: str, tmp_path: Path
) -> None:
    """A file that is fed back into itself loses nothing when Elasticsearch goes away."""
    await create_index(proxied, index_name)
    dead = tmp_path / "dead.ndjson"
    run = ingestor(proxied, concurrency=1, max_attempts=1)
    feed: list[Any] = [{"id": f"p{n}", "price": "free"} for n in range(30)]
    await run.ingest(index_name, [*feed, BadRecord(31, "is not JSON", "{")], dead_letter=dead)
    before = dead.read_bytes()
    mended = before.replace(b'"price":"free"', b'"price":"5"', 20)
    dead.write_bytes(mended)
    proxy.statuses.extend([503])
    with pytest.raises(IngestError):
        await run.ingest(index_name, read_ndjson(dead), dead_letter=dead)
    assert dead.read_bytes() == mended
    report = await run.ingest(index_name, read_ndjson(dead), dead_letter=dead)
    assert stored(report) == (31, 20, 11)
    assert len(dead.read_text().splitlines()) == 11
