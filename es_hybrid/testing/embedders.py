"""The contract of an embedder: one finite unit row a text, in order, always the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sized
from typing import NamedTuple

import numpy as np

from es_hybrid._flavour import async_check_plugin, check_plugin
from es_hybrid.errors import ConfigurationError
from es_hybrid.protocols import AsyncEmbedder, Embedder
from es_hybrid.testing.contract import (
    TIMEOUT_S,
    Answer,
    Broken,
    Relevance,
    conclude,
    described,
)
from es_hybrid.types import TextKind, Vectors

_TEXTS = (
    "red running shoe for women",
    "wireless noise cancelling headphones",
    "轻薄透气夏季连衣裙",
    "cast iron frying pan 28 cm",
    "red running shoe for women",
)
_SAME = 0.999
"""Cosine of two vectors of one text; servers that batch differ in the last bits."""
_UNIT = 1e-3
_MARGIN = 0.05

_FLAVOUR = "embed() is of this client's flavour"
_MODEL = "`model` names the model, so that vectors of two models never mix"
_KINDS = "Queries and documents are both taken"
_SHAPE = "A float32 array of shape (len(texts), dims) is returned, one row per text"
_FINITE = "All numbers are finite"
_LENGTH = "Every row has length 1"
_DIMS = "Vectors always have the same number of dims"
_ORDER = "Rows are in the order of the texts"
_EQUAL = "A text has the same vector, alone and among others"
_BLANK = "A blank text is refused, or gets a unit row as any other"
_EMPTY = "An empty list gives an empty answer"
_EDITED = "The list of texts is left as it is"


class _Call(NamedTuple):
    texts: tuple[str, ...]
    kind: TextKind = TextKind.DOCUMENT


_TOGETHER = _Call(_TEXTS)
_REVERSED = _Call(_TEXTS[::-1])
_ALONE = tuple(_Call((text,)) for text in _TEXTS)
_AS_QUERY = _Call(_TEXTS[:1], TextKind.QUERY)
_NO_TEXT = _Call(())
_BLANKS = _Call((_TEXTS[0], " "))


def check_embedder(
    embedder: Embedder,
    *,
    query: str = "running shoe",
    relevant: str = "red running shoe for women",
    unrelated: str = "cast iron frying pan",
) -> None:
    """Check an embedder against its contract.

    Args:
        embedder: For `HybridClient`.
        query: In words that the model knows.
        relevant: A product's text that answers the query.
        unrelated: One that does not.

    Raises:
        ContractViolation: Lists every broken rule.

    Warns:
        HybridWarning: The relevant text is hardly nearer to the query than the unrelated one.

    Example:
        >>> from es_hybrid.testing import HashEmbedder
        >>> check_embedder(HashEmbedder())
    """
    try:
        check_plugin(embedder, "embed")
    except ConfigurationError as error:
        return conclude(embedder, [Broken(_FLAVOUR, str(error))])
    example = Relevance(query, relevant, unrelated)
    answers = {call: _ask(embedder, call) for call in _calls(example)}
    return conclude(embedder, _broken(embedder, answers), _remarks(embedder, example, answers))


async def check_async_embedder(
    embedder: AsyncEmbedder,
    *,
    query: str = "running shoe",
    relevant: str = "red running shoe for women",
    unrelated: str = "cast iron frying pan",
) -> None:
    """Check an embedder whose `embed` is awaited; see `check_embedder`.

    Raises:
        ContractViolation: Lists every broken rule.

    Warns:
        HybridWarning: The relevant text is hardly nearer to the query than the unrelated one.

    Example:
        async def test_embedder():
            await check_async_embedder(MyEmbedder())
    """
    try:
        async_check_plugin(embedder, "embed")
    except ConfigurationError as error:
        return conclude(embedder, [Broken(_FLAVOUR, str(error))])
    example = Relevance(query, relevant, unrelated)
    answers = {call: await _async_ask(embedder, call) for call in _calls(example)}
    return conclude(embedder, _broken(embedder, answers), _remarks(embedder, example, answers))


def _ask(embedder: Embedder, call: _Call) -> Answer:
    texts = list(call.texts)
    try:
        value = embedder.embed(texts, kind=call.kind, timeout_s=TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 - what it raises is what is judged
        return Answer(error=error)
    return Answer(value, edited=texts != list(call.texts))


async def _async_ask(embedder: AsyncEmbedder, call: _Call) -> Answer:
    texts = list(call.texts)
    try:
        value = await embedder.embed(texts, kind=call.kind, timeout_s=TIMEOUT_S)
    except Exception as error:  # noqa: BLE001 - what it raises is what is judged
        return Answer(error=error)
    return Answer(value, edited=texts != list(call.texts))


def _calls(example: Relevance) -> tuple[_Call, ...]:
    return (
        *(_TOGETHER, _REVERSED, *_ALONE, _AS_QUERY, _NO_TEXT, _BLANKS),
        *(_asked(example), _offered(example)),
    )


def _asked(example: Relevance) -> _Call:
    return _Call((example.query,), TextKind.QUERY)


def _offered(example: Relevance) -> _Call:
    return _Call((example.relevant, example.unrelated))


def _broken(embedder: object, answers: Mapping[_Call, Answer]) -> Iterator[Broken]:
    model = getattr(embedder, "model", None)
    if not isinstance(model, str) or not model:
        yield Broken(_MODEL, f"it is {model!r}")
    if any(answer.edited for answer in answers.values()):
        yield Broken(_EDITED, "it was changed")
    rows: dict[_Call, Vectors] = {}
    for call, answer in answers.items():
        if call in (_NO_TEXT, _BLANKS):
            continue
        wrong = _wrong(answer, len(call.texts))
        if wrong is None:
            rows[call] = answer.value
        else:
            yield wrong
    dims = sorted({vectors.shape[1] for vectors in rows.values()})
    if len(dims) > 1:
        yield Broken(_DIMS, f"{' and '.join(map(str, dims))} were seen")
    else:
        yield from _order(rows)
    yield from _special(answers)


def _wrong(answer: Answer, count: int) -> Broken | None:
    if answer.error is not None:
        return Broken(_KINDS, described(answer.error))
    rows = answer.value
    if not isinstance(rows, np.ndarray):
        return Broken(_SHAPE, f"a {type(rows).__name__} came")
    if rows.dtype != np.float32 or rows.ndim != 2 or len(rows) != count or not rows.size:
        return Broken(_SHAPE, f"{count} texts gave {rows.dtype} of shape {rows.shape}")
    if not np.isfinite(rows).all():
        return Broken(_FINITE, "NaN or infinity was seen")
    lengths = np.linalg.norm(rows, axis=1)
    if (abs(lengths - 1.0) > _UNIT).any():
        return Broken(_LENGTH, f"a row has length {lengths[abs(lengths - 1.0).argmax()]:.3g}")
    return None


def _order(rows: Mapping[_Call, Vectors]) -> Iterator[Broken]:
    if _TOGETHER not in rows or not all(call in rows for call in _ALONE):
        return
    together = rows[_TOGETHER]
    alone = np.concatenate([rows[call] for call in _ALONE])
    turned = rows.get(_REVERSED, together[::-1])[::-1]
    for batch in (together, turned):
        cosines = alone @ batch.T
        own = cosines.diagonal()
        if (own > _SAME).all():
            continue
        if (cosines.max(axis=1) > _SAME).all():
            yield Broken(_ORDER, "a text's vector came in another text's row")
        else:
            yield Broken(_EQUAL, f"a text's two vectors have cosine {own.min():.3f}")


def _special(answers: Mapping[_Call, Answer]) -> Iterator[Broken]:
    none = answers[_NO_TEXT]
    if none.error is not None:
        yield Broken(_EMPTY, described(none.error))
    elif not isinstance(none.value, Sized) or len(none.value):
        yield Broken(_EMPTY, f"a {type(none.value).__name__} came that is not empty")
    blank = answers[_BLANKS]
    wrong = None if blank.error is not None else _wrong(blank, len(_BLANKS.texts))
    if wrong is not None:
        yield Broken(_BLANK, wrong.seen)


def _remarks(
    embedder: object, example: Relevance, answers: Mapping[_Call, Answer]
) -> Iterator[str]:
    """Yield what is no breach, and still worth knowing; asked only where no rule is broken."""
    document = (getattr(embedder, "embed", None).__doc__ or "").lower()
    if answers[_BLANKS].error is None and not ("blank" in document or "empty" in document):
        yield "a blank text gets a vector, and embed()'s docstring does not say which"
    near, far = answers[_offered(example)].value @ answers[_asked(example)].value[0]
    if near - far < _MARGIN:
        yield (
            f"a relevant text is at cosine {near:.2f}, an unrelated one at {far:.2f}; "
            "pass a query and texts in words that the model knows"
        )
