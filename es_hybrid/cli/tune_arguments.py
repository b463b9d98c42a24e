"""What `es-hybrid tune` takes."""

from __future__ import annotations

import argparse

from es_hybrid.cli.judged import add_judged_set
from es_hybrid.evaluate import JudgmentError, Measure

__all__ = ["add_arguments"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `tune` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    add_judged_set(parser)
    files = parser.add_argument_group("files").add_argument
    files("--out", metavar="FILE.toml", help="write the settings, with the evidence in it")
    files(
        "--candidates",
        metavar="FILE",
        help="keep what is retrieved here, and go on from it where it is there",
    )
    files("--space", metavar="FILE.toml", help="what is tried, a list of values each")
    files(
        "--boosts", metavar="FILE.json", help="boosts, as in ext.hybrid.boosts, to find a size for"
    )
    add = parser.add_argument_group("how it is chosen").add_argument
    add(
        "--measure",
        type=_measure,
        default="ndcg@10",
        metavar="MEASURE",
        help="what decides (default: ndcg@10)",
    )
    add("--folds", type=_from_two, default=5, metavar="N", help="parts, each held out (default: 5)")
    add("--repeats", type=int, default=3, metavar="N", help="divisions into parts (default: 3)")
    add(
        "--trials",
        type=int,
        default=200,
        metavar="N",
        help="configurations that are compared (default: 200)",
    )
    add(
        "--least",
        type=int,
        default=15,
        metavar="N",
        help="queries of a language or kind that get weights of their own (default: 15)",
    )
    add(
        "--worth",
        type=float,
        default=0.002,
        metavar="GAIN",
        help="what a search that takes twice the time must bring (default: 0.002)",
    )
    add(
        "--relevant-from",
        type=int,
        metavar="GRADE",
        help="lowest relevant grade (default: 2, or 1 where no grade is above 1)",
    )
    add("--seed", type=int, default=0, metavar="N", help="of all that is drawn (default: 0)")


def _measure(text: str) -> Measure:
    try:
        return Measure.parse(text)
    except JudgmentError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _from_two(text: str) -> int:
    number = int(text)
    if number < 2:
        raise argparse.ArgumentTypeError("two parts are the least that can be compared")
    return number
