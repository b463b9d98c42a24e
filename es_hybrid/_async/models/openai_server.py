"""Asks an OpenAI-style server; the one home of the openai client.

openai's own retries are switched off, so that the time budget holds, and its parsing is not used:
it does not check counts, order, lengths or NaN, and lets a proxy's page through as text.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from pydantic import SecretStr

from es_hybrid._async.models.attempts import async_call_service, async_read_body
from es_hybrid._budget import Budget
from es_hybrid._retry import RetryPolicy
from es_hybrid.types import Json
from es_hybrid.wire.failures import Failure, dropped, refused, timed_out, unreachable

R = TypeVar("R")


class AsyncOpenAIServer:
    """An OpenAI-style server, as one of its users asks it.

    Making one imports openai, which takes about a second.

    Args:
        base_url: Ends in `/v1`.
        api_key: Bearer key; `None` is sent as `EMPTY`.
        service: Who asks, as errors name it, such as `"embed"`.
        max_bytes: Longest answer that is read.
        retry: How failed calls are repeated within a call's `timeout_s`.

    Example:
        server = AsyncOpenAIServer(
            "http://localhost:8000/v1", None, service="embed", max_bytes=1_000_000, retry=SEARCH_RETRY
        )
        items = await server.embeddings(request, parse_embeddings, sent=texts, timeout_s=0.15)
    """

    def __init__(
        self,
        base_url: str,
        api_key: SecretStr | None,
        *,
        service: str,
        max_bytes: int,
        retry: RetryPolicy,
    ) -> None:
        from openai import AsyncOpenAI  # noqa: PLC0415 - takes a second

        key = api_key.get_secret_value() if api_key else ""
        self._client = AsyncOpenAI(base_url=base_url, api_key=key or "EMPTY", max_retries=0)
        self._service = service
        self._max_bytes = max_bytes
        self._retry = retry

    async def embeddings(
        self,
        request: Json,
        read: Callable[[bytes], R],
        *,
        sent: Sequence[str],
        timeout_s: float,
    ) -> R:
        """Ask for embeddings, and return what is read of the answer.

        Args:
            request: The arguments of openai's `embeddings.create`.
            read: Makes the result of an answer's bytes; a `ContractError` counts as a failed try.
            sent: The texts in the request; no error repeats them, where a server does.
            timeout_s: Seconds for everything, retries included.

        Raises:
            ServiceError: The server refused or could not be reached.
            ServiceTimeout: No whole answer in time.
            ContractError: An answer that cannot be read, again and again.
        """
        create = self._client.embeddings.with_streaming_response.create
        return await self._asked(create, request, read, sent, timeout_s)

    async def chat(
        self,
        request: Json,
        read: Callable[[bytes], R],
        *,
        sent: Sequence[str],
        timeout_s: float,
    ) -> R:
        """Ask a language model, and return what is read of the answer; otherwise as `embeddings`.

        Args:
            request: The arguments of openai's `chat.completions.create`.
            read: Makes the result of an answer's bytes.
            sent: The shopper's and the shop's texts in the request.
            timeout_s: Seconds for everything, retries included.

        Raises:
            ServiceError: As `embeddings`.
        """
        create = self._client.chat.completions.with_streaming_response.create
        return await self._asked(create, request, read, sent, timeout_s)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def _asked(
        self,
        create: Callable[..., Any],
        request: Json,
        read: Callable[[bytes], R],
        sent: Sequence[str],
        timeout_s: float,
    ) -> R:
        return await async_call_service(
            partial(self._once, create, request, read, sent),
            budget=Budget(total_s=timeout_s, started_s=time.monotonic()),
            retry=self._retry,
            service=self._service,
        )

    async def _once(
        self,
        create: Callable[..., Any],
        request: Json,
        read: Callable[[bytes], R],
        sent: Sequence[str],
        budget: Budget,
    ) -> R | Failure:
        import openai  # noqa: PLC0415 - loaded by now

        service, left = self._service, budget.remaining(time.monotonic())
        try:
            async with create(**request, timeout=left) as response:
                content = await async_read_body(
                    response.iter_bytes(), budget=budget, max_bytes=self._max_bytes, service=service
                )
        except openai.APIStatusError as error:
            answer = error.response
            return refused(
                answer.status_code,
                answer.headers,
                answer.content,
                service=service,
                sent=sent,
                now=time.time(),  # noqa: TID251 - a `Retry-After` may be a date
                cause=error,
            )
        except openai.APITimeoutError as error:
            return timed_out(service, budget.total_s, error)
        except openai.APIConnectionError as error:
            return unreachable(service, error)
        except Exception as error:
            # While the body is read, openai lets its HTTP library's exceptions through.
            failure = dropped(service, budget.total_s, error)
            if failure is None:
                raise
            return failure
        return read(content)
