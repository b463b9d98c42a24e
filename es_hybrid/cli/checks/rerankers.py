"""Look at a reranker: does it answer, as which model, with which prompt, in time, and with sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TypeAlias

from es_hybrid import HybridError, Reranker
from es_hybrid._sync.models.probe import probe_reranker
from es_hybrid.checks import Check, Status
from es_hybrid.cli.checks.latency import measure, spelled
from es_hybrid.cli.checks.served import Limits, check_limits, check_model, served_by
from es_hybrid.golden import (
    QUERY,
    RERANKER_DOWN,
    Verdict,
    check_scores,
    failed_check,
    judge_scores,
)
from es_hybrid.instructions import rerank_instruction
from es_hybrid.profiles import reads_prompt
from es_hybrid.settings import RerankSettings
from es_hybrid.wire.rerank import dialect, texts_a_request

__all__ = ["OpenReranker", "check_reranker"]

OpenReranker: TypeAlias = Callable[[RerankSettings], AbstractContextManager[Reranker | None]]
"""Opens a reranker with other settings, to see whether they would be right."""

_PATIENCE_S = 30.0

_PROMPTS: Mapping[str, str] = MappingProxyType(
    {
        "server": "the server applies the prompt",
        "client": "es_hybrid applies the prompt",
        "none": "nobody applies a prompt",
    }
)


def check_reranker(
    reranker: Reranker | None,
    settings: RerankSettings,
    *,
    name: str = "reranker",
    open_other: OpenReranker | None = None,
) -> list[Check]:
    """Ask the golden question and measure.

    Args:
        reranker: What is looked at.
        settings: Its own; the address is asked which models it serves.
        name: What the checks are called.
        open_other: Used to try the other way to apply the prompt, where this one fails.
    """
    if reranker is None:
        hint = "set ES_HYBRID_RERANK__URL"
        detail = "none is set: searches keep the fused order"
        return [Check(name, Status.NOTE, detail, hint)]
    prompted = reads_prompt(settings.model, template=settings.template)
    try:
        scores = _scores(reranker, settings)
    except Exception as error:  # noqa: BLE001 - a shop's own reranker may raise anything
        return [failed_check(error, name=name, hint=RERANKER_DOWN)]
    verdict = judge_scores(scores, prompted=prompted)
    better = _better_template(settings, verdict, open_other)
    known = "set ES_HYBRID_RERANK__TEMPLATE={}: with it the same question is answered right"
    prompt = _PROMPTS[settings.template] if settings.url and not settings.plugin else ""
    hint = known.format(better) if better else ""
    return [
        check_scores(scores, verdict, name=name, prompt=prompt, hint=hint),
        *_server(settings, name),
        _latency(reranker, settings, name),
    ]


def _scores(reranker: Reranker, settings: RerankSettings) -> list[float]:
    task = rerank_instruction(settings.instruction)
    return probe_reranker(reranker, instruction=task, timeout_s=_PATIENCE_S)


def _better_template(
    settings: RerankSettings, verdict: Verdict, open_other: OpenReranker | None
) -> str | None:
    """Return the other template setting where it makes the answers right."""
    if verdict.mistake is None or open_other is None:
        return None
    other = "server" if settings.template == "client" else "client"
    if other not in dialect(settings.dialect).templates:
        return None
    changed = settings.model_copy(update={"template": other})
    try:
        with open_other(changed) as reranker:
            if reranker is None:
                return None
            found = judge_scores(_scores(reranker, changed), prompted=True)
    except HybridError:
        return None
    return other if found.mistake is None else None


def _server(settings: RerankSettings, name: str) -> Iterator[Check]:
    if not settings.url or settings.plugin:
        return
    served = served_by(settings.url, settings.api_key)
    setting = "ES_HYBRID_RERANK__MODEL"
    yield check_model(f"{name}: model", settings.model, served.models, setting=setting)
    sent = Limits(
        texts=texts_a_request(dialect(settings.dialect), settings.max_documents),
        texts_setting="ES_HYBRID_RERANK__MAX_DOCUMENTS",
        tokens=settings.max_tokens,
        tokens_setting="ES_HYBRID_RERANK__MAX_TOKENS",
    )
    yield from check_limits(f"{name}: limits", served, sent)


def _latency(reranker: Reranker, settings: RerankSettings, name: str) -> Check:
    task = rerank_instruction(settings.instruction)

    def call(texts: list[str]) -> object:
        return reranker.rerank(QUERY, texts, instruction=task, timeout_s=_PATIENCE_S)

    timings = measure(call, sizes=(1, 16, 64, settings.top))
    detail = spelled(timings)
    top = next(timing for timing in timings if timing.size == settings.top)
    if top.took_s is not None and top.took_s <= settings.timeout_s:
        return Check(f"{name}: latency", Status.OK, detail)
    waits = f"{detail}; a search waits {settings.timeout_s * 1000:.0f} ms for {settings.top}"
    hint = top.reason or "raise ES_HYBRID_RERANK__TIMEOUT_S, or lower ES_HYBRID_RERANK__TOP"
    return Check(f"{name}: latency", Status.PROBLEM, waits, hint)
