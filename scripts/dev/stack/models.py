"""The local model server: start it once, know it again, stop it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from scripts.dev.node import http, process
from scripts.dev.node.errors import SetupError
from scripts.dev.node.lock import file_lock
from scripts.dev.node.places import PROJECT, free_port, make_open_folder
from scripts.dev.node.process import ProcessId
from scripts.dev.node.progress import Progress
from scripts.dev.node.records import read_record, write_record

_READY_WITHIN_S = 120.0
_ATTEMPTS = 3  # between choosing a port and using it, another may have taken it


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A model server that was started here.

    Args:
        process: The process.
        url: Its address, without a path.
        owner: A process without which it is not wanted.
    """

    process: ProcessId
    url: str
    owner: ProcessId | None = None

    @property
    def healthy(self) -> bool:
        """Whether this very process runs and answers."""
        return self.process.running and http.request(f"{self.url}/health").status == 200


def start(
    name: str,
    *,
    python: Path,
    dev_dir: Path,
    environ: Mapping[str, str],
    owner: ProcessId | None = None,
) -> ModelServer:
    """Return the running model server of this name, starting it if it is not there.

    Raises:
        SetupError: It ended, or did not answer in time.
    """
    make_open_folder(dev_dir)
    with file_lock(dev_dir / f"models-{name}.lock", waiting_for="another start of the models"):
        known = recall(dev_dir, name)
        if known and known.healthy:
            return known
        if known:
            _end(dev_dir, name, known)
        for _ in range(_ATTEMPTS):
            if ready := _boot(name, python=python, dev_dir=dev_dir, environ=environ, owner=owner):
                return ready
    log = _log_path(dev_dir, name)
    raise SetupError(f"The model server ended while starting: {_last_line(log)} (see {log})")


def stop(name: str, *, dev_dir: Path) -> bool:
    """Stop the model server of this name; tell whether there was one."""
    known = recall(dev_dir, name)
    return _end(dev_dir, name, known) if known else False


def recall(dev_dir: Path, name: str) -> ModelServer | None:
    """Return what is known of the model server of this name."""
    record = read_record(_record_path(dev_dir, name))
    if record is None:
        return None
    owner = record["owner"]
    return ModelServer(
        process=ProcessId(**record["process"]),
        url=record["url"],
        owner=ProcessId(**owner) if owner else None,
    )


def variables(server: ModelServer) -> dict[str, str]:
    """Return the settings by which the library finds these models."""
    return {
        "ES_HYBRID_EMBED__BASE_URL": f"{server.url}/v1",
        "ES_HYBRID_EMBED__MODEL": "wordllama-256",
        "ES_HYBRID_RERANK__URL": f"{server.url}/v1/rerank",
        "ES_HYBRID_RERANK__DIALECT": "vllm",
        "ES_HYBRID_RERANK__MODEL": "wordllama-late-interaction",
    }


def _boot(
    name: str,
    *,
    python: Path,
    dev_dir: Path,
    environ: Mapping[str, str],
    owner: ProcessId | None,
) -> ModelServer | None:
    port = free_port()
    command = [str(python), "-m", "es_hybrid.local.server", "--host", "127.0.0.1"]
    own = {key: value for key, value in environ.items() if not key.startswith("ES_HYBRID_")}
    log = _log_path(dev_dir, name)
    log.write_text("")
    server = ModelServer(
        process=process.spawn(
            [*command, "--port", str(port)], folder=PROJECT, environ=own, log=log
        ),
        url=f"http://127.0.0.1:{port}",
        owner=owner,
    )
    try:
        write_record(_record_path(dev_dir, name), asdict(server))
        if _wait_until_ready(server):
            return server
    except BaseException:
        _end(dev_dir, name, server)
        raise
    _end(dev_dir, name, server)
    return None


def _wait_until_ready(server: ModelServer) -> bool:
    deadline = time.monotonic() + _READY_WITHIN_S
    with Progress("starting the model server") as progress:
        while server.process.running:
            if server.healthy:
                return True
            if time.monotonic() > deadline:
                raise SetupError(f"The model server did not answer in {_READY_WITHIN_S:.0f} s.")
            progress.update()
            time.sleep(0.1)
    return False


def _end(dev_dir: Path, name: str, server: ModelServer) -> bool:
    stopped = process.stop(server.process, grace_s=10.0)
    _record_path(dev_dir, name).unlink(missing_ok=True)
    return stopped


def _record_path(dev_dir: Path, name: str) -> Path:
    return dev_dir / f"models-{name}.json"


def _log_path(dev_dir: Path, name: str) -> Path:
    return dev_dir / f"models-{name}.log"


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
