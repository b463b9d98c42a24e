"""Create an index for products, behind an alias."""

from __future__ import annotations

import argparse

from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "create-index products"
INTERRUPTED = "the alias stands only if the index behind it is complete"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `create-index` takes."""
    parser.add_argument("name", metavar="ALIAS", help="the name that searches will use")
    parser.add_argument(
        "--mapping",
        default="products",
        metavar="NAME",
        help="a mapping that comes with es_hybrid, or a JSON file (default: products)",
    )
    parser.add_argument(
        "--dims",
        type=int,
        metavar="N",
        help="length of the vectors (default: the embedder's)",
    )
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="the model that makes the vectors (default: the embedder's)",
    )
    parser.add_argument(
        "--similarity",
        choices=("cosine", "dot_product", "l2_norm", "max_inner_product"),
        default="cosine",
        help="how vectors are compared (default: cosine)",
    )


def run(args: argparse.Namespace) -> int:
    """Create it and print its name."""
    out = Output.of(args)
    with open_shop(load_settings(args)) as shop:
        index = shop.create_index(
            args.name,
            mapping=args.mapping,
            dims=args.dims,
            model=args.model,
            similarity=args.similarity,
        )
    if out.json:
        out.document({"alias": args.name, "index": index})
    else:
        out.line(f"{args.name} -> {index}")
    return 0
