"""Bring up the engine and the models together, and take down what was brought up."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scripts.dev.node import http, places
from scripts.dev.node.process import ProcessId
from scripts.dev.node.progress import say
from scripts.dev.node.records import read_record, write_private
from scripts.dev.stack import engine, models, venv
from scripts.dev.stack.engine import SHARED, Engine, EngineRequest

_OWN_MODELS = ("ES_HYBRID_EMBED__BASE_URL", "ES_HYBRID_RERANK__URL")


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the services are remembered, and what they are started with.

    Args:
        dev_dir: Where state, logs and the `env` file are kept.
        venv_dir: The virtual environment that the models run in.
        environ: The user's settings; what `up` exported before is not taken for them.
    """

    dev_dir: Path = places.DEV_DIR
    venv_dir: Path = venv.DEFAULT_FOLDER
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    @property
    def env_file(self) -> Path:
        """The file that a shell may source."""
        return self.dev_dir / "env"

    @property
    def last_env_file(self) -> Path:
        """What that file was before `down`: a shell may still carry it."""
        return self.dev_dir / "env.last"

    @property
    def settings(self) -> Mapping[str, str]:
        """The environment without what an `up` wrote into it, lest that pass for the user's."""
        ours = read_exports(self.env_file) or read_exports(self.last_env_file)
        if not self.env_file.is_file() and _answers(ours.get(engine.URL)):
            ours.pop(engine.URL)  # somebody else's server at the same address
        return {name: value for name, value in self.environ.items() if ours.get(name) != value}


def up(workspace: Workspace, *, version: str | None = None) -> Engine:
    """Start the engine and the models that are not running, and write the `env` file.

    Args:
        workspace: Where they belong.
        version: Exactly this Elasticsearch; None is content with any.

    Raises:
        SetupError: Something is missing; the message says what to install.
    """
    settings = workspace.settings
    _stop_abandoned(workspace)
    found = engine.find_or_start(
        EngineRequest(version=version, dev_dir=workspace.dev_dir, environ=settings)
    )
    say(f"using {found}")
    python = _python_for(found, workspace)
    exports = variables(found)
    if not brings_own_models(settings):
        server = models.start(SHARED, python=python, dev_dir=workspace.dev_dir, environ=settings)
        exports |= models.variables(server)
    write_private(workspace.env_file, format_exports(exports))
    return found


def down(workspace: Workspace) -> None:
    """Stop what `up` started, by its recorded ids, and remove the `env` file."""
    _stop_abandoned(workspace)
    models.stop(SHARED, dev_dir=workspace.dev_dir)
    engine.stop(SHARED, dev_dir=workspace.dev_dir, environ=workspace.environ)
    if workspace.env_file.is_file():
        workspace.env_file.replace(workspace.last_env_file)


def run(
    workspace: Workspace,
    command: Sequence[str],
    *,
    version: str | None = None,
    with_models: bool = False,
) -> int:
    """Run a command beside the services; stop afterwards what was started for it.

    What `up` started is used and stays. Should this process be killed, the next `up`, `run` or
    `down` stops what it left behind.

    Args:
        workspace: Where the services belong.
        command: The program and its arguments.
        version: Exactly this Elasticsearch; None is content with any.
        with_models: Whether the command needs the model server.

    Returns:
        The command's exit code.

    Raises:
        SetupError: Something is missing; the message says what to install.
    """
    settings, own = workspace.settings, f"run-{os.getpid()}"
    owner = ProcessId.of(os.getpid())
    _stop_abandoned(workspace)
    try:
        found = engine.find_or_start(
            EngineRequest(own, version, owner, workspace.dev_dir, settings)
        )
        say(f"using {found}")
        python = _python_for(found, workspace)
        exports = variables(found)
        if with_models and not brings_own_models(settings):
            shared = models.recall(workspace.dev_dir, SHARED)
            server = (
                shared
                if shared and shared.healthy
                else models.start(
                    own, python=python, dev_dir=workspace.dev_dir, environ=settings, owner=owner
                )
            )
            exports |= models.variables(server)
        return _run(command, environ={**settings, **exports})
    finally:
        _stop_all(workspace, own)


def brings_own_models(settings: Mapping[str, str]) -> bool:
    """Tell whether the user's settings name model servers; then no local one is needed."""
    return any(settings.get(name) for name in _OWN_MODELS)


def variables(found: Engine) -> dict[str, str]:
    """Return the settings by which everything else finds this engine."""
    key = {engine.API_KEY: found.api_key} if found.api_key else {}
    return {engine.URL: found.url, **key}


def format_exports(exports: Mapping[str, str]) -> str:
    """Write settings as lines for a shell.

    Example:
        >>> print(format_exports({"ES_HYBRID_RERANK__DIALECT": "vllm"}), end="")
        export ES_HYBRID_RERANK__DIALECT=vllm
    """
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in exports.items())


def read_exports(path: Path) -> dict[str, str]:
    """Read such lines back; nothing if the file is not there."""
    if not path.is_file():
        return {}
    words = shlex.split(path.read_text())
    return dict(word.split("=", 1) for word in words if "=" in word)


def _run(command: Sequence[str], *, environ: Mapping[str, str]) -> int:
    """Run in the foreground; an interrupt reaches the command too, which is waited for."""
    process = subprocess.Popen(command, env=dict(environ))
    try:
        code = process.wait()
    except KeyboardInterrupt:
        code = process.wait() or 130
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    return code if code >= 0 else 128 - code  # as a shell says that a signal ended it


def _python_for(found: Engine, workspace: Workspace) -> Path:
    """Return the environment's Python, with a client that this engine accepts."""
    return venv.ensure(
        workspace.venv_dir, server_major=found.identity.major, dev_dir=workspace.dev_dir
    )


def _answers(url: str | None) -> bool:
    return url is not None and http.request(engine.without_password(url)).status != 0


def _stop_abandoned(workspace: Workspace) -> None:
    """Stop what was started for runs that were killed before they could stop it."""
    for name in {path.stem.partition("-")[2] for path in workspace.dev_dir.glob("*-run-*.json")}:
        records = [read_record(path) or {} for path in workspace.dev_dir.glob(f"*-{name}.json")]
        owners = [ProcessId(**record["owner"]) for record in records if record.get("owner")]
        if not any(owner.running for owner in owners):
            say(f"stopping what {name} left behind when it was killed")
            _stop_all(workspace, name)


def _stop_all(workspace: Workspace, name: str) -> None:
    """Stop all that one run started; a second interrupt does not keep it alive."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        models.stop(name, dev_dir=workspace.dev_dir)
        engine.stop(name, dev_dir=workspace.dev_dir, environ=workspace.environ, purge=True)
    finally:
        signal.signal(signal.SIGINT, before)
    for path in workspace.dev_dir.glob(f"*-{name}.*"):
        path.unlink(missing_ok=True)
