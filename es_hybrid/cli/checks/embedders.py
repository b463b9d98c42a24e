"""Look at an embedder: does it answer, as which model, in time, and with sense."""

from __future__ import annotations

from collections.abc import Iterator

from es_hybrid import Embedder
from es_hybrid._sync.models.probe import probe_embedder
from es_hybrid.checks import Check, Status
from es_hybrid.cli.checks.latency import Timing, measure, spelled
from es_hybrid.cli.checks.served import Limits, check_limits, check_model, served_by
from es_hybrid.golden import EMBEDDER_DOWN, check_similarities, failed_check
from es_hybrid.instructions import query_instruction
from es_hybrid.profiles import embedder_profile
from es_hybrid.settings import EmbedSettings
from es_hybrid.types import TextKind

__all__ = ["check_embedder"]

_PATIENCE_S = 30.0
_ALIKE = 0.999
"""Cosine between one text's vectors from two calls; engines differ by rounding."""


def check_embedder(
    embedder: Embedder | None, settings: EmbedSettings, *, name: str = "embedder"
) -> tuple[list[Check], int | None]:
    """Ask the golden question and measure; return what was found, and the vectors' length.

    Args:
        embedder: What is looked at.
        settings: Its own; the address is asked which models it serves.
        name: What the checks are called.
    """
    if embedder is None:
        hint = "set ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL"
        return [Check(name, Status.NOTE, "none is set: searches are lexical", hint)], None
    try:
        found = probe_embedder(embedder, timeout_s=_PATIENCE_S)
    except Exception as error:  # noqa: BLE001 - a shop's own embedder may raise anything
        return [failed_check(error, name=name, hint=EMBEDDER_DOWN)], None
    checks = [
        Check(name, Status.OK, f"{embedder.model or 'unnamed model'}, {found.dims} dims"),
        *_server(embedder, settings, name),
        check_similarities(found.cosines, name=f"{name}: meaning"),
        _batches(found.alike, name),
        *_instruction(embedder, settings, name),
        _latency(embedder, settings, name),
    ]
    return checks, found.dims


def _server(embedder: Embedder, settings: EmbedSettings, name: str) -> Iterator[Check]:
    if not settings.base_url or settings.plugin:
        return
    served = served_by(f"{settings.base_url.rstrip('/')}/embeddings", settings.api_key)
    setting = "ES_HYBRID_EMBED__MODEL"
    yield check_model(f"{name}: model", embedder.model, served.models, setting=setting)
    sent = Limits(
        texts=settings.batch,
        texts_setting="ES_HYBRID_EMBED__BATCH",
        tokens=settings.max_tokens,
        tokens_setting="ES_HYBRID_EMBED__MAX_TOKENS",
    )
    yield from check_limits(f"{name}: limits", served, sent)


def _batches(alike: float, name: str) -> Check:
    if alike >= _ALIKE:
        return Check(
            f"{name}: batches", Status.OK, "a text has the same vector alone and in a batch"
        )
    detail = f"a text's vectors alone and in a batch have a cosine of only {alike:.3f}"
    hint = "update the server: TEI before 1.7.4 is known for it with Qwen3-Embedding"
    return Check(f"{name}: batches", Status.PROBLEM, detail, hint)


def _instruction(embedder: Embedder, settings: EmbedSettings, name: str) -> Iterator[Check]:
    """Yield what goes before queries; a plug-in has its own way."""
    if settings.plugin or not settings.base_url:
        return
    usual = embedder_profile(embedder.model).query_instruction
    used = query_instruction(settings.query_instruction)
    used = usual if used is None else used
    if used:
        detail = f"queries go out as Instruct: {used}, documents bare"
    else:
        detail = "queries and documents go out bare"
    if usual and not used:
        hint = "unset ES_HYBRID_EMBED__QUERY_INSTRUCTION: this model was trained with one"
        yield Check(f"{name}: instruction", Status.NOTE, detail, hint)
        return
    yield Check(f"{name}: instruction", Status.OK, detail)


def _latency(embedder: Embedder, settings: EmbedSettings, name: str) -> Check:
    def call(texts: list[str]) -> object:
        kind = TextKind.QUERY if len(texts) == 1 else TextKind.DOCUMENT
        return embedder.embed(texts, kind=kind, timeout_s=_PATIENCE_S)

    timings = measure(call)
    detail = spelled(timings)
    one = timings[0]
    if one.took_s is None or one.took_s > settings.timeout_s:
        wrong = f"{detail}; a search waits {settings.timeout_s * 1000:.0f} ms for one"
        hint = one.reason or "raise ES_HYBRID_EMBED__TIMEOUT_S, and ES_HYBRID_SEARCH__BUDGET_S"
        return Check(f"{name}: latency", Status.PROBLEM, wrong, hint)
    failed = next((timing for timing in timings if timing.took_s is None), None)
    return Check(f"{name}: latency", *_batch_limit(detail, failed, settings))


def _batch_limit(
    detail: str, failed: Timing | None, settings: EmbedSettings
) -> tuple[Status, str, str]:
    if failed is None:
        return Status.OK, detail, ""
    said = f"{detail} ({failed.reason})"
    if failed.size > settings.batch:  # never sent, then
        return Status.OK, said, ""
    return Status.PROBLEM, said, f"lower ES_HYBRID_EMBED__BATCH, which is {settings.batch}"
