"""How the command line ends when something is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import elasticsearch
import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from es_hybrid.cli.app import main
from es_hybrid.cli.connect import shown_url
from es_hybrid.cli.failures import sentence


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A loopback port that is bound and on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture(autouse=True)
def no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ES_HYBRID_ES_URL", raising=False)


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["search", "p", "shoe"], "set ES_HYBRID_ES_URL or pass --es-url"),
        (
            ["search", "p", "shoe", "--es-url", "localhost"],
            "localhost is not an Elasticsearch address",
        ),
        (["search", "p", "shoe", "--settings", "gone.toml"], "settings file gone.toml"),
        (["evaluate", "p", "--queries", "gone.csv", "--qrels", "r.csv"], "gone.csv cannot be read"),
        (["evaluate", "p", "--queries", "q", "--qrels", "r", "--recipe", "bm25"], "unknown recipe"),
    ],
)
def test_a_failure_is_one_and_one_line(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be done exits with 1 and a line on stderr that says what to do."""
    assert main(argv) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_an_unknown_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A typo in the environment is a line and not a traceback."""
    monkeypatch.setenv("ES_HYBRID_EMBED__MODLE", "x")
    assert main(["search", "p", "shoe"]) == 1
    assert "did you mean ES_HYBRID_EMBED__MODEL?" in capsys.readouterr().err


def test_an_unreachable_cluster_is_named_without_its_password(
    closed_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The address is in the line, the secret is not."""
    url = f"http://me:hunter2@127.0.0.1:{closed_port}"
    assert main(["create-index", "p", "--dims", "8", "--es-url", url]) == 1
    error = capsys.readouterr().err
    assert f"Elasticsearch at http://127.0.0.1:{closed_port} cannot be reached" in error
    assert "hunter2" not in error
    assert "Traceback" not in error


def test_json_stays_json_when_it_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """A machine that reads stdout finds one document there, whatever happens."""
    assert main(["search", "p", "shoe", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["error"]["type"] == "ConfigurationError"
    assert "ES_HYBRID_ES_URL" in document["error"]["message"]


def test_a_traceback_is_shown_when_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Who wants to know where it failed can."""
    assert main(["search", "p", "shoe", "--traceback"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def opened_by_reader(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """Open a named pipe for writing as soon as the process has begun to read it."""
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(timeout=0.01)
                raise AssertionError(f"the command ended with {code}") from None


def test_an_interrupt_is_130_and_says_what_stands(tmp_path: Path) -> None:
    """Ctrl-C ends a command with a message, exit code 130 and no traceback."""
    pipe = tmp_path / "queries.csv"
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "es_hybrid", "evaluate", "p", "--qrels", "r.csv"]
    with subprocess.Popen(
        [*command, "--queries", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A test run in the background ignores interrupts, and its children would, too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    ) as process:
        try:
            writer = opened_by_reader(pipe, process)
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
            os.close(writer)
        finally:
            process.kill()
    assert process.returncode == 130
    assert output == b""
    assert errors == b"stopped; nothing was changed\n"


def test_a_reader_that_leaves_is_no_traceback(tmp_path: Path) -> None:
    """A pipe that nobody reads any more ends the command quietly."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "es_hybrid", "search", "p", "shoe", "--json"],
            stdout=writer,
            stderr=subprocess.PIPE,
            env={k: v for k, v in os.environ.items() if not k.startswith("ES_HYBRID_")},
            timeout=60,
            check=False,
        )
    finally:
        os.close(writer)
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


def answered(status: int, body: object) -> elasticsearch.ApiError:
    meta = ApiResponseMeta(
        status=status,
        http_version="1.1",
        headers=HttpHeaders(),
        duration=0.0,
        node=NodeConfig("http", "127.0.0.1", 9200),
    )
    return elasticsearch.ApiError("no", meta=meta, body=body)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            answered(404, {"error": {"root_cause": [{"reason": "no such index [p]"}]}}),
            "Elasticsearch answered 404: no such index [p]; es-hybrid create-index makes it",
        ),
        (answered(403, {"error": {"reason": "not yours"}}), "answered 403: not yours; the API key"),
        (answered(502, "<html>"), "Elasticsearch answered 502: no"),
        (
            elasticsearch.UnsupportedProductError("no", meta=answered(200, {}).meta, body={}),
            "is not",
        ),
        (FileNotFoundError(2, "No such file or directory", "a.csv"), "a.csv: No such file"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero; --traceback"),
    ],
)
def test_every_error_is_a_sentence(error: Exception, said: str) -> None:
    """Elasticsearch's own reason is shown, with what to do about the usual ones."""
    assert said in sentence(error)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:secret@shop.example:9200/x?key=1", "https://shop.example:9200/x"),
        ("http://127.0.0.1:9200", "http://127.0.0.1:9200"),
        ("localhost", "localhost"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    """User, password and parameters of an address are never printed."""
    assert shown_url(url) == shown
