"""The contract of a reranker: one finite score per text, whatever the order of the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from es_hybrid._flavour import async_check_plugin, check_plugin
from es_hybrid.errors import ConfigurationError
from es_hybrid.protocols import AsyncReranker, Reranker
from es_hybrid.testing.contract import (
    TIMEOUT_S,
    Answer,
    Broken,
    Relevance,
    conclude,
    described,
    read_scores,
)

_FILLERS = ("wireless noise cancelling headphones", "轻薄透气夏季连衣裙", "garden hose 20 m")
_TOLERANCE = 0.02
"""Share of the scores' spread by which a repeated score may differ; servers that batch vary."""
_MARGIN = 0.1

_FLAVOUR = "rerank() is of this client's flavour"
_SCORES = "One finite score per text is returned"
_CALLS = "Texts are scored with and without an instruction"
_BLANK = "A blank text gets a score, too: a product may have no text"
_EMPTY = "An empty list gives an empty answer"
_ORDER = "Scores follow their texts: other order of texts, same score a text"
_EQUAL = "The same call gives the same scores"
_EDITED = "The list of texts is left as it is"


class _Call(NamedTuple):
    name: str
    query: str
    texts: tuple[str, ...]
    instruction: str | None = None


def check_reranker(
    reranker: Reranker,
    *,
    query: str = "red running shoe",
    relevant: str = "Red running shoe for women, light and soft",
    unrelated: str = "Cast iron frying pan with lid",
) -> None:
    """Check a reranker against its contract.

    Args:
        reranker: For `HybridClient`.
        query: In words that the model knows.
        relevant: A product's text that answers the query.
        unrelated: One that does not.

    Raises:
        ContractViolation: Lists every broken rule.

    Warns:
        HybridWarning: The relevant text is hardly scored above the unrelated one, or all texts alike.

    Example:
        >>> from es_hybrid.testing import ScriptedReranker
        >>> check_reranker(ScriptedReranker(lambda query, text: float(query in text.lower())))
    """
    try:
        check_plugin(reranker, "rerank")
    except ConfigurationError as error:
        return conclude(reranker, [Broken(_FLAVOUR, str(error))])
    calls = _calls(Relevance(query, relevant, unrelated))
    answers = {call: _ask(reranker, call) for call in calls}
    return conclude(reranker, _broken(answers), _remarks(answers))


async def check_async_reranker(
    reranker: AsyncReranker,
    *,
    query: str = "red running shoe",
    relevant: str = "Red running shoe for women, light and soft",
    unrelated: str = "Cast iron frying pan with lid",
) -> None:
    """Check a reranker whose `rerank` is awaited; see `check_reranker`.

    Raises:
        ContractViolation: Lists every broken rule.

    Warns:
        HybridWarning: The relevant text is hardly scored above the unrelated one, or all texts alike.

    Example:
        async def test_reranker():
            await check_async_reranker(MyReranker())
    """
    try:
        async_check_plugin(reranker, "rerank")
    except ConfigurationError as error:
        return conclude(reranker, [Broken(_FLAVOUR, str(error))])
    calls = _calls(Relevance(query, relevant, unrelated))
    answers = {call: await _async_ask(reranker, call) for call in calls}
    return conclude(reranker, _broken(answers), _remarks(answers))


def _ask(reranker: Reranker, call: _Call) -> Answer:
    texts = list(call.texts)
    try:
        value = reranker.rerank(
            call.query, texts, instruction=call.instruction, timeout_s=TIMEOUT_S
        )
    except Exception as error:  # noqa: BLE001 - what it raises is what is judged
        return Answer(error=error)
    return Answer(value, edited=texts != list(call.texts))


async def _async_ask(reranker: AsyncReranker, call: _Call) -> Answer:
    texts = list(call.texts)
    try:
        value = await reranker.rerank(
            call.query, texts, instruction=call.instruction, timeout_s=TIMEOUT_S
        )
    except Exception as error:  # noqa: BLE001 - what it raises is what is judged
        return Answer(error=error)
    return Answer(value, edited=texts != list(call.texts))


def _calls(example: Relevance) -> tuple[_Call, ...]:
    texts = (example.unrelated, *_FILLERS, example.relevant)
    query = example.query
    return (
        _Call("together", query, texts),
        _Call("again", query, texts),
        _Call("reversed", query, texts[::-1]),
        _Call("alone", query, texts[-1:]),
        _Call("instructed", query, texts, "Given a shopping query, find products that satisfy it"),
        _Call("blank", query, (*texts, " ")),
        _Call("empty", query, ()),
    )


def _broken(answers: Mapping[_Call, Answer]) -> Iterator[Broken]:
    if any(answer.edited for answer in answers.values()):
        yield Broken(_EDITED, "it was changed")
    scores: dict[str, list[float]] = {}
    for call, answer in answers.items():
        read = _read(call, answer)
        if isinstance(read, Broken):
            yield read
        else:
            scores[call.name] = read
    together = scores.get("together")
    if together is None:
        return
    again, turned = scores.get("again", together), scores.get("reversed", together[::-1])[::-1]
    if not _alike(together, again):
        yield Broken(_EQUAL, _difference(together, again))
    elif not _alike(together, turned):
        yield Broken(_ORDER, _difference(together, turned))


def _read(call: _Call, answer: Answer) -> list[float] | Broken:
    rule = {"empty": _EMPTY, "blank": _BLANK}.get(call.name)
    if answer.error is not None:
        return Broken(rule or _CALLS, described(answer.error))
    read = read_scores(answer.value, len(call.texts))
    return Broken(rule or _SCORES, read) if isinstance(read, str) else read


def _alike(one: list[float], other: list[float]) -> bool:
    tolerance = max(1e-6, _TOLERANCE * (max(one) - min(one)))
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def _difference(one: list[float], other: list[float]) -> str:
    first, second = max(zip(one, other, strict=True), key=lambda pair: abs(pair[0] - pair[1]))
    return f"one text got {first:.4g}, then {second:.4g}"


def _remarks(answers: Mapping[_Call, Answer]) -> Iterator[str]:
    """Yield what is no breach, and still worth knowing; asked only where no rule is broken."""
    by_name = {call.name: answer for call, answer in answers.items()}
    scores = [float(score) for score in by_name["together"].value]
    unrelated, relevant, spread = scores[0], scores[-1], max(scores) - min(scores)
    hint = "pass a query and texts in words that the model knows"
    if spread == 0.0:
        yield f"{len(scores)} different texts all got {relevant:.4g}; {hint}"
    elif relevant - unrelated < _MARGIN * spread:
        yield f"a relevant text got {relevant:.4g}, an unrelated one {unrelated:.4g}; {hint}"
