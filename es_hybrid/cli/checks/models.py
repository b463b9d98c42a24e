"""Look at the model servers: do they answer, in time, and with sense."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

import numpy as np

from es_hybrid import Embedder, HybridError, Reranker
from es_hybrid.cli.checks.check import Check, Status
from es_hybrid.settings import Settings
from es_hybrid.types import TextKind

__all__ = ["check_embedder", "check_reranker"]

T = TypeVar("T")

# A pair that any model of product texts tells apart; wrong templates and wrong models do not.
_QUERY = "wireless noise cancelling headphones"
_RELEVANT = "Wireless over-ear headphones with active noise cancelling, 30 hours of battery"
_IRRELEVANT = "Stainless steel garlic press, dishwasher safe"
_MARGIN = 0.1
_PATIENCE_S = 10.0
_TIMED = 3


def check_embedder(embedder: Embedder | None, settings: Settings) -> tuple[Check, int | None]:
    """Embed a query and two products; return what was found, and the vectors' length."""
    if embedder is None:
        hint = "set ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL"
        return Check("embedder", Status.NOTE, "none is set: searches are lexical", hint), None
    try:
        texts = [_RELEVANT, _IRRELEVANT]
        products = embedder.embed(texts, kind=TextKind.DOCUMENT, timeout_s=_PATIENCE_S)
        query, took_s = _timed(
            lambda: embedder.embed([_QUERY], kind=TextKind.QUERY, timeout_s=_PATIENCE_S)
        )
        relevant, irrelevant = map(float, np.asarray(products) @ np.asarray(query)[0])
        dims = int(np.asarray(query).shape[1])
    except Exception as error:  # noqa: BLE001 - a shop's own embedder may raise anything
        hint = "start it, or correct ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL"
        return _failed("embedder", error, hint), None
    detail = f"{embedder.model or 'unnamed model'}, {dims} dims, {took_s * 1000:.1f} ms a query"
    check = _judged("embedder", detail, relevant - irrelevant)
    if check.status is Status.OK and took_s > settings.embed.timeout_s:
        check = _slow("embedder", detail, settings.embed.timeout_s, "ES_HYBRID_EMBED__TIMEOUT_S")
    return check, dims


def check_reranker(reranker: Reranker | None, settings: Settings) -> Check:
    """Rerank a relevant and an irrelevant product, then as many as a search does."""
    if reranker is None:
        hint = "set ES_HYBRID_RERANK__URL"
        return Check("reranker", Status.NOTE, "none is set: searches keep the fused order", hint)
    instruction, top = settings.rerank.instruction, settings.rerank.top

    def scores(count: int) -> list[float]:
        texts = [_RELEVANT, *[_IRRELEVANT] * (count - 1)]
        found = reranker.rerank(_QUERY, texts, instruction=instruction, timeout_s=_PATIENCE_S)
        return [float(score) for score in found]

    try:
        relevant, irrelevant = scores(2)
        _, took_s = _timed(lambda: scores(top))
    except Exception as error:  # noqa: BLE001 - a shop's own reranker may raise anything
        hint = "start it, or correct ES_HYBRID_RERANK__URL and ES_HYBRID_RERANK__DIALECT"
        return _failed("reranker", error, hint)
    detail = (
        f"a right product scores {relevant:.3f}, a wrong one {irrelevant:.3f}"
        f", {took_s * 1000:.1f} ms for {top} products"
    )
    check = _judged("reranker", detail, relevant - irrelevant)
    if check.status is Status.OK and took_s > settings.rerank.timeout_s:
        variable = "ES_HYBRID_RERANK__TIMEOUT_S, or lower ES_HYBRID_RERANK__TOP"
        return _slow("reranker", detail, settings.rerank.timeout_s, variable)
    return check


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    """Return the last answer and the median seconds of a few calls."""
    spent = []
    for _ in range(_TIMED):
        start_s = perf_counter()
        answer = call()
        spent.append(perf_counter() - start_s)
    return answer, sorted(spent)[_TIMED // 2]


def _judged(name: str, detail: str, margin: float) -> Check:
    if margin >= _MARGIN:
        return Check(name, Status.OK, detail)
    wrong = f"{detail}; a right product is only {margin:.3f} above a wrong one"
    hint = "the model, its prompt template or the dialect is not the one that the settings say"
    return Check(name, Status.PROBLEM, wrong, hint)


def _slow(name: str, detail: str, timeout_s: float, variable: str) -> Check:
    wrong = f"{detail}, more than the {timeout_s * 1000:.0f} ms a search waits"
    return Check(name, Status.PROBLEM, wrong, f"raise {variable}")


def _failed(name: str, error: Exception, hint: str) -> Check:
    known = isinstance(error, HybridError)
    detail = str(error) if known else f"{type(error).__name__}: {error}"
    return Check(name, Status.PROBLEM, detail, hint)
