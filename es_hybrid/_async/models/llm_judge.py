"""Asks a language model for grades."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from functools import partial

from es_hybrid._async.models.openai_server import AsyncOpenAIServer
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ConfigurationError
from es_hybrid.settings import JudgeSettings
from es_hybrid.wire.judging import PROMPT_VERSION, Verdict, decode_verdict, encode_question

SERVICE = "judge"
MAX_BYTES = 4_000_000
PATIENT_RETRY = RetryPolicy(max_attempts=4, max_elapsed_s=300.0, base_s=0.5, cap_s=20.0)
"""Nobody waits for a grade; a paid service's limit for a minute passes."""


class AsyncLlmJudge:
    """Grades products 0 to 3 by a language model. Never used unless it is called.

    Args:
        settings: Address, key, model.
        retry: How failed calls are repeated within `timeout_s`.

    Attributes:
        name: Model and version of the prompt, to keep with each grade.

    Raises:
        ConfigurationError: Address or model is missing.

    Example:
        judge = AsyncLlmJudge(JudgeSettings(base_url="http://localhost:8000/v1", model="m"))
        verdict = await judge.grade("red shoe", "Trail shoe, red")
    """

    def __init__(self, settings: JudgeSettings, *, retry: RetryPolicy = PATIENT_RETRY) -> None:
        if not settings.base_url or not settings.model:
            raise ConfigurationError(
                "no judge is configured",
                hint="set ES_HYBRID_JUDGE__BASE_URL and ES_HYBRID_JUDGE__MODEL",
            )
        self.name = f"{settings.model}, prompt {PROMPT_VERSION}"
        self._settings = settings
        self._server = AsyncOpenAIServer(
            settings.base_url,
            settings.api_key,
            service=SERVICE,
            max_bytes=MAX_BYTES,
            retry=retry,
        )

    async def grade(self, query: str, product: str) -> Verdict:
        """Return one product's grade.

        Args:
            query: The shopper's words.
            product: What the judge reads of it.

        Raises:
            ServiceError: The server refused or could not be reached.
            ServiceTimeout: No whole answer in time.
            ContractError: An answer without a grade, again and again.

        Example:
            verdict = await judge.grade("red shoe", "Trail shoe, red")
        """
        settings = self._settings
        request = encode_question(
            query, product, model=settings.model, max_tokens=settings.max_tokens
        )
        return await self._server.chat(
            request,
            partial(decode_verdict, service=SERVICE),
            sent=[query, product],
            timeout_s=settings.timeout_s,
        )

    async def grades(self, pairs: Iterable[tuple[str, str]]) -> AsyncGenerator[Verdict, None]:
        """Yield one verdict per pair of query and product, in order, several asked at once.

        Raises:
            ServiceError: As `grade`; what was yielded before stands.

        Example:
            async for verdict in judge.grades([("red shoe", "Trail shoe, red")]):
                print(verdict)
        """

        async def one(pair: tuple[str, str]) -> Verdict:
            return await self.grade(*pair)

        limit = self._settings.max_in_flight
        async with aclosing(async_map_ordered(one, pairs, limit=limit)) as verdicts:
            async for verdict in verdicts:
                yield verdict

    async def aclose(self) -> None:
        """Close the connections.

        Example:
            await judge.aclose()
        """
        await self._server.aclose()
