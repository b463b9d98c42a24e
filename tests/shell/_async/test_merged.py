"""Searches that come together share a call; each gets its own answer, error and time."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from es_hybrid._async.models.embed import AsyncEmbedClient
from es_hybrid._async.models.merged import AsyncMergedEmbedder, AsyncMergedReranker
from es_hybrid._async.models.rerank import AsyncRerankClient
from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid._background import AsyncBackground
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import ContractError, EmbeddingError, ServiceError, ServiceTimeout
from es_hybrid.protocols import AsyncEmbedder, AsyncReranker
from es_hybrid.settings import EmbedSettings, RerankSettings, Settings
from es_hybrid.types import TextKind, Vectors
from tests.support.model_servers import FakeModelServer
from tests.support.waiting import async_until

QUERY, DOCUMENT = TextKind.QUERY, TextKind.DOCUMENT
ONCE = RetryPolicy(max_attempts=1, max_elapsed_s=60.0)
WORDS = ["red shoe", "steel bottle", "garlic press", "trail boot", "wool sock"]


class Merged:
    """Merging before one client of each kind, with time to come together on a busy machine."""

    def __init__(self, server: FakeModelServer, *, most: int = 32, window_s: float = 0.3) -> None:
        embed = EmbedSettings(base_url=server.base_url, model=server.model, max_tokens=10_000)
        rerank = RerankSettings(url=server.rerank_url, model=server.model)
        self._background = AsyncBackground()
        self._embed = AsyncEmbedClient(embed, retry=ONCE)
        self._rerank = AsyncRerankClient(rerank, retry=ONCE)
        options: Any = {"background": self._background, "window_s": window_s, "most": most}
        self.embedder = AsyncMergedEmbedder(self._embed, **options)
        self.reranker = AsyncMergedReranker(self._rerank, **options)

    async def aclose(self) -> None:
        await self._embed.aclose()
        await self._rerank.aclose()
        await self._background.aclose()


async def each_of(call: Any, items: Sequence[Any], *, held: FakeModelServer) -> list[Any]:
    """Return what each call gave, in order, or its error.

    The server, which hangs, is let go when all of them are under way.
    """
    begun: list[int] = []

    async def caught(place: int) -> Any:
        if place == len(items):
            await async_until(lambda: len(begun) == len(items))
            held.release()
            return None
        begun.append(place)
        try:
            return await call(items[place])
        except ServiceError as error:
            return error

    places = range(len(items) + 1)
    async with aclosing(async_map_ordered(caught, places, limit=len(places))) as answers:
        return [answer async for answer in answers][:-1]


async def test_many_searches_share_few_calls(rerank_server: FakeModelServer) -> None:
    """64 searches at once are a few requests; each gets the vectors of its own texts, in order."""
    rerank_server.fail(hang=True)
    queries = [[f"{WORDS[n % 5]} {n}", WORDS[n % 3]] for n in range(64)]
    async with aclosing(Merged(rerank_server)) as merged:
        assert isinstance(merged.embedder, AsyncEmbedder)

        async def embed(texts: list[str]) -> Vectors:
            return await merged.embedder.embed(texts, kind=QUERY, timeout_s=5.0)

        together = await each_of(embed, queries, held=rerank_server)
        requests = rerank_server.count
        assert 2 <= requests <= 8
        assert all(len(request.body["input"]) <= 32 for request in rerank_server.requests)
        rerank_server.fail()
        for texts, rows in zip(queries[:5], together, strict=False):
            assert np.allclose(rows, await embed(texts), atol=1e-6)
        everything = np.concatenate(together)
        assert everything.shape == (128, 64)


async def test_tasks_are_not_mixed(rerank_server: FakeModelServer) -> None:
    """Searches at once under two tasks share calls only with their own task."""
    rerank_server.fail(hang=True)
    async with aclosing(Merged(rerank_server)) as merged:

        async def embed(number: int) -> Vectors:
            task = f"Task {number % 2}"
            texts = [f"boot {number}"]
            return await merged.embedder.embed(texts, kind=QUERY, timeout_s=5.0, instruction=task)

        await each_of(embed, range(16), held=rerank_server)
    calls = [request.body["input"] for request in rerank_server.requests]
    assert len(calls) < 16
    for inputs in calls:
        assert len({text.partition("\n")[0] for text in inputs}) == 1
    sent = sorted(text for inputs in calls for text in inputs)
    assert sent == sorted(f"Instruct: Task {n % 2}\nQuery:boot {n}" for n in range(16))


async def test_a_search_that_is_alone_goes_as_it_is(rerank_server: FakeModelServer) -> None:
    """Alone, a call holds its own texts and waits for nobody; nothing asked is nothing sent."""
    async with aclosing(Merged(rerank_server, window_s=600.0)) as merged:
        for number in range(10):  # who waited for others would run out of time
            await merged.embedder.embed([f"boot {number}"], kind=QUERY, timeout_s=20.0)
        assert rerank_server.last_input == ["boot 9"]
        assert rerank_server.count == 10
        assert len(await merged.embedder.embed([], kind=QUERY, timeout_s=5.0)) == 0
    assert rerank_server.count == 10


async def test_more_texts_than_a_server_takes_are_not_gathered(
    rerank_server: FakeModelServer,
) -> None:
    """A call that is full by itself goes alone, and a batch never outgrows the limit."""
    rerank_server.fail(hang=True)
    async with aclosing(Merged(rerank_server, most=3)) as merged:

        async def embed(texts: list[str]) -> Vectors:
            return await merged.embedder.embed(texts, kind=QUERY, timeout_s=5.0)

        sizes = [4, 1, 2, 2, 3, 1, 1]
        texts = [[f"{n} {k}" for k in range(n)] for n in sizes]
        rows = await each_of(embed, texts, held=rerank_server)
    assert [len(each) for each in rows] == sizes
    assert max(len(r.body["input"]) for r in rerank_server.requests) == 4
    assert sum(len(r.body["input"]) > 3 for r in rerank_server.requests) == 1


async def test_queries_and_products_do_not_go_together(rerank_server: FakeModelServer) -> None:
    """A request holds queries or documents: only the former carry the instruction."""
    rerank_server.fail(hang=True)
    async with aclosing(Merged(rerank_server)) as merged:

        async def embed(kind: TextKind) -> Vectors:
            return await merged.embedder.embed([kind.value], kind=kind, timeout_s=5.0)

        await each_of(embed, [QUERY, DOCUMENT] * 8, held=rerank_server)
    inputs = [set(request.body["input"]) for request in rerank_server.requests]
    assert all(texts in ({"query"}, {"document"}) for texts in inputs)


async def test_only_the_caller_with_a_bad_text_fails(model_server: Any) -> None:
    """A text that the server refuses is its own caller's error; the others get their vectors."""
    server = model_server("llamacpp")
    server.fail(hang=True)
    queries = ["boot", "", "shoe", "long " * 600, "sock"]
    async with aclosing(Merged(server)) as merged:

        async def embed(text: str) -> Vectors:
            return await merged.embedder.embed([text], kind=QUERY, timeout_s=5.0)

        answers = await each_of(embed, queries * 2, held=server)
    for query, answer in zip(queries * 2, answers, strict=True):
        if query in {"boot", "shoe", "sock"}:
            assert isinstance(answer, np.ndarray), answer
        else:
            assert type(answer) is EmbeddingError
            assert not answer.retryable


async def test_a_server_that_is_down_is_asked_once_for_all(
    rerank_server: FakeModelServer,
) -> None:
    """A failure that is nobody's text goes to every caller, without a call for each."""
    rerank_server.fail(hang=True, status=503)
    async with aclosing(Merged(rerank_server)) as merged:

        async def embed(number: int) -> Vectors:
            return await merged.embedder.embed([f"boot {number}"], kind=QUERY, timeout_s=5.0)

        answers = await each_of(embed, range(20), held=rerank_server)
    assert {type(answer) for answer in answers} == {EmbeddingError}
    assert rerank_server.count <= 5


async def test_nonsense_is_nobodys_answer(rerank_server: FakeModelServer) -> None:
    """Where a merged answer breaks the contract each asks alone, and hears what is wrong."""
    rerank_server.fail(hang=True, null=True)
    async with aclosing(Merged(rerank_server)) as merged:

        async def embed(number: int) -> Vectors:
            return await merged.embedder.embed([f"boot {number}"], kind=QUERY, timeout_s=5.0)

        answers = await each_of(embed, range(6), held=rerank_server)
    assert {type(answer) for answer in answers} == {ContractError}


async def test_a_caller_in_a_hurry_leaves_without_the_others(
    rerank_server: FakeModelServer,
) -> None:
    """A shorter deadline is kept in a batch of patient callers, and does not cut theirs."""
    async with aclosing(Merged(rerank_server)) as merged:
        rerank_server.fail(hang=True)

        async def embed(timeout_s: float) -> str:
            try:
                await merged.embedder.embed([f"boot {timeout_s}"], kind=QUERY, timeout_s=timeout_s)
            except ServiceTimeout:
                rerank_server.release()  # which has held the calls until now
                return "left"
            return "answered"

        limits_s = [0.1, 60.0, 61.0, 62.0]
        async with aclosing(async_map_ordered(embed, limits_s, limit=4)) as answers:
            said = [answer async for answer in answers]
    assert said == ["left", *["answered"] * 3]


async def test_one_query_in_many_searches_is_reranked_together(
    rerank_server: FakeModelServer,
) -> None:
    """Same query and task: one call with each text once. Another query goes apart."""
    rerank_server.fail(hang=True)
    async with aclosing(Merged(rerank_server)) as merged:
        assert isinstance(merged.reranker, AsyncReranker)

        async def rerank(pair: tuple[str, list[str]]) -> Sequence[float]:
            query, texts = pair
            return await merged.reranker.rerank(query, texts, instruction=None, timeout_s=5.0)

        pages = [WORDS[:3], WORDS[1:4], WORDS[2:]] * 4
        jobs = [(query, page) for query in ("red shoe", "boot") for page in pages]
        together = await each_of(rerank, jobs, held=rerank_server)
        calls = rerank_server.count
        assert calls <= 8
        for request in rerank_server.requests:
            assert len(set(request.body["documents"])) == len(request.body["documents"]) <= 5
        rerank_server.fail()
        for job, scores in list(zip(jobs, together, strict=True))[::5]:
            assert scores == pytest.approx(await rerank(job))


async def test_a_batch_that_outlives_its_first_caller_is_still_sent(
    rerank_server: FakeModelServer,
) -> None:
    """Who opened a batch may run out of time while it gathers; those who joined get answers."""
    rerank_server.fail(hang=True)
    opened: list[int] = []
    async with aclosing(Merged(rerank_server, window_s=1.0)) as merged:

        async def embed(place: int) -> str:
            # The first call is under way, then a batch is opened, then a third caller comes.
            await async_until(lambda: (True, rerank_server.count, opened)[place])
            opened.extend([place] * (place == 1))
            try:
                timeout_s = (60.0, 0.5, 60.0)[place]
                await merged.embedder.embed([f"boot {place}"], kind=QUERY, timeout_s=timeout_s)
            except ServiceTimeout:
                rerank_server.release()
                return "too late"
            return "answered"

        async with aclosing(async_map_ordered(embed, range(3), limit=3)) as answers:
            said = [answer async for answer in answers]
    assert said == ["answered", "too late", "answered"]
    assert rerank_server.count == 2


async def test_the_setting_decides(rerank_server: FakeModelServer) -> None:
    """Merging is on where the settings say so; by default in the async client, not in the sync."""
    by_flavour = AsyncBackground.merge_ms
    for merge_ms, merges in ((0.0, False), (100.0, True), (None, by_flavour > 0)):
        settings = Settings(
            embed=EmbedSettings(
                base_url=rerank_server.base_url, model=rerank_server.model, merge_ms=merge_ms
            )
        )
        rerank_server.fail(hang=True)
        before = rerank_server.count
        async with aclosing(AsyncModelStack(settings)) as models:

            async def embed(number: int, models: AsyncModelStack = models) -> Vectors:
                assert models.queries is not None
                return await models.queries.embed([f"q {number}"], kind=QUERY, timeout_s=5.0)

            await each_of(embed, range(6), held=rerank_server)
        assert (rerank_server.count - before < 6) is merges
