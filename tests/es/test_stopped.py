"""Long commands as processes of their own, stopped by a signal while they work."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from tests.support.chat_servers import ChatServer, completion
from tests.support.command_lines import write_files
from tests.support.model_servers import FakeModelServer
from tests.support.stubborn_servers import HangingServer
from tests.support.waiting import until

pytestmark = pytest.mark.es

WAIT_S = 60.0
PIPE_BYTES = 200_000
"""More than a pipe holds: who has written it knows that it is being read."""


class Command:
    """A command in a process, in a folder of its own."""

    def __init__(self, *words: str, folder: Path, es_url: str, **environ: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "es_hybrid", *words, "--es-url", es_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": ":".join(sys.path), **environ},
            # A test run in the background ignores interrupts, and its children would, too.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )

    def feed(self, text: str) -> None:
        """Write to standard input, and leave it open."""
        assert self.process.stdin is not None
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def stop(self, number: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Send a signal; return the exit code, stdout and stderr."""
        self.process.send_signal(number)
        return self.ended()

    def ended(self) -> tuple[int, str, str]:
        """Wait for the end; return the exit code, stdout and stderr."""
        with contextlib.suppress(BrokenPipeError):
            out, err = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, out.decode(), err.decode()


@pytest.fixture
def start(es_url: str, tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """Start commands in a folder with what they read; none outlives the test."""
    write_files(tmp_path)
    started: list[Command] = []

    def run(*words: str, **environ: str) -> Command:
        started.append(Command(*words, folder=tmp_path, es_url=es_url, **environ))
        return started[-1]

    yield run
    for command in started:
        command.process.kill()
        command.process.communicate()


def lines_of(count: int) -> str:
    return "".join(json.dumps({"id": f"p{n}", "title": f"shoe {n}"}) + "\n" for n in range(count))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["ctrl-c", "sigterm"]
)
def test_a_stopped_first_load_gives_the_settings_back(
    number: signal.Signals,
    code: int,
    start: Callable[..., Command],
    es: Elasticsearch,
    index_name: str,
) -> None:
    """What was written stays, and refreshes and replicas that a load had taken are back."""
    with HybridClient(es, settings=Settings()) as shop:
        index = shop.create_index(index_name)

    def refreshes() -> Any:
        live = es.indices.get_settings(index=index)[index]["settings"]["index"]
        return live.get("refresh_interval")

    before = refreshes()
    load = {"ES_HYBRID_INGEST__BATCH": "10", "ES_HYBRID_INGEST__FIRST_LOAD_AFTER": "20"}
    ingest = start("ingest", index_name, "-", "--format", "ndjson", **load)
    ingest.feed(lines_of(200))
    until(lambda: refreshes() == "-1")
    found = ingest.stop(number)
    assert found[0] == code, found
    assert (
        found[2]
        .splitlines()[-1]
        .startswith("stopped; what was written stays; run the same command again")
    )
    assert "Traceback" not in found[2]
    assert refreshes() == before
    es.indices.refresh(index=index)
    assert es.count(index=index)["count"] >= 20


def test_a_stopped_update_leaves_whole_products(
    start: Callable[..., Command], es: Elasticsearch, index_name: str
) -> None:
    """What was changed stays changed, the rest is as it was."""
    with HybridClient(es, settings=Settings()) as shop:
        shop.create_index(index_name)
        shop.ingest(index_name, [{"id": f"p{n}", "title": "shoe", "price": 1} for n in range(100)])
    update = start("update", index_name, "-", "--format", "ndjson", ES_HYBRID_INGEST__BATCH="10")
    rows = [json.dumps({"id": f"p{n}", "price": 2}) for n in range(60)]
    update.feed("\n".join(rows) + "\n")
    until(lambda: es.get(index=index_name, id="p0")["_source"]["price"] == 2)
    code, _, err = update.stop()
    assert code == 130
    assert err.splitlines()[-1].startswith("stopped; what was changed stays")
    found = es.mget(index=index_name, ids=[f"p{n}" for n in range(100)])["docs"]
    assert {(doc["_source"]["title"], doc["_source"]["price"]) for doc in found} == {
        ("shoe", 1), ("shoe", 2),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("words", "stands"),
    [
        (["bought-together", "NAME", "-", "--format", "ndjson"], "the previous table stays in use"),
        (["signals", "NAME", "-", "--format", "ndjson"], "what was changed stays"),
        (["rules", "put", "NAME", "-"], "a version may have been saved all the same"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_stopped_while_it_reads_nothing_is_written(
    words: list[str],
    stands: str,
    start: Callable[..., Command],
    es: Elasticsearch,
    index_name: str,
) -> None:
    """A feed that is cut off by Ctrl-C makes no table, no count and no rule set of its first half."""
    with HybridClient(es, settings=Settings()) as shop:
        shop.create_index(index_name)
    reads = start(*(index_name if word == "NAME" else word for word in words))
    blank = " " if words[0] == "rules" else json.dumps({"order_id": "1", "product_id": "a"}) + "\n"
    reads.feed(blank * (PIPE_BYTES // len(blank)))
    code, out, err = reads.stop()
    assert (code, out) == (130, "")
    assert err.splitlines()[-1].startswith(f"stopped; {stands}")
    assert "Traceback" not in err
    behind = es.indices.get(index=f"*{index_name}*", expand_wildcards="open").body
    assert list(behind) == list(es.indices.get_alias(name=index_name).body)
    with HybridClient(es, settings=Settings()) as shop:
        assert index_name not in shop.rules.names()


def test_stopped_at_a_model_no_file_is_half_written(
    start: Callable[..., Command], half_embedded_index: str, es: Elasticsearch, tmp_path: Path
) -> None:
    """While a model is asked, Ctrl-C ends at once, and what would be written is not there."""
    judged = ("--qrels", "qrels.csv", "--queries", "queries.csv")
    index = half_embedded_index
    commands = {
        "report.html": ("evaluate", index, *judged, "--recipe", "hybrid", "--html", "report.html"),
        "tuned.toml": ("tune", index, *judged, "--out", "tuned.toml"),
    }
    with ExitStack() as stack:
        asked = []
        for words in commands.values():
            server = stack.enter_context(HangingServer())
            environ = {
                "ES_HYBRID_EMBED__BASE_URL": f"{server.url}/v1",
                "ES_HYBRID_EMBED__MODEL": "hash-64",
                "ES_HYBRID_EMBED__TIMEOUT_S": "60",
                "ES_HYBRID_SEARCH__BUDGET_S": "60",
            }
            asked.append((server, start(*words, **environ)))
        for name, (server, command) in zip(commands, asked, strict=True):
            assert server.asked.wait(WAIT_S), name
            code, out, err = command.stop()
            assert (code, out) == (130, ""), (name, err)
            assert err.splitlines()[-1].startswith("stopped; ")
            assert "Traceback" not in err
            assert not list(tmp_path.glob(f"{name}*"))


@pytest.mark.parametrize(
    ("words", "probes", "stands"),
    [
        (
            ["backfill", "NAME"],
            0,
            "what has its vector keeps it; run the same command again for the rest",
        ),
        (
            ["warm", "NAME", "--products"],
            1,
            "what was computed stays; run the same command again to continue",
        ),
        (
            ["ingest", "NAME", "feed.ndjson"],
            1,
            "what was written stays; run the same command again",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_model_server_that_hangs_holds_up_no_ctrl_c(
    words: list[str],
    probes: int,
    stands: str,
    start: Callable[..., Command],
    es: Elasticsearch,
    index_name: str,
    tmp_path: Path,
) -> None:
    """Products are embedded in threads, and Ctrl-C does not wait for the hour that a call may take."""
    products = [{"id": f"p{n}", "title": f"shoe {n}"} for n in range(8)]
    with HybridClient(es, settings=Settings()) as shop:
        shop.create_index(index_name, dims=64, model="fake-model")
        shop.ingest(index_name, products)
    (tmp_path / "feed.ndjson").write_text(lines_of(8), encoding="utf-8")
    with FakeModelServer("vllm") as server:
        server.fail(hang=True)
        environ = {
            "ES_HYBRID_EMBED__BASE_URL": server.base_url,
            "ES_HYBRID_EMBED__MODEL": server.model,
            "ES_HYBRID_EMBED__INGEST_TIMEOUT_S": "3600",
        }
        command = start(*(index_name if word == "NAME" else word for word in words), **environ)
        if probes:  # it asks for the length of vectors first, in no thread
            until(lambda: server.count == 1)
            server.release()
            server.fail(hang=True)
        until(lambda: server.count == probes + 1)
        code, out, err = command.stop()
        assert (code, out) == (130, ""), err
        assert server.in_flight == 1
    assert err.splitlines()[-1].startswith(f"stopped; {stands}")
    assert "Traceback" not in err


def test_grades_that_were_given_are_kept(start: Callable[..., Command], tmp_path: Path) -> None:
    """Stopped while a language model is asked, the file holds whole lines of what was answered."""
    go_on = threading.Event()
    reached = threading.Event()

    def answer(query: str, product: str) -> tuple[int, Any]:
        if "held" in product:
            reached.set()
            go_on.wait(WAIT_S)
        return 200, completion('{"grade": 2}')

    head = "query_id,query,product_id,rank,recipes,title,product\n"
    rows = [f"q1,shoe,p{n},{n},hybrid,shoe,{'held' if n > 8 else 'shoe'} {n}\n" for n in range(12)]
    (tmp_path / "pool.csv").write_text(head + "".join(rows), encoding="utf-8")
    with ChatServer(answer) as server:
        environ = {"ES_HYBRID_JUDGE__BASE_URL": server.base_url, "ES_HYBRID_JUDGE__MODEL": "m"}
        judge = start("judge", "llm", "pool.csv", "--out", "grades.csv", **environ)
        assert reached.wait(WAIT_S), judge.stop()
        grades = tmp_path / "grades.csv"
        until(lambda: grades.exists() and len(grades.read_text().splitlines()) > 3)
        judge.process.send_signal(signal.SIGINT)
        go_on.set()
        code, _, err = judge.ended()
    assert code == 130, err
    assert (
        err.splitlines()[-1]
        == "stopped; finished grades are kept; run the same command again to continue"
    )
    kept = grades.read_text(encoding="utf-8")
    assert kept.endswith("\n")
    assert {len(row) for row in csv.reader(kept.splitlines())} == {4}


def test_a_service_ends_by_ctrl_c(start: Callable[..., Command]) -> None:
    """Ctrl-C ends what serves with 130 and a line, and JSON stays a document a line."""
    served = start("serve", "--port", "0", "--json")
    assert served.process.stdout is not None
    assert json.loads(served.process.stdout.readline())["url"].startswith("http://127.0.0.1:")
    code, out, err = served.stop()
    assert code == 130, err
    assert json.loads(out)["error"]["type"] == "Stopped"
    assert "Traceback" not in err
