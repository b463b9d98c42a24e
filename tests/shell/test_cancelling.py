"""A search that is cancelled takes nothing from those that share its calls."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any

import pytest

from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid.settings import EmbedSettings, Settings
from es_hybrid.types import TextKind, Vectors
from tests.support.model_servers import FakeModelServer
from tests.support.waiting import async_until


def stack_of(server: FakeModelServer, **embed: Any) -> AsyncModelStack:
    values = {"base_url": server.base_url, "model": server.model} | embed
    return AsyncModelStack(Settings(embed=EmbedSettings.model_validate(values)))


def embed(models: AsyncModelStack, text: str) -> Coroutine[Any, Any, Vectors]:
    assert models.queries is not None
    return models.queries.embed([text], kind=TextKind.QUERY, timeout_s=5.0)


@pytest.mark.parametrize("texts", [("boot", "boot"), ("boot", "shoe")], ids=["same", "merged"])
async def test_the_others_get_their_answer(
    embed_server: FakeModelServer, texts: tuple[str, str]
) -> None:
    """Whether two share a call or a batch, the first one's cancellation is its own."""
    embed_server.fail(hang=True)
    async with aclosing(stack_of(embed_server)) as models:
        first, second = (asyncio.create_task(embed(models, text)) for text in texts)
        await async_until(lambda: embed_server.count)
        first.cancel()
        embed_server.release()
        assert (await second).shape == (1, 64)
        with pytest.raises(asyncio.CancelledError):
            await first
    assert embed_server.count == 1


async def test_a_call_that_nobody_waits_for_is_cancelled(embed_server: FakeModelServer) -> None:
    """With its last caller a call ends too: the server sees the connection close, no task is left."""
    embed_server.fail(hang=True)
    before = asyncio.all_tasks()
    async with aclosing(stack_of(embed_server)) as models:
        tasks = [asyncio.create_task(embed(models, "boot")) for _ in range(3)]
        await async_until(lambda: embed_server.count)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
        embed_server.fail()
        assert len(await embed(models, "boot")) == 1
    assert asyncio.all_tasks() == before


async def test_the_loser_of_a_race_is_cancelled(embed_server: FakeModelServer) -> None:
    """When the second request wins, the first is taken back."""
    async with aclosing(stack_of(embed_server, hedge_after_ms=20.0)) as models:
        embed_server.fail(hang=True, times=1)
        before = asyncio.all_tasks()
        await embed(models, "boot")
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
    assert embed_server.count == 2
