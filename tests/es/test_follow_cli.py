"""`es-hybrid follow` as a process of its own: killed, stopped, started again."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from elasticsearch import Elasticsearch

from tests.support.postgres_servers import PASSWORD, PostgresServer

pytestmark = pytest.mark.es

WAIT_S = 60.0


class FollowProcess:
    """The command in a process; its events come as they are printed."""

    def __init__(self, *arguments: str, es_url: str, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "es_hybrid", "follow", *arguments, "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "ES_HYBRID_ES_URL": es_url, "PYTHONPATH": ":".join(sys.path)},
        )
        self._lines: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.put(json.loads(line))

    def event(self, name: str, **fields: Any) -> dict[str, Any]:
        """Wait for the next event of a name, with these fields."""
        while True:
            event = self._lines.get(timeout=WAIT_S)
            if event.get("event") == name and fields.items() <= event.items():
                return event

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal and wait; returns the exit code and what was said on stderr."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str]:
        """Wait for the end; returns the exit code and what was said on stderr."""
        code = self.process.wait(WAIT_S)
        assert self.process.stderr is not None
        return code, self.process.stderr.read().decode()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def follow(
    es_url: str, es: Elasticsearch, index_name: str, tmp_path: Path
) -> Iterator[Callable[..., FollowProcess]]:
    """Start followers of this test's own index; they end with the test."""
    subprocess.run(
        [sys.executable, "-m", "es_hybrid", "create-index", index_name],
        check=True,
        capture_output=True,
        env={**os.environ, "ES_HYBRID_ES_URL": es_url, "PYTHONPATH": ":".join(sys.path)},
    )
    started: list[FollowProcess] = []

    def start(*arguments: str) -> FollowProcess:
        options = ("--interval", "0.05", *arguments)
        started.append(FollowProcess(index_name, *options, es_url=es_url, folder=tmp_path))
        return started[-1]

    yield start
    for process in started:
        process.close()


def ids(es: Elasticsearch, index: str) -> list[str]:
    es.indices.refresh(index=index)
    found = es.search(index=index, size=5000, source=False, query={"match_all": {}})
    return sorted((hit["_id"] for hit in found["hits"]["hits"]), key=int)


def test_a_killed_follower_of_a_table_loses_nothing(
    follow: Callable[..., FollowProcess],
    es: Elasticsearch,
    index_name: str,
    postgres: PostgresServer,
    sql: psycopg.Connection,
) -> None:
    """Killed in the middle of the first load and started again: every row is there, once."""
    sql.execute("CREATE TABLE products (id int PRIMARY KEY, title text, updated_at timestamptz)")
    sql.execute(
        "INSERT INTO products SELECT n, 'shoe ' || n, now() - (5000 - n) * interval '1 minute' "
        "FROM generate_series(1, 4000) AS n"
    )
    source = ("--sql", postgres.url, "--table", "products")
    first = follow(*source)
    assert first.event("follow.chunk")["written"] == 1000
    code, said = first.end(signal.SIGKILL)
    assert code == -signal.SIGKILL
    second = follow(*source)
    written = 0
    while written < 3000 and len(ids(es, index_name)) < 4000:
        written += second.event("follow.chunk")["written"]
    assert written <= 3000
    assert len(ids(es, index_name)) == 4000
    sql.execute("UPDATE products SET title = 'boot', updated_at = now() WHERE id = 7")
    assert second.event("follow.chunk", read=1)["written"] == 1
    postgres.stop()
    assert "failed" in second.event("follow.waiting")["reason"]
    postgres.start()
    with postgres.connect() as again:
        again.execute("INSERT INTO products VALUES (4001, 'tent', now())")
    assert second.event("follow.chunk")["written"] == 1
    code, said = second.end(signal.SIGTERM)
    assert (code, PASSWORD in said) == (0, False)
    assert ids(es, index_name) == [str(n) for n in range(1, 4002)]


def test_a_killed_follower_of_a_file_loses_nothing(
    follow: Callable[..., FollowProcess], es: Elasticsearch, index_name: str, tmp_path: Path
) -> None:
    """Killed while the file grows and is renamed: every line arrives; Ctrl-C ends it cleanly."""
    log = tmp_path / "log.ndjson"

    def add(start: int, end: int) -> None:
        with log.open("a") as file:
            file.writelines(f'{{"id": {n}, "price": {n}}}\n' for n in range(start, end))

    add(0, 2500)
    first = follow("--file", str(log))
    first.event("follow.chunk")
    add(2500, 2600)
    first.end(signal.SIGKILL)
    add(2600, 2700)
    log.rename(log.with_name("log.ndjson.1"))
    add(2700, 2800)
    with log.open("a") as file:
        file.write('{"id": 2800')
    second = follow("--file", str(log), "--deleted-field", "gone")
    while len(ids(es, index_name)) < 2800:
        second.event("follow.chunk")
    with log.open("a") as file:
        file.write(', "price": 1}\n{"id": 0, "gone": true}\n')
    assert second.event("follow.chunk", deleted=1)["failed"] == 0
    code, said = second.end(signal.SIGINT)
    assert (code, "stopped" in said) == (130, True)
    done = second.event("follow.done")
    assert done["read"] == done["written"] + done["unchanged"] + done["deleted"]
    assert ids(es, index_name) == [str(n) for n in range(1, 2801)]


def test_a_state_in_use_and_a_source_that_is_missing_are_said(
    follow: Callable[..., FollowProcess], index_name: str, tmp_path: Path
) -> None:
    """A second follower of the same state does not start, and one without a source neither."""
    (tmp_path / "log.ndjson").write_text('{"id": 1}\n')
    first = follow("--file", "log.ndjson")
    first.event("follow.chunk")
    code, said = follow("--file", "log.ndjson").ended()
    assert (code, "another process follows" in said) == (1, True)
    code, said = follow().ended()
    assert (code, "name one source of changes" in said) == (2, True)
