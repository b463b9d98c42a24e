"""Play many histories against a node, and print what came of them.

python -m tests.soak --es-url URL --histories 200 [--first SEED]
"""

from __future__ import annotations

import argparse
import sys
import time

from tests.soak.histories import history
from tests.soak.stage import play


def main() -> int:
    """Play the histories; the exit code is 0 where all ended well."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--es-url", required=True)
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    args = parser.parse_args()
    began, bad, writes, slowest, refused, reads = time.monotonic(), 0, 0, 0.0, 0, 0
    for seed in range(args.first, args.first + args.histories):
        verdict = play(history(seed), url=args.es_url)
        print(verdict, flush=True)
        bad += not verdict.good
        writes += verdict.ledger.acknowledged
        refused += sum(verdict.ledger.refused.values())
        slowest = max(slowest, verdict.ledger.slowest_s)
        reads += verdict.reads
    print(
        f"{args.histories} histories, {bad} bad, {writes:,} acknowledged writes, {refused} refused,"
        f" {reads:,} reads, slowest write {slowest:.2f} s, {time.monotonic() - began:.0f} s"
    )
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
