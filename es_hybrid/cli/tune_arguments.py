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
        help="keep what is retrieved here, and continue from it if it exists",
    )
    files("--space", metavar="FILE.toml", help="what to try: a list of values for each setting")
    files(
        "--boosts",
        metavar="FILE.json",
        help="boosts, as in ext.hybrid.boosts, whose size to choose",
    )
    add = parser.add_argument_group("how it is chosen").add_argument
    add(
        "--measure",
        type=_measure,
        default="ndcg@10",
        metavar="MEASURE",
        help="measure that decides (default: ndcg@10)",
    )
    add(
        "--folds",
        type=_from_two,
        default=5,
        metavar="N",
        help="parts, each held out in turn (default: 5)",
    )
    add(
        "--repeats",
        type=int,
        default=3,
        metavar="N",
        help="random divisions into parts (default: 3)",
    )
    add(
        "--trials",
        type=int,
        default=200,
        metavar="N",
        help="configurations to compare (default: 200)",
    )
    add(
        "--least",
        type=int,
        default=15,
        metavar="N",
        help="fewest queries for which a language or kind gets its own weights (default: 15)",
    )
    add(
        "--worth",
        type=float,
        default=0.002,
        metavar="GAIN",
        help="gain that justifies doubling a search's time (default: 0.002)",
    )
    add(
        "--relevant-from",
        type=int,
        metavar="GRADE",
        help="lowest relevant grade (default: 2, or 1 if no grade is above 1)",
    )
    add("--seed", type=int, default=0, metavar="N", help="seed of everything random (default: 0)")


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
