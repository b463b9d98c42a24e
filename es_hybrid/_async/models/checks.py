"""Asks a client's models the golden question, and says what their answers mean."""

from __future__ import annotations

from collections.abc import AsyncIterator

from es_hybrid._async.models.probe import probe_embedder, probe_reranker
from es_hybrid.checks import Check
from es_hybrid.golden import (
    EMBEDDER_DOWN,
    RERANKER_DOWN,
    check_scores,
    check_similarities,
    failed_check,
    judge_scores,
)
from es_hybrid.instructions import rerank_instruction
from es_hybrid.profiles import reads_prompt
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.settings import RerankSettings

_PATIENCE_S = 10.0


async def model_checks(
    embedder: AsyncEmbedder | None, reranker: AsyncReranker | None, settings: RerankSettings
) -> AsyncIterator[Check]:
    """Yield one check per model; see `AsyncHybridClient.check_models`.

    Args:
        embedder: The client's, if it has one.
        reranker: The client's, if it has one.
        settings: The task and the prompt that the reranker is asked with.
    """
    if embedder is not None:
        try:
            found = await probe_embedder(embedder, timeout_s=_PATIENCE_S)
        except Exception as error:  # noqa: BLE001 - a shop's own embedder may raise anything
            yield failed_check(error, name="embedder", hint=EMBEDDER_DOWN)
        else:
            yield check_similarities(found.cosines, name="embedder")
    if reranker is not None:
        task = rerank_instruction(settings.instruction)
        try:
            scores = await probe_reranker(reranker, instruction=task, timeout_s=_PATIENCE_S)
        except Exception as error:  # noqa: BLE001 - the same
            yield failed_check(error, name="reranker", hint=RERANKER_DOWN)
        else:
            prompted = reads_prompt(settings.model, template=settings.template)
            yield check_scores(scores, judge_scores(scores, prompted=prompted), name="reranker")
