"""The command line of `scripts/dev/elasticsearch.py`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from scripts.dev.node import lifecycle, places
from scripts.dev.node.boot import NodeRequest
from scripts.dev.node.errors import SetupError
from scripts.dev.node.releases import RELEASES
from scripts.dev.node.state import NodeState


def main() -> int:
    """Run a command of `elasticsearch.py`; return its exit code."""
    return run_command(_parser())


def run_command(parser: argparse.ArgumentParser) -> int:
    """Parse the arguments and run what they name; a plain line on stderr says what is wrong."""
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _leave)  # as an exception, so that what was begun is ended
    args = parser.parse_args()
    try:
        return int(args.run(args))
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except PermissionError as error:
        print(f"{error.filename}: permission denied; another user made it.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _leave(signum: int, _frame: object) -> None:
    raise SystemExit(128 + signum)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description="Run a real Elasticsearch without a container engine, for development."
    )
    commands = parser.add_subparsers(required=True)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--name", default="default", help="which node (default: %(default)s)")
    common.add_argument(
        "--state-dir", type=Path, default=places.DEV_DIR, help="where its state is kept"
    )
    start = commands.add_parser("start", parents=[common], help="start it, or find it running")
    start.add_argument("--version", choices=[release.version for release in RELEASES])
    start.add_argument("--security", action="store_true", help="requests need a user or a key")
    start.add_argument("--heap", default="1g", help="such as 4g (default: %(default)s)")
    start.add_argument("--port", type=int, help="default: the first free one from 9200 on")
    start.set_defaults(run=_start)
    stop = commands.add_parser("stop", parents=[common], help="stop it, if it was started here")
    stop.add_argument("--purge", action="store_true", help="also remove its data and logs")
    stop.set_defaults(run=_stop)
    status = commands.add_parser("status", parents=[common], help="say whether it runs")
    shape = status.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="everything but secrets, as JSON")
    shape.add_argument("--export", action="store_true", help="lines for a shell, with the key")
    status.set_defaults(run=_status)
    return parser


def _start(args: argparse.Namespace) -> int:
    request = NodeRequest(
        name=args.name,
        version=args.version,
        port=args.port,
        security=args.security,
        heap=args.heap,
        dev_dir=args.state_dir.absolute(),
        environ=dict(os.environ),
    )
    print(describe(lifecycle.start(request)))
    return 0


def _stop(args: argparse.Namespace) -> int:
    stopped = lifecycle.stop(args.name, dev_dir=args.state_dir.absolute(), purge=args.purge)
    print(f"{args.name}: {'stopped' if stopped else 'was not running'}")
    return 0


def _status(args: argparse.Namespace) -> int:
    node = lifecycle.running(args.name, dev_dir=args.state_dir.absolute())
    if args.json:
        print(json.dumps({"running": node is not None, **(node.public() if node else {})}))
    elif node is None:
        print(f"{args.name}: not running")
    else:
        print("\n".join(export_lines(node)) if args.export else describe(node))
    return 0 if node else 1


def describe(node: NodeState) -> str:
    """Say in one line where a node is and what it is."""
    security = ", security on" if node.security else ""
    return f"{node.url}  Elasticsearch {node.version}, {node.licence} licence{security}"


def export_lines(node: NodeState) -> list[str]:
    """Return the lines by which a shell finds a node, its key included."""
    lines = [f"export ES_HYBRID_ES_URL={node.url}"]
    if node.api_key:
        lines.append(f"export ES_HYBRID_ES_API_KEY={node.api_key}")
    return lines
