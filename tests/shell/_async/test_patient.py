"""Products are embedded as fast as the server takes them, and a busy or small one loses none."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from es_hybrid._async.models.embed import AsyncEmbedClient
from es_hybrid._async.models.patient import AsyncPatientEmbedder
from es_hybrid._async.vectors import AsyncTextVectors
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import EmbeddingError
from es_hybrid.settings import EmbedSettings
from es_hybrid.types import TextKind
from tests.support.model_servers import FakeModelServer

StartServer = Callable[[str], FakeModelServer]
ONE_TRY = RetryPolicy(1, 60.0)
MANY = RetryPolicy(100, 60.0, base_s=0.005, cap_s=0.02)


@asynccontextmanager
async def patient_with(
    server: FakeModelServer, *, in_flight: int = 8, retry: RetryPolicy = MANY
) -> AsyncIterator[AsyncPatientEmbedder]:
    settings = EmbedSettings(base_url=server.base_url, model=server.model)
    client = AsyncEmbedClient(settings, retry=ONE_TRY)
    try:
        yield AsyncPatientEmbedder(client, in_flight=in_flight, retry=retry)
    finally:
        await client.aclose()


def vectors_of(
    patient: AsyncPatientEmbedder, server: FakeModelServer, *, batch: int
) -> AsyncTextVectors:
    settings = EmbedSettings(batch=batch, max_in_flight=8)
    return AsyncTextVectors(patient, settings=settings, dims=server.dims)


async def test_a_server_that_takes_two_at_once_is_not_asked_eight(
    embed_server: FakeModelServer,
) -> None:
    """Each 429 halves what is in flight; nothing is lost, and it grows again on a sound server."""
    async with patient_with(embed_server) as patient:
        texts = vectors_of(patient, embed_server, batch=1)
        embed_server.fail(busy_above=2, latency_s=0.01)
        found = await texts.of([f"boot {n}" for n in range(40)])
        assert not [vector for vector in found if isinstance(vector, str)]
        assert texts.trouble is None
        assert patient.pace.in_flight < 8
        embed_server.fail()
        await texts.of([f"tent {n}" for n in range(40)])
        assert patient.pace.in_flight == 8


async def test_a_batch_that_is_too_large_lowers_the_next_ones(model_server: StartServer) -> None:
    """A server that takes 32 texts refuses one batch of 64, and is sent no second."""
    server = model_server("tei")
    async with patient_with(server, in_flight=1) as patient:
        texts = vectors_of(patient, server, batch=64)
        for _ in range(3):
            found = await texts.of([f"boot {n}" for n in range(64)])
            assert not [vector for vector in found if isinstance(vector, str)]
    assert [len(request.body["input"]) for request in server.requests] == [64, *[32] * 6]


async def test_a_single_text_that_is_refused_lowers_nothing(model_server: StartServer) -> None:
    """One product with a text that no server takes does not slow the whole run."""
    server = model_server("vllm")
    settings = EmbedSettings(base_url=server.base_url, model=server.model, max_tokens=10_000)
    client = AsyncEmbedClient(settings, retry=ONE_TRY)
    texts = vectors_of(AsyncPatientEmbedder(client, in_flight=1, retry=MANY), server, batch=8)
    found = await texts.of([*[f"boot {n}" for n in range(7)], "word " * 600])
    assert [isinstance(vector, str) for vector in found] == [False] * 7 + [True]
    server.requests.clear()
    await texts.of([f"tent {n}" for n in range(8)])
    assert [len(request.body["input"]) for request in server.requests] == [8]
    await client.aclose()


async def test_it_waits_as_long_as_the_server_asks(embed_server: FakeModelServer) -> None:
    """A `Retry-After` that does not fit ends the call at once, with what was spent."""
    async with patient_with(embed_server) as patient:
        embed_server.fail(status=429, retry_after="20")
        with pytest.raises(EmbeddingError) as caught:
            await patient.embed(["boot"], kind=TextKind.DOCUMENT, timeout_s=5.0)
        assert (caught.value.retry_after_s, caught.value.attempts) == (20.0, 1)
        embed_server.fail(status=503, times=2)
        rows = await patient.embed(["boot"], kind=TextKind.DOCUMENT, timeout_s=20.0)
        assert rows.shape == (1, embed_server.dims)
    assert embed_server.count == 4
