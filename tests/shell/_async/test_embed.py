"""The embedding client against servers on real sockets."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from es_hybrid._async.models.embed import AsyncEmbedClient
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import (
    ConfigurationError,
    ContractError,
    EmbeddingError,
    ServiceError,
    ServiceTimeout,
)
from es_hybrid.instructions import QUERY_TASKS
from es_hybrid.protocols import AsyncEmbedder
from es_hybrid.settings import EmbedSettings
from es_hybrid.types import TextKind
from tests.support.loopback import nobody
from tests.support.model_servers import FakeModelServer
from tests.support.waiting import IN_TIME_S

StartServer = Callable[..., FakeModelServer]
QUERY, DOCUMENT = TextKind.QUERY, TextKind.DOCUMENT
TEXTS = ["red trail running shoes", "steel water bottle", "red shoes for trail running"]
PROFILES = ["vllm", "sglang", "tei", "infinity", "xinference", "llamacpp", "ollama", "openai"]
ONCE = RetryPolicy(max_attempts=1, max_elapsed_s=60.0)


def client_of(server: FakeModelServer, *, retry: RetryPolicy = ONCE, **settings: Any) -> Any:
    settings = {"base_url": server.base_url, "model": server.model} | settings
    return aclosing(AsyncEmbedClient(EmbedSettings(**settings), retry=retry))


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
@pytest.mark.parametrize("profile", [*PROFILES, "dashscope"])
async def test_every_server_gives_unit_vectors_in_order(
    model_server: StartServer, profile: str, encoding_format: str
) -> None:
    """Whatever server and wire format, texts that share words are closer than others."""
    server = model_server(profile)
    async with client_of(server, encoding_format=encoding_format) as client:
        assert isinstance(client, AsyncEmbedder)
        vectors = await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
    assert vectors.shape == (3, 64)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0)
    assert vectors[0] @ vectors[2] > 0.6 > 0.4 > vectors[0] @ vectors[1]
    assert server.requests[0].body == {
        "input": TEXTS,
        "model": server.model,
        "encoding_format": encoding_format,
    }


async def test_the_instruction_goes_out_once_and_only_with_queries(
    embed_server: FakeModelServer,
) -> None:
    """A query carries the settings' task sentence, a document nothing, an empty setting nothing."""
    async with client_of(embed_server, query_instruction="Find products") as client:
        await client.embed(["boot"], kind=QUERY, timeout_s=5.0)
        assert embed_server.last_input == ["Instruct: Find products\nQuery:boot"]
        await client.embed(["boot"], kind=DOCUMENT, timeout_s=5.0)
        assert embed_server.last_input == ["boot"]
    async with client_of(embed_server, query_instruction="") as client:
        await client.embed(["boot"], kind=QUERY, timeout_s=5.0)
        assert embed_server.last_input == ["boot"]


async def test_a_ready_task_goes_out_as_its_sentence(embed_server: FakeModelServer) -> None:
    """The settings may name a task, and the model reads its sentence, never its name."""
    async with client_of(embed_server, query_instruction="gift") as client:
        await client.embed(["boot"], kind=QUERY, timeout_s=5.0)
    assert embed_server.last_input == [f"Instruct: {QUERY_TASKS['gift']}\nQuery:boot"]


async def test_a_known_model_brings_its_own_instruction(model_server: StartServer) -> None:
    """Without a setting, Qwen3-Embedding gets the sentence of its profile."""
    server = model_server("sglang", model="Qwen/Qwen3-Embedding-4B")
    async with client_of(server) as client:
        await client.embed(["boot"], kind=QUERY, timeout_s=5.0)
    assert server.last_input[0].startswith("Instruct: Given a shopping query, ")
    assert server.last_input[0].endswith("\nQuery:boot")


@pytest.mark.parametrize("profile", ["tei", "infinity", "xinference", "llamacpp", "ollama"])
async def test_wanted_dims_come_whatever_the_server_does_with_them(
    model_server: StartServer, profile: str
) -> None:
    """Cut by the server, cut without renormalising, ignored, or cut here: the vectors are alike."""
    server = model_server(profile)
    async with client_of(server, dims=16, send_dimensions=True) as client:
        asked = await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
        assert server.requests[-1].body["dimensions"] == 16
    async with client_of(server, dims=16) as client:
        cut = await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
        assert "dimensions" not in server.requests[-1].body
    assert asked.shape == (3, 16)
    assert np.allclose(asked, cut, atol=1e-6)


async def test_native_dims_of_a_large_model_survive(model_server: StartServer) -> None:
    """2560 dims come through both wire formats as the same vectors."""
    server = model_server("vllm", dims=2560, matryoshka=True)
    async with client_of(server, dims=2560, send_dimensions=True) as client:
        plain = await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
    async with client_of(server, encoding_format="base64") as client:
        packed = await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
    assert plain.shape == (3, 2560)
    assert np.allclose(plain, packed, atol=1e-7)


async def test_an_answer_in_another_order_is_put_right(embed_server: FakeModelServer) -> None:
    """Vectors are joined to texts by index, not by position."""
    texts = [f"product number {number}" for number in range(8)]
    async with client_of(embed_server) as client:
        straight = await client.embed(texts, kind=DOCUMENT, timeout_s=5.0)
        embed_server.fail(shuffled=True)
        shuffled = await client.embed(texts, kind=DOCUMENT, timeout_s=5.0)
    assert (straight == shuffled).all()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("html", "not JSON"),
        ("truncated", "not JSON"),
        ("empty", "not JSON"),
        ("nan", "not JSON"),
        ("null", "at 1 is not a list of numbers"),
        ("missing", "2 vectors came for 3 texts"),
        ("repeated_index", "index 0 came twice"),
        ("index_out_of_range", "index 3 is outside 0 to 2"),
        ("wrong_dims", "at 1 has 60 dims, the first one 64"),
        ("zero", "at 1 has length 0"),
    ],
)
async def test_a_broken_answer_is_a_contract_error(
    embed_server: FakeModelServer, fault: str, words: str
) -> None:
    """A 200 that cannot be used names the check that failed, and is not asked for again."""
    embed_server.fail(**{fault: True})
    async with client_of(embed_server, retry=RetryPolicy(3, 60.0)) as client:
        with pytest.raises(ContractError, match=words) as caught:
            await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
    assert caught.value.service == "embed"
    assert caught.value.attempts == embed_server.count == 1


@pytest.mark.parametrize(
    ("profile", "settings", "status", "hint"),
    [
        ("vllm", {"model": "nope"}, 404, "ES_HYBRID_EMBED__MODEL"),
        ("xinference", {"model": "nope"}, 400, "ES_HYBRID_EMBED__MODEL"),
        ("vllm", {"dims": 16, "send_dimensions": True}, 400, "is_matryoshka"),
        ("sglang", {"dims": 16, "send_dimensions": True}, 400, "SEND_DIMENSIONS=false"),
    ],
)
async def test_a_wrong_setting_is_answered_with_what_to_change(
    model_server: StartServer, profile: str, settings: dict[str, Any], status: int, hint: str
) -> None:
    """What only a changed setting can mend is not retried, and the error says which one."""
    server = model_server(profile)
    async with client_of(server, retry=RetryPolicy(3, 60.0), **settings) as client:
        with pytest.raises(EmbeddingError) as caught:
            await client.embed(TEXTS, kind=DOCUMENT, timeout_s=5.0)
    assert (caught.value.status, caught.value.retryable, server.count) == (status, False, 1)
    assert hint in str(caught.value.hint)
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize("profile", ["vllm", "sglang", "tei", "infinity", "xinference", "llamacpp"])
async def test_a_key_is_sent_and_never_shown(model_server: StartServer, profile: str) -> None:
    """A right key is accepted; a wrong one is a 401 with a hint, whatever the body's shape."""
    server = model_server(profile, api_key="right-key")
    async with client_of(server, api_key="right-key") as client:
        await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
    async with client_of(server, api_key="wrong-key") as client:
        with pytest.raises(EmbeddingError, match="API_KEY") as caught:
            await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
        assert "wrong-key" not in f"{caught.value!r} {client!r} {vars(caught.value)}"
    assert caught.value.status == 401


async def test_without_a_key_a_dummy_is_sent(embed_server: FakeModelServer) -> None:
    """Servers without keys get `EMPTY`, and openai's own retries stay off."""
    async with client_of(embed_server) as client:
        await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
    headers = embed_server.requests[0].headers
    assert headers["authorization"] == "Bearer EMPTY"
    assert headers.get("x-stainless-retry-count", "0") == "0"


@pytest.mark.parametrize("profile", ["vllm", "sglang", "llamacpp", "xinference"])
async def test_a_text_that_is_too_long_for_the_server_is_the_callers(
    model_server: StartServer, profile: str
) -> None:
    """Told with 400 or 500, it is not retried, and the hint names MAX_TOKENS."""
    server = model_server(profile)
    async with client_of(server, retry=RetryPolicy(3, 60.0), max_tokens=10_000) as client:
        with pytest.raises(EmbeddingError, match="MAX_TOKENS"):
            await client.embed(["word " * 600], kind=DOCUMENT, timeout_s=5.0)
    assert server.count == 1


async def test_long_and_dirty_texts_are_cut_and_cleaned(embed_server: FakeModelServer) -> None:
    """Texts end at a sentence within `max_tokens`; control tokens do not reach the model."""
    async with client_of(embed_server, max_tokens=12) as client:
        text = "Red boot<|endoftext|>. Dries fast. Made for long days."
        await client.embed([text], kind=DOCUMENT, timeout_s=5.0)
    assert embed_server.last_input == ["Red boot . Dries fast."]


async def test_blank_texts_never_go_out(embed_server: FakeModelServer) -> None:
    """The position of the blank text is named, and no request is made."""
    async with client_of(embed_server) as client:
        with pytest.raises(EmbeddingError, match="position 1"):
            await client.embed(["a", "  "], kind=DOCUMENT, timeout_s=5.0)
        nothing = await client.embed([], kind=DOCUMENT, timeout_s=5.0)
    assert nothing.shape[0] == embed_server.count == 0


async def test_a_busy_server_is_asked_once_more_if_that_fits(embed_server: FakeModelServer) -> None:
    """By default one quick retry mends a hiccup; a long `Retry-After` is not waited for."""
    settings = EmbedSettings(base_url=embed_server.base_url, model="fake-model")
    async with aclosing(AsyncEmbedClient(settings)) as client:
        embed_server.fail(status=503, times=1)
        await client.embed(["a"], kind=QUERY, timeout_s=5.0)
        assert embed_server.count == 2
        embed_server.fail(status=429, retry_after="20")
        with pytest.raises(EmbeddingError) as caught:
            await client.embed(["a"], kind=QUERY, timeout_s=5.0)
    assert (caught.value.attempts, caught.value.retryable, embed_server.count) == (1, True, 3)
    assert caught.value.elapsed_s < 5.0


@pytest.mark.parametrize("profile", ["vllm", "sglang", "tei", "infinity", "xinference"])
async def test_overload_is_retried_as_the_policy_says(
    model_server: StartServer, profile: str
) -> None:
    """503 or 429, in each server's own words, is busy: retryable, up to the policy's attempts."""
    server = model_server(profile)
    server.fail(overload=True)
    policy = RetryPolicy(max_attempts=3, max_elapsed_s=60.0, base_s=0.001)
    async with client_of(server, retry=policy) as client:
        with pytest.raises(EmbeddingError) as caught:
            await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
    assert caught.value.retryable
    assert caught.value.attempts == server.count == 3


@pytest.mark.parametrize("faults", [{"hang": True}, {"stall": True}, {"drip_s": 0.02}])
async def test_the_deadline_holds(embed_server: FakeModelServer, faults: dict[str, Any]) -> None:
    """A silent, a stalling and a dripping server cost the call its timeout, and not what they hold it for."""
    async with client_of(embed_server, retry=RetryPolicy(3, 60.0)) as client:
        await client.embed(["warm"], kind=QUERY, timeout_s=5.0)
        embed_server.fail(**faults)
        started = time.perf_counter()
        with pytest.raises(ServiceTimeout, match=r"did not answer within 0\.2 s") as caught:
            await client.embed(["a"], kind=QUERY, timeout_s=0.2)
        assert time.perf_counter() - started < IN_TIME_S
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.attempts, caught.value.retryable) == (1, True)


async def test_no_time_left_means_no_request(embed_server: FakeModelServer) -> None:
    """A spent budget is a timeout at once; the server is not bothered."""
    async with client_of(embed_server) as client:
        with pytest.raises(ServiceTimeout) as caught:
            await client.embed(["a"], kind=QUERY, timeout_s=0.0)
    assert caught.value.attempts == embed_server.count == 0


async def test_a_cut_connection_is_tried_again(embed_server: FakeModelServer) -> None:
    """A reset is mended by a retry; without one it is an EmbeddingError with its cause."""
    async with client_of(embed_server, retry=RetryPolicy(2, 60.0, base_s=0.001)) as client:
        embed_server.fail(reset=True, times=1)
        await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
    async with client_of(embed_server) as client:
        embed_server.fail(reset=True)
        with pytest.raises(EmbeddingError, match="no connection to the embedding server") as caught:
            await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
    assert caught.value.retryable
    assert caught.value.__cause__ is not None


async def test_an_idle_connection_that_the_server_closed_does_no_harm(
    embed_server: FakeModelServer,
) -> None:
    """The next search after a quiet while works, on a new connection."""
    settings = EmbedSettings(base_url=embed_server.base_url, model="fake-model")
    async with aclosing(AsyncEmbedClient(settings)) as client:
        await client.embed(["a"], kind=QUERY, timeout_s=5.0)
        embed_server.drop_connections()
        await client.embed(["a"], kind=QUERY, timeout_s=5.0)


async def test_an_answer_that_breaks_off_is_a_lost_connection(
    embed_server: FakeModelServer,
) -> None:
    """Half a body is never parsed; the call may be tried again."""
    async with client_of(embed_server) as client:
        embed_server.fail(cut=True)
        with pytest.raises(EmbeddingError, match="no connection to the embedding server") as caught:
            await client.embed(["a"], kind=DOCUMENT, timeout_s=5.0)
    assert caught.value.retryable


async def test_no_server_at_all_is_an_embedding_error() -> None:
    """Nothing listening is reported in the system's words, with the setting to check."""
    with nobody() as url:
        settings = EmbedSettings(base_url=f"{url}/v1", model="m")
        async with aclosing(AsyncEmbedClient(settings, retry=ONCE)) as client:
            with pytest.raises(EmbeddingError, match="EMBED__BASE_URL") as caught:
                await client.embed(["a"], kind=QUERY, timeout_s=5.0)
    assert caught.value.status is None


async def test_a_servers_echo_never_reaches_the_exception(embed_server: FakeModelServer) -> None:
    """A server that quotes the request does not put shoppers' words into logs through us."""
    embed_server.fail(status=400, echo=True)
    async with client_of(embed_server) as client:
        with pytest.raises(EmbeddingError) as caught:
            await client.embed(["我想买一款降噪耳机", "secret wish"], kind=DOCUMENT, timeout_s=5.0)
    error: BaseException | None = caught.value
    while error is not None:
        assert "耳机" not in f"{error} {vars(error)}"
        assert "wish" not in f"{error} {vars(error)}"
        error = error.__cause__ or error.__context__


async def test_batches_may_run_at_once(embed_server: FakeModelServer) -> None:
    """One client serves many calls at the same time, each with its own answer."""
    embed_server.together = 4
    texts = [f"product {number}" for number in range(8)]
    async with client_of(embed_server) as client:

        async def one(text: str) -> Any:
            return await client.embed([text], kind=DOCUMENT, timeout_s=5.0)

        async with aclosing(async_map_ordered(one, texts, limit=4)) as answers:
            rows = [row[0] async for row in answers]
        together = await client.embed(texts, kind=DOCUMENT, timeout_s=5.0)
    assert np.allclose(rows, together)
    assert embed_server.most_in_flight == 4


async def test_missing_settings_are_named() -> None:
    """Without an address or a model there is nothing to call."""
    with pytest.raises(ConfigurationError, match="ES_HYBRID_EMBED__BASE_URL"):
        AsyncEmbedClient(EmbedSettings(model="m"))
    with pytest.raises(ConfigurationError, match="ES_HYBRID_EMBED__MODEL"):
        AsyncEmbedClient(EmbedSettings(base_url="http://localhost/v1"))


async def test_every_failure_is_one_of_ours(embed_server: FakeModelServer) -> None:
    """No caller needs to import openai to catch what can go wrong."""
    async with client_of(embed_server) as client:
        for status in (400, 401, 403, 404, 408, 409, 413, 418, 422, 424, 429, 500, 502, 503, 504):
            embed_server.fail(status=status)
            with pytest.raises(ServiceError) as caught:
                await client.embed(["a"], kind=QUERY, timeout_s=5.0)
            assert caught.value.status == status
