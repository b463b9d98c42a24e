"""Compare the estimate of tokens with what a tokenizer makes of real listings.

    python -m benchmarks.tokens FEED [FEED ...] [--records 3000]

FEED is NDJSON, CSV or TSV, plain or gzipped; of each record the texts are joined. The tokenizer is
that of the embedded model (extra `local`): 32,000 pieces, mostly of English.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from es_hybrid import read_products
from es_hybrid.indexing.sources import Record
from es_hybrid.local.model import StaticModel
from es_hybrid.token_budget import estimated_tokens


def text_of(record: Mapping[str, Any]) -> str:
    """Return the texts of a record, one after the other."""
    return " ".join(value for value in record.values() if isinstance(value, str) and value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a feed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("feeds", nargs="+", metavar="FEED")
    parser.add_argument("--records", type=int, default=3000)
    args = parser.parse_args(arguments)
    tokenizer = StaticModel.load().tokenizer
    print(
        f"{'feed':32} {'characters':>10} {'tokens':>8} {'estimated':>9} {'ratio':>6} {'5 %':>6} µs"
    )
    for feed in args.feeds:
        items = islice(read_products(feed), args.records)
        found = [text_of(item.product) for item in items if isinstance(item, Record)]
        texts = [text for text in found if text]
        counted = tokenizer.encode_batch(texts, add_special_tokens=False)
        true = [max(len(each.ids), 1) for each in counted]
        begun = time.process_time()
        estimated = [estimated_tokens(text) for text in texts]
        each_us = (time.process_time() - begun) / len(texts) * 1e6
        ratios = sorted(a / b for a, b in zip(estimated, true, strict=True))
        print(
            f"{feed.rpartition('/')[2][:32]:32} {sum(map(len, texts)):10,} {sum(true):8,}"
            f" {sum(estimated):9,} {sum(estimated) / sum(true):6.2f}"
            f" {ratios[len(ratios) // 20]:6.2f} {each_us:4.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
