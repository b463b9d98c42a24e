"""Look at a reranker: does it answer, as which model, with which prompt, in time, and with sense."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import TypeAlias

from es_hybrid import HybridError, Reranker
from es_hybrid.cli.checks.check import Check, Status
from es_hybrid.cli.checks.golden import QUERY, TEXTS, Mistake, Verdict, judge_scores
from es_hybrid.cli.checks.latency import measure, spelled
from es_hybrid.cli.checks.served import check_model, served_models
from es_hybrid.instructions import rerank_instruction
from es_hybrid.settings import RerankSettings
from es_hybrid.wire.rerank import dialect

__all__ = ["OpenReranker", "check_reranker"]

OpenReranker: TypeAlias = Callable[[RerankSettings], AbstractContextManager[Reranker | None]]
"""Opens a reranker with other settings, to see whether they would be right."""

_PATIENCE_S = 30.0

_HINTS: Mapping[Mistake, str] = MappingProxyType(
    {
        Mistake.ALL_THE_SAME: "restart or update the server: some builds answer 0.5 to everything",
        Mistake.INVERTED: (
            "the server takes yes for no: with vLLM, classifier_from_token must be"
            ' ["no","yes"] in that order'
        ),
        Mistake.TWICE_SQUASHED: "leave out what applies a sigmoid between the model and this client",
        Mistake.WRONG_PROMPT: (
            "exactly one side must apply the prompt: start the server with its --chat-template and"
            " set ES_HYBRID_RERANK__TEMPLATE=server, or start it without and set client"
        ),
        Mistake.EMBEDDER: (
            "start the server as a classifier: with vLLM, --hf-overrides as in docs/models.md"
        ),
        Mistake.NO_DIFFERENCE: (
            "the model, its prompt template or the dialect is not the one that the settings say"
        ),
    }
)
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
    prompted = settings.template != "none" or "qwen3-reranker" in settings.model.lower()
    try:
        scores = _scores(reranker, settings)
    except Exception as error:  # noqa: BLE001 - a shop's own reranker may raise anything
        hint = "start it, or correct ES_HYBRID_RERANK__URL and ES_HYBRID_RERANK__DIALECT"
        known = isinstance(error, HybridError)
        detail = str(error) if known else f"{type(error).__name__}: {error}"
        return [Check(name, Status.PROBLEM, detail, hint)]
    verdict = judge_scores(scores, prompted=prompted)
    better = _better_template(settings, verdict, open_other)
    return [
        _meaning(scores, verdict, better, settings, name),
        *_model(settings, name),
        _latency(reranker, settings, name),
    ]


def _scores(reranker: Reranker, settings: RerankSettings) -> list[float]:
    task = rerank_instruction(settings.instruction)
    found = reranker.rerank(QUERY, TEXTS, instruction=task, timeout_s=_PATIENCE_S)
    return [float(score) for score in found]


def _meaning(
    scores: list[float],
    verdict: Verdict,
    better: str | None,
    settings: RerankSettings,
    name: str,
) -> Check:
    right, _, *unrelated = scores
    detail = f"a right product scores {right:.3f}, an unrelated one {max(unrelated):.3f}"
    if settings.url and not settings.plugin:
        detail = f"{detail}; {_PROMPTS[settings.template]}"
    if verdict.words:
        detail = f"{detail}; {verdict.words}"
    hint = _HINTS[verdict.mistake] if verdict.mistake else ""
    if better:
        hint = (
            f"set ES_HYBRID_RERANK__TEMPLATE={better}: with it the same question is answered right"
        )
    return Check(name, verdict.status, detail, hint)


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


def _model(settings: RerankSettings, name: str) -> Iterator[Check]:
    if settings.url and not settings.plugin:
        served = served_models(settings.url, settings.api_key)
        setting = "ES_HYBRID_RERANK__MODEL"
        yield check_model(f"{name}: model", settings.model, served, setting=setting)


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
