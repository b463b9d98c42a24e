"""Embeds texts on an OpenAI-style server; the one home of the openai client.

openai's own retries are switched off, so that the time budget holds, and its parsing is not used:
it does not check counts, order, lengths or NaN, and lets a proxy's page through as text.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from es_hybrid._async.attempts import SEARCH_RETRY, async_call_service, async_read_body
from es_hybrid._budget import Budget
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ConfigurationError
from es_hybrid.instructions import query_instruction
from es_hybrid.profiles import embedder_profile
from es_hybrid.settings import EmbedSettings
from es_hybrid.types import Json, TextKind, Vectors
from es_hybrid.wire.embeddings import decode_embeddings, encode_texts, parse_embeddings
from es_hybrid.wire.failures import Failure, dropped, refused, timed_out, unreachable

SERVICE = "embed"
# 2048 vectors of 4096 dims take about 180 MB as decimals.
MAX_BYTES = 256_000_000


class AsyncEmbedClient:
    """Turns texts into vectors on a server; satisfies `AsyncEmbedder`.

    Making one imports openai, which takes about a second: make it at start, not in a search.

    Args:
        settings: Address, key, model and what the model wants.
        retry: How failed calls are repeated within a call's `timeout_s`; by default once, quickly.

    Attributes:
        instruction: The task that goes before queries; `None`: the model is not known to read one.

    Raises:
        ConfigurationError: `base_url` or `model` is missing.

    Example:
        client = AsyncEmbedClient(EmbedSettings(base_url="http://localhost:8000/v1", model="m"))
        vectors = await client.embed(["red shoe"], kind=TextKind.QUERY, timeout_s=0.15)
    """

    def __init__(self, settings: EmbedSettings, *, retry: RetryPolicy = SEARCH_RETRY) -> None:
        if not settings.base_url or not settings.model:
            raise ConfigurationError(
                "no embedding server is configured",
                hint="set ES_HYBRID_EMBED__BASE_URL and ES_HYBRID_EMBED__MODEL",
            )
        from openai import AsyncOpenAI  # noqa: PLC0415 - takes a second

        key = settings.api_key.get_secret_value() if settings.api_key else ""
        self.model = settings.model
        self._settings = settings
        self._retry = retry
        usual = embedder_profile(settings.model).query_instruction
        asked = query_instruction(settings.query_instruction)
        self.instruction = usual if asked is None or (usual is None and not asked) else asked
        self._client = AsyncOpenAI(
            base_url=settings.base_url, api_key=key or "EMPTY", max_retries=0
        )

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one unit-length row a text; one call is one request.

        Args:
            texts: None blank, no more than the server takes at once.
            kind: Queries get the instruction, documents go bare.
            timeout_s: Seconds for everything, retries included.
            instruction: The task of this call's queries; `None` takes `self.instruction`, empty
                sends them bare.

        Returns:
            Shape `(len(texts), dims)`, float32.

        Raises:
            EmbeddingError: A text is blank, or the server refused or could not be reached.
            ServiceTimeout: No whole answer in time.
            ContractError: An answer that breaks the contract: dims, count, index, NaN.
        """
        settings = self._settings
        request = encode_texts(
            texts,
            kind=kind,
            model=self.model,
            instruction=self.instruction if instruction is None else instruction,
            dimensions=settings.dims if settings.send_dimensions else None,
            encoding_format=settings.encoding_format,
            max_tokens=settings.max_tokens,
        )
        if not texts:
            return decode_embeddings([], count=0, dims=settings.dims)
        return await async_call_service(
            partial(self._once, request),
            budget=Budget(total_s=timeout_s, started_s=time.monotonic()),
            retry=self._retry,
            service=SERVICE,
        )

    async def _once(self, request: Json, budget: Budget) -> Vectors | Failure:
        import openai  # noqa: PLC0415 - loaded by now

        sent = request["input"]
        left = budget.remaining(time.monotonic())
        try:
            async with self._client.embeddings.with_streaming_response.create(
                **request, timeout=left
            ) as response:
                content = await async_read_body(
                    response.iter_bytes(), budget=budget, max_bytes=MAX_BYTES, service=SERVICE
                )
        except openai.APIStatusError as error:
            answer = error.response
            return refused(
                answer.status_code,
                answer.headers,
                answer.content,
                service=SERVICE,
                sent=sent,
                now=time.time(),  # noqa: TID251 - a `Retry-After` may be a date
                cause=error,
            )
        except openai.APITimeoutError as error:
            return timed_out(SERVICE, budget.total_s, error)
        except openai.APIConnectionError as error:
            return unreachable(SERVICE, error)
        except Exception as error:
            # While the body is read, openai lets its HTTP library's exceptions through.
            failure = dropped(SERVICE, budget.total_s, error)
            if failure is None:
                raise
            return failure
        items = parse_embeddings(content)
        return decode_embeddings(items, count=len(sent), dims=self._settings.dims)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()
