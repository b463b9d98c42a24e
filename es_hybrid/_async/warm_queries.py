"""Fills the caches with the vectors of frequent queries, before shoppers ask them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from es_hybrid._async.models.cached import AsyncCachedEmbedder
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid.errors import ConfigurationError, HybridError
from es_hybrid.query.language import language_of
from es_hybrid.types import Stage, TextKind
from es_hybrid.warm_report import WarmQueriesReport

_HOPELESS = 3
"""Failed batches in a row that stop the run."""


async def warm_queries(
    toolbox: AsyncToolbox,
    queries: Sequence[str],
    *,
    instruction: str | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> WarmQueriesReport:
    """Put the vectors of queries into the caches; see `AsyncHybridClient.warm_queries`."""
    cached = toolbox.queries
    if cached is None:
        raise ConfigurationError("there is no embedder", hint="set ES_HYBRID_EMBED__BASE_URL")
    known = toolbox.models.embedder_profile.languages
    different = list(dict.fromkeys(text for text in queries if text.strip()))
    wanted = [text for text in different if known is None or language_of(text) in known]
    report = WarmQueriesReport(len(different), left_out=len(different) - len(wanted))
    batch, in_a_row = toolbox.settings.embed.batch, 0
    for start in range(0, len(wanted), batch):
        texts = wanted[start : start + batch]
        found, missing, trouble = await _warm(cached, texts, instruction, toolbox)
        in_a_row = in_a_row + 1 if trouble else 0
        if in_a_row >= _HOPELESS:
            raise HybridError(f"{in_a_row} batches failed one after the other: {trouble}")
        report = replace(
            report,
            computed=report.computed + (0 if trouble else missing),
            remembered=report.remembered + found,
            failed=report.failed + (missing if trouble else 0),
            reason=report.reason or trouble,
        )
        if on_progress is not None:
            on_progress(start + len(texts))
    return report


async def _warm(
    cached: AsyncCachedEmbedder,
    texts: Sequence[str],
    instruction: str | None,
    toolbox: AsyncToolbox,
) -> tuple[int, int, str]:
    """Return how many vectors were there, how many were not, and what went wrong."""
    found = await cached.look(texts, kind=TextKind.QUERY, instruction=instruction)
    missing = len(found.missing)
    lost_before = _lost(toolbox)
    try:
        await cached.complete(found, timeout_s=toolbox.settings.embed.ingest_timeout_s)
    except HybridError as error:
        return len(texts) - missing, missing, str(error)
    trouble = "Redis did not take the vectors" if _lost(toolbox) > lost_before else ""
    return len(texts) - missing, missing, trouble


def _lost(toolbox: AsyncToolbox) -> int:
    stats = toolbox.cache_stats[Stage.EMBED]
    return stats.shared_failures + stats.shared_skipped
