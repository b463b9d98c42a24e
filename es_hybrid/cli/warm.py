"""Compute the vectors of frequent queries before they are asked for.

They are kept in the Redis of ES_HYBRID_CACHE__REDIS_URL for ES_HYBRID_CACHE__TTL_S seconds, where every process of the shop
finds them. Queries that are remembered already are not computed again. Products get their vectors from `es-hybrid ingest`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass

from es_hybrid import ConfigurationError, HybridError
from es_hybrid._sync.models import ModelStack
from es_hybrid.cli.checks.check import Status
from es_hybrid.cli.checks.index import check_index
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.output import Output
from es_hybrid.cli.progress import Progress
from es_hybrid.cli.query_log import top_queries
from es_hybrid.profiles import embedder_profile
from es_hybrid.query.language import language_of
from es_hybrid.settings import Settings
from es_hybrid.types import Stage, TextKind

__all__ = ["INTERRUPTED", "WarmReport", "add_arguments", "run", "warm_queries"]

INTERRUPTED = "what was computed stays; the same command goes on"

_TOP = 1000
_REDIS_PATIENCE_MS = 5000.0
"""A search waits milliseconds for Redis; a whole batch of vectors may take longer to write."""
_HOPELESS = 3
"""Failed batches in a row that stop the run."""


@dataclass(frozen=True, slots=True)
class WarmReport:
    """What was done.

    Attributes:
        queries: Different queries that were looked at.
        computed: Vectors that were computed and kept.
        remembered: Queries whose vector was there already.
        left_out: Queries in a language that the model does not know; searches never embed them.
        failed: Queries without a vector, because the server or Redis failed.
        reason: The first failure.
    """

    queries: int = 0
    computed: int = 0
    remembered: int = 0
    left_out: int = 0
    failed: int = 0
    reason: str = ""

    def __str__(self) -> str:
        said = (
            f"{self.queries:,} queries: {self.computed:,} computed, {self.remembered:,} remembered"
            f" already, {self.left_out:,} left out, {self.failed:,} failed"
        )
        return f"{said} ({self.reason})" if self.reason else said


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `warm` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias that is searched")
    parser.add_argument(
        "--queries",
        required=True,
        metavar="LOG",
        help="text file with a query a line, or CSV with a column query and perhaps count; may be"
        " gzipped",
    )
    parser.add_argument(
        "--top",
        type=int,
        default=_TOP,
        metavar="N",
        help=f"how many of the most frequent (default: {_TOP})",
    )


def run(args: argparse.Namespace) -> int:
    """Compute the vectors and print the report."""
    out = Output.of(args)
    settings = load_settings(args)
    _require_cache(settings)
    queries = top_queries(args.queries, top=args.top)
    _look_at_index(args.index, settings, out)
    with out.progress("warm", total=len(queries)) as progress:
        report = warm_queries(queries, settings, progress=progress)
    if out.json:
        out.document(asdict(report))
    else:
        out.line(report)
    return 3 if report.failed else 0


def warm_queries(queries: Sequence[str], settings: Settings, *, progress: Progress) -> WarmReport:
    """Put the vectors of queries into the Redis of the settings.

    Args:
        queries: Different ones.
        settings: Those that searches run with; other ones would make other vectors.
        progress: Told how far it is.

    Raises:
        HybridError: Nothing works: several batches failed one after the other.
    """
    known = embedder_profile(settings.embed.model).languages
    wanted = [text for text in queries if known is None or language_of(text) in known]
    left_out = len(queries) - len(wanted)
    computed = remembered = failed = in_a_row = 0
    reason = ""
    patient = settings.cache.model_copy(update={"redis_timeout_ms": _REDIS_PATIENCE_MS})
    with closing(ModelStack(settings.model_copy(update={"cache": patient}))) as stack:
        cached = stack.queries
        if cached is None:
            raise ConfigurationError("there is no embedder", hint="set ES_HYBRID_EMBED__BASE_URL")
        for start in range(0, len(wanted), settings.embed.batch):
            batch = wanted[start : start + settings.embed.batch]
            found = cached.look(batch, kind=TextKind.QUERY)
            remembered += len(batch) - len(found.missing)
            lost_before = _lost(stack)
            try:
                cached.complete(found, timeout_s=settings.embed.ingest_timeout_s)
                trouble = "Redis did not take the vectors" if _lost(stack) > lost_before else ""
            except HybridError as error:
                trouble = str(error)
            computed += 0 if trouble else len(found.missing)
            failed += len(found.missing) if trouble else 0
            reason = reason or trouble
            in_a_row = in_a_row + 1 if trouble else 0
            if in_a_row >= _HOPELESS:
                raise HybridError(f"{in_a_row} batches failed one after the other: {trouble}")
            progress.done(start + len(batch))
    return WarmReport(len(queries), computed, remembered, left_out, failed, reason)


def _lost(stack: ModelStack) -> int:
    stats = stack.cache_stats[Stage.EMBED]
    return stats.shared_failures + stats.shared_skipped


def _require_cache(settings: Settings) -> None:
    if settings.embed.plugin or not settings.embed.base_url:
        raise ConfigurationError(
            "no embedding server is set, and only a server's vectors are shared between processes",
            hint="set ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL",
        )
    if settings.cache.redis_url is None or not settings.cache.vector_bytes:
        raise ConfigurationError(
            "nothing would remember the vectors: this process ends",
            hint="set ES_HYBRID_CACHE__REDIS_URL, and leave ES_HYBRID_CACHE__VECTOR_BYTES above 0",
        )


def _look_at_index(index: str, settings: Settings, out: Output) -> None:
    """Refuse vectors that searches of this index would not use; note products without one."""
    with open_shop(settings) as shop:
        for check in check_index(shop.es, index, settings=settings, dims=settings.embed.dims):
            if check.status is Status.PROBLEM:
                raise HybridError(check.detail, hint=check.hint or None)
            if check.status is Status.NOTE:
                out.note(f"{check.detail}; {check.hint}")
