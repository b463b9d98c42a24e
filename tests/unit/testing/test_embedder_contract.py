"""An embedder that breaks its contract is told which rule."""

from __future__ import annotations

import asyncio
import pickle
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from es_hybrid.errors import HybridWarning
from es_hybrid.testing import (
    AsyncHashEmbedder,
    AsyncScriptedReranker,
    ContractViolation,
    HashEmbedder,
    ScriptedReranker,
    check_async_embedder,
    check_async_reranker,
    check_embedder,
    check_reranker,
)
from es_hybrid.types import TextKind, Vectors

Edit = Callable[[Sequence[str], Vectors], Any]


def embed(texts: list[str], dims: int = 64) -> Vectors:
    return HashEmbedder(dims).embed(texts, kind=TextKind.DOCUMENT, timeout_s=1.0)


@dataclass
class Edited:
    """An embedder whose answer is edited."""

    edit: Edit
    model: str = "edited"

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Any:
        if any(not text.strip() for text in texts):
            raise ValueError("blank")
        return self.edit(texts, embed(list(texts)))


def only_documents(texts: Sequence[str], rows: Vectors) -> Vectors:
    if texts == ["running shoe"]:
        raise TypeError("kind must be document")
    return rows


def with_dims_of_batch(texts: Sequence[str], rows: Vectors) -> Vectors:
    return embed(list(texts), 32 if len(texts) == 1 else 64)


def centred(texts: Sequence[str], rows: Vectors) -> Vectors:
    moved: Vectors = rows - rows.sum(axis=0) / max(len(rows), 1) * 0.9
    moved /= np.linalg.norm(moved, axis=1, keepdims=True)
    return moved


def emptied(texts: Sequence[str], rows: Vectors) -> Vectors:
    del texts[:]  # type: ignore[attr-defined]
    return rows


EMBEDDERS: list[tuple[Edit, str]] = [
    (lambda t, rows: rows.tolist(), "A float32 array .*: a list came"),
    (lambda t, rows: rows.astype(np.float64), "A float32 array .*: 5 texts gave float64"),
    (lambda t, rows: rows[:1], r"A float32 array .*: 5 texts gave float32 of shape \(1, 64\)"),
    (lambda t, rows: rows * np.float32(3.2), "Every row has length 1: a row has length 3.2"),
    (lambda t, rows: rows * np.float32(np.nan), "All numbers are finite: NaN"),
    (lambda t, rows: rows[::-1], "Rows are in the order of the texts"),
    (only_documents, "Queries and documents are both taken: TypeError: kind must be document"),
    (with_dims_of_batch, "same number of dims: 32 and 64 were seen"),
    (centred, "same vector, alone and among others: .* cosine"),
    (lambda t, rows: rows if t else None, "An empty list gives an empty answer: a NoneType came"),
    (lambda t, rows: rows if t else rows[0], "An empty list gives an empty answer: IndexError"),
    (emptied, "The list of texts is left as it is"),
]


@pytest.mark.parametrize(("edit", "sentence"), EMBEDDERS)
def test_a_broken_embedder_is_told_which_rule(edit: Edit, sentence: str) -> None:
    """Each rule is found broken, and said in a sentence with what was seen."""
    with pytest.raises(ContractViolation, match=sentence) as found:
        check_embedder(Edited(edit))
    assert len(found.value.broken) == 1


def test_a_blank_text_may_not_become_the_zero_vector() -> None:
    """Elasticsearch refuses a vector of length 0 under cosine similarity."""

    class Zeros(HashEmbedder):
        def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
            zeros = np.zeros((1, 64), np.float32)
            return np.vstack(
                [embed([text]) if text.strip() else zeros for text in texts] or [zeros[:0]]
            )

    with pytest.raises(ContractViolation, match=r"A blank text is refused.*: a row has length 0"):
        check_embedder(Zeros())


def test_a_blank_text_with_a_vector_is_to_be_documented() -> None:
    """A vector for nothing is allowed where the docstring says so, and remarked on elsewhere."""

    class Silent(HashEmbedder):
        def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
            return embed([text.strip() or "-" for text in texts])

    class Documented(Silent):
        def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
            """Return unit rows; a blank text gets that of a dash."""
            return super().embed(texts, kind=kind, timeout_s=timeout_s)

    check_embedder(Documented())
    with pytest.warns(HybridWarning, match="Silent: a blank text gets a vector"):
        check_embedder(Silent())


def test_an_embedder_that_understands_nothing_is_remarked_on() -> None:
    """One vector for all breaks no rule, and is still worth a warning; words can be chosen."""
    alike = Edited(lambda texts, rows: embed(["same"] * len(texts)))
    with pytest.warns(HybridWarning, match=r"a relevant text is at cosine 1\.00.*words that the"):
        check_embedder(alike)
    with warnings.catch_warnings(action="error"):
        check_embedder(HashEmbedder(), query="连衣裙", relevant="夏季连衣裙", unrelated="床头灯")


async def test_the_wrong_flavour_is_named() -> None:
    """Plain and awaited methods are told apart before anything is called."""
    with pytest.raises(ContractViolation, match=r"AsyncHashEmbedder\.embed\(\) is a coroutine"):
        check_embedder(AsyncHashEmbedder())  # type: ignore[arg-type]
    with pytest.raises(ContractViolation, match=r"HashEmbedder\.embed\(\) is a plain method"):
        await check_async_embedder(HashEmbedder())  # type: ignore[arg-type]
    with pytest.raises(ContractViolation, match=r"rerank\(\) is a coroutine method"):
        check_reranker(AsyncScriptedReranker([]))  # type: ignore[arg-type]
    with pytest.raises(ContractViolation, match=r"rerank\(\) is a plain method"):
        await check_async_reranker(ScriptedReranker([]))  # type: ignore[arg-type]
    with pytest.raises(ContractViolation, match=r"object has no method embed\(\)"):
        check_embedder(object())  # type: ignore[arg-type]


def test_all_broken_rules_are_listed_at_once() -> None:
    """A plug-in author mends everything in one go; the error is an assertion, and can be sent on."""
    everything = Edited(lambda texts, rows: (rows * 2).tolist() if len(texts) == 1 else rows * 2)
    everything.model = ""
    with pytest.raises(ContractViolation) as found:
        check_embedder(everything)
    broken = found.value.broken
    assert [rule.split(":")[0].split(",")[0] for rule in broken] == [
        "`model` names the model",
        "Every row has length 1",
        "A float32 array of shape (len(texts)",
    ]
    assert str(found.value).startswith("Edited breaks its contract:\n- ")
    assert all(f"\n- {sentence}" in str(found.value) for sentence in broken)
    assert isinstance(found.value, AssertionError)
    assert pickle.loads(pickle.dumps(found.value)).broken == broken


async def test_the_async_checks_find_the_same() -> None:
    """The contract exists once: only who waits differs."""

    class Doubled(AsyncHashEmbedder):
        async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
            await asyncio.sleep(0)
            return embed(list(texts)) * np.float32(2.0) if texts else embed([])

    with pytest.raises(ContractViolation, match="Every row has length 1: a row has length 2"):
        await check_async_embedder(Doubled())
    with pytest.raises(ContractViolation, match="One finite score per text"):
        await check_async_reranker(AsyncScriptedReranker([0.5]))
    with pytest.raises(ContractViolation, match="with and without an instruction: OSError: down"):
        await check_async_reranker(AsyncScriptedReranker(OSError("down")))
    with pytest.warns(HybridWarning, match="5 different texts all got"):
        await check_async_reranker(AsyncScriptedReranker(lambda query, text: 0.5))
