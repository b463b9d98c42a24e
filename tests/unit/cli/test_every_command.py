"""What every command does alike: JSON, exit codes, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from es_hybrid.cli.app import build_parser, main
from tests.support.command_lines import EVERY, WRITTEN, CommandLine, of_index, write_files
from tests.support.stubborn_servers import HangingServer

ASKING = {name: line for name, line in EVERY.items() if line.cluster}
LATER = {"follow", "score", "warm"}
"""What ends the chunk under way first, or asks for a model before it asks Elasticsearch."""
READING = {name: line for name, line in EVERY.items() if line.reads}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the commands read, to run them in."""
    write_files(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def closed_url() -> Iterator[str]:
    """An address on which nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


def documents(printed: str, line: CommandLine) -> list[dict[str, object]]:
    """Read what was printed: one document, or one a line."""
    return (
        [json.loads(each) for each in printed.splitlines()]
        if line.streams
        else [json.loads(printed)]
    )


def test_no_command_is_left_out() -> None:
    """Whoever adds a command adds it here, and gives it `--json`."""
    leaves = [parser for parser in build_parser().whole_tree() if not parser.commands]
    assert sorted(leaf.prog.removeprefix("es-hybrid ") for leaf in leaves) == sorted(
        [*EVERY, "serve"]
    )
    assert [leaf.prog for leaf in leaves if "--json" not in leaf.known] == []


@pytest.mark.parametrize("name", EVERY)
def test_a_wrong_flag_is_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be understood ends with 2, in one line and in one document."""
    assert main([*EVERY[name].argv, "--jsno", "--json"]) == 2
    captured = capsys.readouterr()
    (found,) = documents(captured.out, EVERY["search"])
    said = captured.err.removesuffix("\n")
    assert found == {"error": {"type": "Usage", "message": said.partition(": ")[2], "exit_code": 2}}
    assert "did you mean --json?" in said


@pytest.mark.parametrize("name", ASKING)
def test_a_cluster_that_is_down_is_one(
    name: str, closed_url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a cluster a command ends with 1, a line and a document, and writes no file."""
    argv = of_index(ASKING[name], "shop", closed_url)
    (folder / "model.json").unlink(missing_ok=True)
    assert main([*argv, "--json"]) == 1
    captured = capsys.readouterr()
    *_, last = documents(captured.out, ASKING[name])
    assert "Traceback" not in captured.err
    if name == "doctor":  # whose findings are its document
        assert last["ok"] is False
        return
    error = last["error"]
    assert isinstance(error, dict)
    assert error["exit_code"] == 1
    assert f"error: {error['message']}\n" in captured.err
    assert [written for written in WRITTEN if (folder / written).exists()] == []


@pytest.mark.parametrize("name", READING)
def test_a_file_that_is_not_there_is_one_and_named(
    name: str, closed_url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that cannot be read is named, and no traceback is shown."""
    line = READING[name]
    (folder / str(line.reads)).unlink(missing_ok=True)
    assert main([*of_index(line, "shop", closed_url), "--json"]) == 1
    captured = capsys.readouterr()
    *_, last = documents(captured.out, line)
    error = last["error"]
    assert isinstance(error, dict)
    assert str(line.reads) in error["message"]
    assert captured.err.startswith("error: ")


@pytest.mark.parametrize("name", [name for name in ASKING if name not in LATER])
def test_ctrl_c_is_130_and_leaves_no_file(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stopped while Elasticsearch is asked, a command says what stands and leaves nothing behind."""
    main_thread = threading.main_thread().ident
    assert main_thread is not None
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    there = {path.name for path in folder.iterdir()}
    try:
        with HangingServer() as server:

            def interrupt() -> None:
                if server.asked.wait(timeout=60):
                    signal.pthread_kill(main_thread, signal.SIGINT)

            waiting = threading.Thread(target=interrupt)
            waiting.start()
            code = main([*of_index(ASKING[name], "shop", server.url), "--json"])
            waiting.join()
    finally:
        signal.signal(signal.SIGINT, before)
    captured = capsys.readouterr()
    assert code == 130, captured
    *_, last = documents(captured.out, ASKING[name])
    error = last["error"]
    assert isinstance(error, dict)
    assert error["type"] == "Stopped"
    assert error["message"].startswith("stopped; ")
    assert f"{error['message']}\n" in captured.err
    assert "Traceback" not in captured.err
    assert {path.name for path in folder.iterdir()} - there <= {"grades.csv"}


@pytest.mark.parametrize("name", [name for name in EVERY if not EVERY[name].cluster])
def test_json_is_one_document(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A command that needs no cluster prints one document with `--json`, and nothing else."""
    code = main([*EVERY[name].argv, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert ("error" in found) == (name == "judge llm")  # no model is set
    assert code == (1 if name in {"judge llm", "experiment shadow-report"} else 0)
