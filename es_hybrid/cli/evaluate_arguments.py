"""What `es-hybrid evaluate` takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from es_hybrid.cli.arguments import names
from es_hybrid.cli.judged import add_judged_set
from es_hybrid.evaluate import RECIPES, JudgmentError, Threshold, parse_measures

__all__ = ["add_arguments"]

_MEASURES = ("ndcg@10", "mrr@10", "recall@100", "judged@10")
_Read = TypeVar("_Read")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `evaluate` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    add_judged_set(parser)
    compared = parser.add_argument_group("what is compared, and how")
    compared.add_argument(
        "--recipe",
        type=names,
        default=tuple(RECIPES),
        metavar="NAMES",
        help=f"what to compare, of {','.join(RECIPES)} (default: all)",
    )
    compared.add_argument(
        "--run",
        dest="run_files",
        action="append",
        default=[],
        metavar="FILE",
        help="also a run of another system, in TREC format, or a saved one",
    )
    compared.add_argument(
        "--no-search", action="store_true", help="judge the runs of --run only; needs no cluster"
    )
    compared.add_argument(
        "--measure",
        type=_read(lambda text: parse_measures(names(text))),
        default=",".join(_MEASURES),
        metavar="MEASURES",
        help="ndcg, mrr, recall, precision, map, err, judged at any depth; the first decides"
        f" (default: {','.join(_MEASURES)})",
    )
    compared.add_argument(
        "--baseline",
        metavar="NAME",
        help="what to compare with (default: the first of --run, or else of --recipe)",
    )
    compared.add_argument(
        "--fail-below",
        type=_read(Threshold.parse),
        action="append",
        default=[],
        metavar="FLOOR",
        help="exit with 1 if the last of --recipe has less, such as ndcg@10=0.74;"
        " hybrid:ndcg@10=0.74 for one by name",
    )
    _add_report_arguments(parser)


def _add_report_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("report")
    group.add_argument("--html", metavar="FILE", help="write a report with plots (extra evaluate)")
    group.add_argument("--save-runs", metavar="DIR", help="write each recipe's results here")
    group.add_argument("--per-query", action="store_true", help="also print each query's values")
    group.add_argument(
        "--worst",
        type=int,
        default=5,
        metavar="N",
        help="losers and winners to explain (default: 5)",
    )
    group.add_argument(
        "--relevant-from",
        type=int,
        metavar="GRADE",
        help="lowest relevant grade (default: 2, or 1 if no grade is above 1)",
    )
    group.add_argument(
        "--slice-by",
        type=names,
        default=("language", "type", "kind"),
        metavar="COLUMNS",
        help="also by these columns of QUERIES; kind is detected (default: language,type,kind)",
    )
    group.add_argument(
        "--brand-field",
        default="brand",
        metavar="FIELD",
        help="the index's brand field (default: brand)",
    )
    group.add_argument(
        "--title-field",
        default="title",
        metavar="FIELD",
        help="the index's title field (default: title)",
    )
    group.add_argument(
        "--warmup",
        type=int,
        default=10,
        metavar="N",
        help="untimed searches before measuring (default: 10)",
    )
    group.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the resampling (default: 0)"
    )


def _read(parse: Callable[[str], _Read]) -> Callable[[str], _Read]:
    """Return a parser whose complaints end in a line of usage."""

    def read(text: str) -> _Read:
        try:
            return parse(text)
        except JudgmentError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read
