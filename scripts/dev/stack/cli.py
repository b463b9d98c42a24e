"""The command lines of `scripts/dev/services.py` and `scripts/dev/bootstrap.py`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from scripts.dev.node import places
from scripts.dev.node.cli import run_command
from scripts.dev.node.releases import RELEASES
from scripts.dev.stack import engine, models, services, venv
from scripts.dev.stack.engine import SHARED
from scripts.dev.stack.services import Workspace

_Command = Callable[[argparse.Namespace], int]


def main() -> int:
    """Run a command of `services.py`; return its exit code."""
    return run_command(_services_parser())


def bootstrap() -> int:
    """Run `bootstrap.py`; return its exit code."""
    parser = argparse.ArgumentParser(description="Make the virtual environment, once.")
    _add_venv(parser)
    parser.add_argument("--server-major", type=int, help="major version of the server to talk to")
    parser.set_defaults(run=_bootstrap)
    return run_command(parser)


def _services_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Run Elasticsearch and the local models.")
    commands = parser.add_subparsers(required=True)

    def add(name: str, run: _Command, help_text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_text)
        command.add_argument("--state-dir", type=Path, default=places.DEV_DIR)
        command.set_defaults(run=run)
        return command

    versions = [release.version for release in RELEASES]
    up = add("up", _up, "start what is not running, and write the env file")
    add("down", _down, "stop what `up` started")
    add("env", _env, "print the lines for a shell")
    add("status", _status, "say what is running")
    run = add("run", _run, "run a command beside the services; stop what was started for it")
    run.add_argument("--models", action="store_true", help="the command needs the model server")
    run.add_argument("command", nargs="+", help="after `--`: the program and its arguments")
    for command in (up, run):
        _add_venv(command)
        command.add_argument("--version", choices=versions, help="exactly this Elasticsearch")
    return parser


def _add_venv(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--venv", type=Path, default=venv.DEFAULT_FOLDER, metavar="DIR")


def _workspace(args: argparse.Namespace) -> Workspace:
    venv_dir = getattr(args, "venv", venv.DEFAULT_FOLDER)
    return Workspace(dev_dir=args.state_dir.absolute(), venv_dir=venv_dir.absolute())


def _bootstrap(args: argparse.Namespace) -> int:
    venv.ensure(args.venv.absolute(), server_major=args.server_major)
    return 0


def _up(args: argparse.Namespace) -> int:
    workspace = _workspace(args)
    print(services.up(workspace, version=args.version))
    print(f"for a shell: . {workspace.env_file}")
    return 0


def _down(args: argparse.Namespace) -> int:
    services.down(_workspace(args))
    return 0


def _env(args: argparse.Namespace) -> int:
    path = _workspace(args).env_file
    if not path.is_file():
        print("nothing is up: run `make up`", file=sys.stderr)
        return 1
    print(path.read_text(), end="")
    return 0


def _status(args: argparse.Namespace) -> int:
    workspace = _workspace(args)
    found = engine.running(workspace.dev_dir, environ=workspace.environ)
    server = models.recall(workspace.dev_dir, SHARED)
    healthy = server is not None and server.healthy
    print(found or "Elasticsearch is not running")
    print(f"models at {server.url}" if server and healthy else "the model server is not running")
    return 0 if found and healthy else 1


def _run(args: argparse.Namespace) -> int:
    return services.run(
        _workspace(args), args.command, version=args.version, with_models=args.models
    )
