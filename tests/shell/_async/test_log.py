"""The log beside the searches: files, a full queue, a failing disk, a hanging one, closing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, RequestError, Settings
from es_hybrid._async.log_writer import AsyncLogWriter, LogRecord
from es_hybrid._stop import AsyncStop
from es_hybrid.logs import LogStats, Stream, read_files
from es_hybrid.settings import LogSettings
from es_hybrid.types import Json

CANARY = "zyxquery canary"
SHOPPER = "zyxshopper-4711"
SALT = "a salt that nobody guesses"
ANSWER = {"took": 7, "hits": {"total": {"value": 2}, "hits": [{"_id": "a", "_score": 2.0}]}}
TOLD = {
    "user": SHOPPER,
    "client": f"{SHOPPER}-c",
    "session": f"{SHOPPER}-s",
    "experiment": {"name": "trial", "variant": "b"},
}


class Sink:
    """Keeps what it is given, and fails or hangs when told to."""

    def __init__(self) -> None:
        self.batches: list[list[Json]] = []
        self.failing = False
        self.hanging = False
        self.is_asked = AsyncStop()
        self.may_go_on = AsyncStop()

    async def write(self, records: Sequence[tuple[Stream, Json]]) -> Sequence[str]:
        self.is_asked.ask()
        if self.hanging:
            await self.may_go_on.wait(timeout_s=60.0)
        if self.failing:
            raise OSError("no space left")
        self.batches.append([record for _, record in records])
        return []

    async def aclose(self) -> None:
        self.may_go_on.ask()


def settings_of(**options: Any) -> LogSettings:
    usual = {"to": "files", "directory": ".", "every_s": 0.0, "close_s": 30.0}
    return LogSettings.model_validate({**usual, **options})


def event(number: int) -> LogRecord:
    return LogRecord(Stream.EVENTS, lambda: {"number": number})


def shop_of(directory: Path, **options: Any) -> AsyncHybridClient:
    """Return a client that logs to files; its Elasticsearch is not asked for anything."""
    log = settings_of(directory=directory, **options)
    return AsyncHybridClient(AsyncElasticsearch("http://localhost:9"), settings=Settings(log=log))


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())


async def log_all(shop: AsyncHybridClient) -> str | None:
    """Log a search and all kinds of events, each with the canaries wherever words may stand."""
    query_id = await shop.log_search(ANSWER, text=CANARY, log=TOLD)
    who = {"user": SHOPPER, "client": f"{SHOPPER}-c", "session": f"{SHOPPER}-s"}
    await shop.log_event("click", query_id=query_id, object_id="a", position=1, **who)
    await shop.log_events(
        [
            {
                "action_name": "purchase",
                "message": CANARY,
                "user_id": SHOPPER,
                "session_id": f"{SHOPPER}-s",
                "event_attributes": {
                    "object": {"object_id": 12, "title": CANARY},
                    "comment": CANARY,
                    "revenue": 19.5,
                },
            }
        ]
    )
    await shop.close()
    await shop.es.close()
    return query_id


async def test_nothing_is_logged_unless_asked_for(tmp_path: Path) -> None:
    """With the default settings no call writes a thing, and says so."""
    es = AsyncElasticsearch("http://localhost:9")
    async with es, AsyncHybridClient(es, settings=Settings()) as shop:
        assert await shop.log_search(ANSWER, text=CANARY) is None
        assert not await shop.log_event("click", object_id="a")
        report = await shop.log_events([{"action_name": "click"}])
        assert (report.taken, report.dropped) == (0, 1)
        assert shop.log_stats == LogStats()


@pytest.mark.parametrize("keeping", ["drop", "hash"])
async def test_words_and_ids_never_reach_the_log(
    tmp_path: Path, keeping: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Dropped, which is the default, or hashed: no file, no event and no repr holds them."""
    caplog.set_level(logging.DEBUG)
    told = {} if keeping == "drop" else {"text": "hash", "ids": "hash", "salt": SALT}
    shop = shop_of(tmp_path, **told)
    query_id = await log_all(shop)
    assert shop.log_stats == LogStats(written=3)
    content = "".join(file.read_text() for file in files_in(tmp_path))
    for words in (CANARY, "zyx", SALT):
        assert words not in content + caplog.text + repr(shop.settings) + repr(shop.log_stats)
    search, click, purchase = sorted(read_files(tmp_path), key=lambda r: r.get("action_name", ""))
    assert search["query_id"] == click["query_id"] == query_id
    assert purchase["event_attributes"] == {"object": {"object_id": "12"}, "revenue": 19.5}
    if keeping == "drop":
        assert (search["user_query"], search.keys() & {"user_id", "session_id"}) == ("", set())
        return
    assert search["user_id"] == purchase["user_id"] != click["client_id"]
    assert search["session_id"] == click["session_id"] == purchase["session_id"]
    assert len(search["user_query"]) == 32


async def test_hashes_of_two_shops_cannot_be_compared(tmp_path: Path) -> None:
    """The same words and the same shopper have other hashes under another salt."""
    seen: list[Json] = []
    for salt in (SALT, SALT[::-1]):
        directory = tmp_path / salt[0]
        await log_all(shop_of(directory, text="hash", ids="hash", salt=salt))
        seen += [record for record in read_files(directory) if "user_query" in record]
    one, other = seen
    assert one["user_query"] != other["user_query"]
    assert one["user_id"] != other["user_id"]


@pytest.mark.parametrize("salt", [None, "short"])
def test_a_hash_needs_a_salt(salt: str | None) -> None:
    """A hash that can be guessed back is refused at the start."""
    with pytest.raises(ConfigurationError, match="LOG__SALT"):
        Settings(log={"to": "files", "directory": ".", "text": "hash", "salt": salt})


async def test_what_was_told_is_kept_where_a_shop_says_so(tmp_path: Path) -> None:
    """`keep` logs words and ids as they are, with experiment, variant and positions."""
    await log_all(shop_of(tmp_path, text="keep", ids="keep", application="web"))
    search = next(record for record in read_files(tmp_path) if "user_query" in record)
    assert (search["user_query"], search["user_id"], search["application"]) == (
        CANARY,
        SHOPPER,
        "web",
    )
    told = search["query_attributes"]
    assert (told["experiment"], told["variant"], told["took_ms"]) == ("trial", "b", 7.0)
    assert told["shown"] == [{"object_id": "a", "position": 1, "score": 2.0}]


async def test_a_full_queue_drops_and_counts() -> None:
    """What finds no room is dropped at once; what waits is written when the sink goes on."""
    sink = Sink()
    sink.hanging = True
    writer = AsyncLogWriter(sink, settings_of(waiting=3, batch=1))
    assert writer.put(event(0))
    assert await sink.is_asked.wait(timeout_s=30.0)
    assert [writer.put(event(n)) for n in range(1, 6)] == [True, True, True, False, False]
    assert writer.stats == LogStats(dropped=2, waiting=4)
    sink.hanging = False
    sink.may_go_on.ask()
    assert await writer.flush(timeout_s=30.0)
    assert writer.stats == LogStats(written=4, dropped=2)
    await writer.aclose()


async def test_a_failing_sink_is_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """Each record that is lost counts; the log says when it begins and when it is over."""
    sink = Sink()
    writer = AsyncLogWriter(sink, settings_of(batch=1))
    caplog.set_level(logging.INFO, "es_hybrid.log")
    for failing in (True, True, False):
        sink.failing = failing
        writer.put(event(1))
        assert await writer.flush(timeout_s=30.0)
    assert writer.stats == LogStats(written=1, failed=2)
    assert [record.message for record in caplog.records] == [
        "log.write_failed",
        "log.write_recovered",
    ]
    await writer.aclose()


async def test_a_record_that_cannot_be_made_spoils_no_other() -> None:
    """A fault in one record is counted, and the rest of its batch is written."""
    sink = Sink()
    writer = AsyncLogWriter(sink, settings_of(every_s=60.0))
    writer.put(event(1))
    writer.put(LogRecord(Stream.EVENTS, lambda: {"bad": 1 / 0}))
    writer.put(event(2))
    await writer.aclose()
    assert sink.batches == [[{"number": 1}, {"number": 2}]]
    assert writer.stats == LogStats(written=2, failed=1)


async def test_closing_writes_what_waits() -> None:
    """Nothing that was gathered is lost when the client closes, and nothing is taken after."""
    sink = Sink()
    writer = AsyncLogWriter(sink, settings_of(every_s=60.0))
    for number in range(5):
        writer.put(event(number))
    await writer.aclose()
    assert [len(batch) for batch in sink.batches] == [5]
    assert not writer.put(event(9))
    assert writer.stats == LogStats(written=5, dropped=1)


async def test_closing_does_not_wait_for_a_sink_that_hangs() -> None:
    """After its seconds the client closes; what was not written is counted."""
    sink = Sink()
    sink.hanging = True
    writer = AsyncLogWriter(sink, settings_of(batch=1, close_s=0.0))
    writer.put(event(1))
    assert await sink.is_asked.wait(timeout_s=30.0)
    writer.put(event(2))
    await writer.aclose()
    stats = writer.stats
    assert (stats.dropped, stats.waiting, stats.written + stats.failed) == (1, 0, 1)


async def test_files_rotate_by_size(tmp_path: Path) -> None:
    """No file is longer than its setting, and none of the records is lost."""
    shop = shop_of(tmp_path, file_bytes=1000)
    for number in range(30):
        await shop.log_event("view", object_id=f"p{number}")
    await shop.close()
    await shop.es.close()
    files = files_in(tmp_path)
    assert len(files) > 3
    assert all(file.stat().st_size <= 1000 for file in files)
    shown = [r["event_attributes"]["object"]["object_id"] for r in read_files(tmp_path)]
    assert sorted(shown) == sorted(f"p{number}" for number in range(30))


async def test_old_files_go_and_others_stay(tmp_path: Path) -> None:
    """Only files of this log's own names are deleted, and only after their days."""
    old, other = "ubi_events-20200101T000000-1-abcdef.ndjson", "ubi_events-notes.ndjson"
    for name in (old, other):
        (tmp_path / name).write_text("{}\n")
    shop = shop_of(tmp_path, keep_days=30)
    await shop.log_event("view", object_id="a")
    await shop.close()
    await shop.es.close()
    names = {file.name for file in files_in(tmp_path)}
    assert old not in names
    assert other in names
    assert len(names) == 2


async def test_a_wrong_event_is_refused_without_its_words(tmp_path: Path) -> None:
    """A batch keeps its good events, and says of the others what is wrong, not what they held."""
    shop = shop_of(tmp_path)
    report = await shop.log_events([{"action_name": CANARY * 20}, {"action_name": "click"}, 3])
    assert (report.taken, [refused.place for refused in report.refused]) == (1, [0, 2])
    assert "zyx" not in repr(report)
    with pytest.raises(RequestError, match=r"position\.ordinal"):
        await shop.log_event("click", position=0)
    with pytest.raises(RequestError, match="not a list"):
        await shop.log_events({"action_name": "click"})  # type: ignore[arg-type]
    await shop.close()
    await shop.es.close()
