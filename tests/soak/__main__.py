"""Play many histories against a node, and print what came of them.

python -m tests.soak --es-url URL --histories 200 [--first SEED]
python -m tests.soak --own-node 9.4.3 --histories 200   # every tenth kills and restarts the node
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.soak.histories import History, history
from tests.soak.node import own_node
from tests.soak.stage import play


def main() -> int:
    """Play the histories; the exit code is 0 where all ended well."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--es-url", help="a node that is running; it is not restarted")
    where.add_argument("--own-node", metavar="VERSION", help="start a node for it")
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--restart-every", type=int, default=10, help="with --own-node")
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.histories)
    if args.es_url:
        return _play((history(seed) for seed in seeds), url=args.es_url, restart=None)
    told = (history(s, restart=s % args.restart_every == 0) for s in seeds)
    with TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the node runs as another user
        with own_node(Path(folder), version=args.own_node) as node:
            return _play(told, url=node.url, restart=node.restart)


def _play(histories: Iterable[History], *, url: str, restart: Callable[[], None] | None) -> int:
    began, played, bad, writes, slowest, refused, reads = time.monotonic(), 0, 0, 0, 0.0, 0, 0
    for told in histories:
        verdict = play(told, url=url, restart=restart)
        print(verdict, flush=True)
        played += 1
        bad += not verdict.good
        writes += verdict.ledger.acknowledged
        refused += sum(verdict.ledger.refused.values())
        slowest = max(slowest, verdict.ledger.slowest_s)
        reads += verdict.reads
    print(
        f"{played} histories, {bad} bad, {writes:,} acknowledged writes, {refused} refused,"
        f" {reads:,} reads, slowest write {slowest:.2f} s, {time.monotonic() - began:.0f} s"
    )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
