"""Scores texts against a query on a rerank server; the home of httpx on the search path."""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, Sequence
from contextlib import aclosing
from functools import partial
from typing import cast

import httpx
import orjson

from es_hybrid._async.models.attempts import SEARCH_RETRY, async_call_service, async_read_body
from es_hybrid._budget import Budget
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ConfigurationError
from es_hybrid.instructions import rerank_instruction
from es_hybrid.profiles import reranker_profile
from es_hybrid.settings import RerankSettings
from es_hybrid.wire.failures import Failure, read_json, refused, timed_out, unreachable
from es_hybrid.wire.rerank import (
    check_template,
    decode_scores,
    dialect,
    prepare_texts,
    split_evenly,
    texts_a_request,
)

SERVICE = "rerank"
# A thousand documents of 800 characters, echoed, take about 4 MB.
MAX_BYTES = 16_000_000
MAX_IN_FLIGHT = 8
# Below the five seconds after which uvicorn, under most of these servers, closes idle connections.
KEEPALIVE_S = 4.0


class AsyncRerankClient:
    """Scores texts on a rerank server; satisfies `AsyncReranker`.

    Args:
        settings: Address, dialect, key, model and who applies the prompt.
        retry: How failed calls are repeated within a call's `timeout_s`; by default once, quickly.

    Attributes:
        instruction: The task that is sent where a call brings none.
        reads_instruction: Whether the dialect passes a task on to the model.

    Raises:
        ConfigurationError: `url` is missing or no address, the dialect is unknown, or it cannot
            have the prompt applied where the settings say.

    Example:
        client = AsyncRerankClient(RerankSettings(url="http://localhost:8001/v1/rerank"))
        scores = await client.rerank("red shoe", texts, instruction=None, timeout_s=0.3)
    """

    def __init__(self, settings: RerankSettings, *, retry: RetryPolicy = SEARCH_RETRY) -> None:
        try:
            self._url = httpx.URL(settings.url or "")
        except httpx.InvalidURL:
            self._url = httpx.URL("")
        if self._url.scheme not in {"http", "https"} or not self._url.host:
            raise ConfigurationError(
                "no rerank server is configured",
                hint="set ES_HYBRID_RERANK__URL to a full address, such as …/v1/rerank",
            )
        self._codec = dialect(settings.dialect)
        check_template(self._codec, settings.template)
        self._settings = settings
        self._retry = retry
        self.reads_instruction = self._codec.reads_instruction(settings.template)
        self.instruction = rerank_instruction(settings.instruction)
        if self.instruction is None and settings.template in self._codec.model_instruction:
            self.instruction = reranker_profile(settings.model).instruction
        self._batch = texts_a_request(self._codec, settings.max_documents)
        headers = {"Content-Type": "application/json", "Accept-Encoding": "identity"}
        if settings.api_key:
            headers["Authorization"] = f"Bearer {settings.api_key.get_secret_value()}"
        limits = httpx.Limits(max_keepalive_connections=32, keepalive_expiry=KEEPALIVE_S)
        self._client = httpx.AsyncClient(headers=headers, limits=limits)

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        """Return one finite score per text, in the order of `texts`; higher is better.

        Equal texts are sent once. Blank ones are not sent, and get the smallest score of the
        others. More texts than the server takes are split among requests made at the same time.

        Args:
            query: The shopper's words.
            texts: Products as the reranker sees them.
            instruction: The task for this call; `None` takes the settings', empty sends none.
            timeout_s: Seconds for everything, retries included.

        Raises:
            RerankError: The query is blank, or the server refused or could not be reached.
            ServiceTimeout: No whole answer in time.
            ContractError: Scores that are missing, repeated, not finite, or all the same.
        """
        prepared = prepare_texts(query, texts, max_tokens=self._settings.max_tokens)
        parts = split_evenly(prepared.unique, self._batch)
        score = partial(
            self._score,
            prepared.query,
            self.instruction if instruction is None else instruction,
            Budget(total_s=timeout_s, started_s=time.monotonic()),
        )
        scores: list[float] = []
        if len(parts) == 1:
            scores = await score(parts[0])
        elif parts:
            async with aclosing(async_map_ordered(score, parts, limit=MAX_IN_FLIGHT)) as answers:
                async for answer in answers:
                    scores.extend(answer)
        return prepared.spread(scores)

    async def _score(
        self, query: str, instruction: str | None, budget: Budget, texts: Sequence[str]
    ) -> list[float]:
        body = self._codec.encode(
            query,
            texts,
            model=self._settings.model,
            instruction=instruction,
            template=self._settings.template,
        )
        return await async_call_service(
            partial(self._once, orjson.dumps(body), [query, *texts]),
            budget=budget,
            retry=self._retry,
            service=SERVICE,
        )

    async def _once(
        self, content: bytes, sent: Sequence[str], budget: Budget
    ) -> list[float] | Failure:
        timeouts: dict[str, float] = {}

        async def tighten(_event: str = "", _info: object = None) -> None:
            # httpx allows each phase and each read its own seconds, and asks anew at each phase.
            left = max(budget.remaining(time.monotonic()), 0.001)
            timeouts.update(connect=left, read=left, write=left, pool=left)

        await tighten()
        extensions = {"timeout": timeouts, "trace": tighten}
        try:
            async with self._client.stream(
                "POST", self._url, content=content, extensions=extensions
            ) as response:
                # The raw stream has one name in both flavours; nothing is compressed.
                chunks = cast(AsyncIterable[bytes], response.stream)
                answer = await async_read_body(
                    chunks, budget=budget, max_bytes=MAX_BYTES, service=SERVICE
                )
        except httpx.TimeoutException as error:
            return timed_out(SERVICE, budget.total_s, error)
        except httpx.TransportError as error:
            return unreachable(SERVICE, error)
        if not response.is_success:
            return refused(
                response.status_code,
                response.headers,
                answer,
                service=SERVICE,
                sent=sent,
                now=time.time(),  # noqa: TID251 - a `Retry-After` may be a date
            )
        return decode_scores(read_json(answer, service=SERVICE), count=len(sent) - 1)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()
