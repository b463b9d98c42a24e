"""What is exported, what counts as the user's own setting, what a killed run leaves."""

from __future__ import annotations

import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from scripts.dev.node.places import free_port
from scripts.dev.node.process import ProcessId
from scripts.dev.node.records import write_record
from scripts.dev.stack import models, services
from scripts.dev.stack.services import Workspace


def test_exports_are_read_back(tmp_path: Path) -> None:
    """What is written for a shell comes back, whatever characters it holds."""
    exports = {"ES_HYBRID_ES_URL": "http://127.0.0.1:9200", "ES_HYBRID_ES_API_KEY": "a b'c=$d=="}
    (tmp_path / "env").write_text(services.format_exports(exports))
    assert services.read_exports(tmp_path / "env") == exports
    shown = subprocess.run(
        ["sh", "-c", '. "$0/env"; printf %s "$ES_HYBRID_ES_API_KEY"', str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "a b'c=$d=="


def test_models_are_named_as_the_library_reads_them() -> None:
    """The exported settings lead the library's clients to the local server."""
    server = models.ModelServer(ProcessId(pid=1, started="2"), "http://127.0.0.1:8123")
    assert models.variables(server) == {
        "ES_HYBRID_EMBED__BASE_URL": "http://127.0.0.1:8123/v1",
        "ES_HYBRID_EMBED__MODEL": "wordllama-256",
        "ES_HYBRID_RERANK__URL": "http://127.0.0.1:8123/v1/rerank",
        "ES_HYBRID_RERANK__DIALECT": "vllm",
        "ES_HYBRID_RERANK__MODEL": "wordllama-late-interaction",
    }


@pytest.mark.parametrize("file", ["env", "env.last"])
def test_what_up_exported_is_not_the_users_setting(tmp_path: Path, file: str) -> None:
    """A shell that read the env file does not turn our servers into the user's, even after."""
    ours = {"ES_HYBRID_ES_URL": f"http://127.0.0.1:{free_port()}"}
    (tmp_path / file).write_text(services.format_exports(ours))
    environ = {**ours, "ES_HYBRID_RERANK__TOP": "20", "HOME": "/home/dev"}
    settings = Workspace(dev_dir=tmp_path, environ=environ).settings
    assert settings == {"ES_HYBRID_RERANK__TOP": "20", "HOME": "/home/dev"}


def test_server_that_took_our_old_address_is_the_users(answering_port: int, tmp_path: Path) -> None:
    """After `down`, an address at which somebody answers is meant as it is said."""
    environ = {"ES_HYBRID_ES_URL": f"http://127.0.0.1:{answering_port}"}
    (tmp_path / "env.last").write_text(services.format_exports(environ))
    assert Workspace(dev_dir=tmp_path, environ=environ).settings == environ


@pytest.mark.parametrize("name", ["ES_HYBRID_EMBED__BASE_URL", "ES_HYBRID_RERANK__URL"])
def test_named_model_servers_are_used(name: str) -> None:
    """Somebody with model servers of their own gets no local one."""
    assert services.brings_own_models({name: "http://gpu:8000/v1"})
    assert not services.brings_own_models({"ES_HYBRID_RERANK__TOP": "20"})


def test_what_a_killed_run_left_is_stopped(tmp_path: Path) -> None:
    """`down` ends what belongs to a run that was killed, and not what a living run uses."""
    workspace = Workspace(dev_dir=tmp_path, environ={"PATH": ""})
    with (
        subprocess.Popen(["sleep", "600"], start_new_session=True) as left,
        subprocess.Popen(["sleep", "600"], start_new_session=True) as used,
    ):
        living = ProcessId.of(used.pid)
        for name, process, owner in [
            ("run-1", left, ProcessId(pid=used.pid, started="1")),
            ("run-2", used, living),
        ]:
            server = models.ModelServer(ProcessId.of(process.pid), "http://127.0.0.1:9", owner)
            write_record(tmp_path / f"models-{name}.json", asdict(server))
        services.down(workspace)
        assert left.wait(timeout=60) != 0
        assert used.poll() is None
        assert [path.name for path in tmp_path.glob("*.json")] == ["models-run-2.json"]
        used.kill()
