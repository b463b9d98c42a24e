"""A reranker that does as it is told: scores, mistakes, failures and delays of a test's choosing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from es_hybrid.errors import ServiceTimeout

Script: TypeAlias = Sequence[float] | Callable[[str, str], float] | Exception
"""Scores returned as they are; or a function of query and text; or what to raise."""


@dataclass(frozen=True, slots=True)
class RerankCall:
    """What a reranker was asked.

    Attributes:
        query: The shopper's words.
        texts: Products as the reranker sees them.
        instruction: The task sentence.
        timeout_s: Seconds allowed.
    """

    query: str
    texts: tuple[str, ...]
    instruction: str | None
    timeout_s: float


class _Scripted:
    """What both flavours share: the script, and the record of the calls."""

    def __init__(self, script: Script, *, delay_s: float = 0.0, model: str = "scripted") -> None:
        self.model = model
        self.calls: list[RerankCall] = []
        self._script = script
        self._delay_s = delay_s

    def _wait_s(self, call: RerankCall) -> float:
        self.calls.append(call)
        return min(self._delay_s, call.timeout_s)

    def _answer(self, call: RerankCall) -> list[float]:
        if self._delay_s > call.timeout_s:
            raise ServiceTimeout(f"no answer within {call.timeout_s:g} s", service="rerank")
        if isinstance(self._script, Exception):
            raise self._script
        if callable(self._script):
            return [self._script(call.query, text) for text in call.texts]
        # Not cut or filled up: a short list is a failure that a test may want to play.
        return list(self._script)


class ScriptedReranker(_Scripted):
    """Answers as scripted, and remembers what it was asked in `calls`.

    Args:
        script: Scores returned as they are, whatever the texts; or a function of the query and one
            text; or an exception to raise.
        delay_s: Seconds before each answer; longer than a call allows is a `ServiceTimeout`.
        model: Its name, which chooses the defaults that go with a model.

    Example:
        >>> reranker = ScriptedReranker(lambda query, text: float(query in text))
        >>> reranker.rerank("red", ["red shoe", "hat"], instruction=None, timeout_s=1.0)
        [1.0, 0.0]
        >>> reranker.calls[0].texts
        ('red shoe', 'hat')
    """

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return what the script says.

        Raises:
            ServiceTimeout: The delay is longer than `timeout_s`.
            Exception: The scripted one.
        """
        call = RerankCall(query, tuple(texts), instruction, timeout_s)
        time.sleep(self._wait_s(call))
        return self._answer(call)


class AsyncScriptedReranker(_Scripted):
    """The same as `ScriptedReranker`, awaited.

    Example:
        >>> rerank = AsyncScriptedReranker([0.5]).rerank
        >>> asyncio.run(rerank("red", ["red shoe"], instruction=None, timeout_s=1.0))
        [0.5]
    """

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return what the script says; see `ScriptedReranker.rerank`."""
        call = RerankCall(query, tuple(texts), instruction, timeout_s)
        await asyncio.sleep(self._wait_s(call))
        return self._answer(call)
