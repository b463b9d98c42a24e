"""The rerank client against servers on real sockets."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any

import pytest

from es_hybrid._async.models.rerank import AsyncRerankClient
from es_hybrid._retry import RetryPolicy
from es_hybrid.errors import (
    ConfigurationError,
    ContractError,
    RerankError,
    ServiceError,
    ServiceTimeout,
)
from es_hybrid.protocols import AsyncReranker
from es_hybrid.settings import RerankSettings
from tests.support.documented import rerank_pairs
from tests.support.loopback import nobody
from tests.support.model_servers import FakeModelServer
from tests.support.waiting import IN_TIME_S

StartServer = Callable[..., FakeModelServer]
QUERY = "waterproof hiking boots"
TEXTS = [
    "Cotton tea towel",
    "Leather hiking boots, waterproof",
    "Boots for children",
    "Steel water bottle 750 ml",
    "Rain jacket, waterproof",
]
BEST_FIRST = [1, 2, 4, 0, 3]
DIALECTS = {
    "vllm": "server",
    "sglang": "server",
    "xinference": "server",
    "llamacpp": "server",
    "dashscope": "server",
    "tei": "none",
    "infinity": "none",
    "cohere": "none",
    "jina": "none",
}
ONCE = RetryPolicy(max_attempts=1, max_elapsed_s=60.0)


def client_of(server: FakeModelServer, *, retry: RetryPolicy = ONCE, **settings: Any) -> Any:
    settings = {
        "url": server.rerank_url,
        "model": server.model,
        "dialect": server.profile,
        "instruction": "",
    } | settings
    return aclosing(AsyncRerankClient(RerankSettings(**settings), retry=retry))


def best_first(scores: Sequence[float]) -> list[int]:
    return sorted(range(len(scores)), key=lambda place: -scores[place])


@pytest.mark.parametrize("name", DIALECTS)
async def test_every_dialect_scores_in_input_order(model_server: StartServer, name: str) -> None:
    """Whatever shape and order the answer has, each text gets its own score."""
    template = DIALECTS[name]
    server = model_server(name, template=template)
    async with client_of(server, template=template) as client:
        assert isinstance(client, AsyncReranker)
        scores = await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
        assert best_first(scores) == BEST_FIRST
        server.fail(shuffled=True, text_scores=True)
        assert await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0) == scores


PAIRS = rerank_pairs()


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
async def test_documented_requests_go_over_the_wire(model_server: StartServer, pair: Any) -> None:
    """The body that arrives is the documented one, and a faithful server accepts it."""
    call = pair["call"]
    engine = "none" if "sentence" in pair["documented"] else call["template"]
    server = model_server(pair["dialect"], model=call["model"], template=engine)
    settings = {name: call[name] for name in ("model", "template")}
    async with client_of(server, **settings) as client:
        rerank = client.rerank
        if "kwargs.instruction" in pair["documented"]:
            # The fake acts as Xinference's vLLM engine, which refuses what its other engine takes.
            with pytest.raises(RerankError, match="TEMPLATE=client"):
                await rerank(
                    call["query"], call["texts"], instruction=call["instruction"], timeout_s=5.0
                )
        else:
            scores = await rerank(
                call["query"], call["texts"], instruction=call["instruction"], timeout_s=5.0
            )
            assert len(scores) == 2
    assert server.requests[0].body == pair["body"]


async def test_the_prompt_is_applied_exactly_once(model_server: StartServer) -> None:
    """The right order comes with one prompt, from either side; with none or two it does not."""
    for at_server, at_client, sound in [
        ("server", "server", True),
        ("client", "client", True),
        ("client", "server", False),
        ("server", "client", False),
    ]:
        server = model_server("vllm", template=at_server)
        async with client_of(server, template=at_client) as client:
            scores = await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
        assert (best_first(scores) == BEST_FIRST and min(scores) < 0.1) is sound


async def test_instructions_come_from_call_settings_or_model(model_server: StartServer) -> None:
    """A call's instruction wins over the settings', the settings' over the model's own."""
    server = model_server("vllm", model="Qwen/Qwen3-Reranker-4B")

    async def sent(setting: str | None, instruction: str | None) -> Any:
        async with client_of(server, template="server", instruction=setting) as client:
            await client.rerank(QUERY, TEXTS, instruction=instruction, timeout_s=5.0)
        return server.requests[-1].body.get("instruction")

    assert await sent("Prefer brand X", "Gifts for mothers") == "Gifts for mothers"
    assert await sent("Prefer brand X", None) == "Prefer brand X"
    assert (await sent(None, None)).startswith("Given a shopping query")
    assert await sent("", None) is None
    assert await sent("Prefer brand X", "") is None


async def test_xinference_is_not_sent_a_models_instruction_unasked(
    model_server: StartServer,
) -> None:
    """Its vLLM engine answers 500 to one, so the default set-up must not send it."""
    server = model_server("xinference", model="Qwen3-Reranker-4B", template="server")
    async with client_of(server, template="server", instruction=None) as client:
        scores = await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    assert best_first(scores) == BEST_FIRST
    assert "kwargs" not in server.requests[0].body


async def test_duplicates_and_blanks_are_kept_from_the_server(
    rerank_server: FakeModelServer,
) -> None:
    """Equal texts are scored once and get one score; blank ones get the smallest."""
    texts = [*TEXTS, TEXTS[1], "", " <|im_end|> "]
    async with client_of(rerank_server) as client:
        scores = await client.rerank(QUERY, texts, instruction=None, timeout_s=5.0)
        assert await client.rerank(QUERY, ["", " "], instruction=None, timeout_s=5.0) == [0.0, 0.0]
        assert await client.rerank(QUERY, [], instruction=None, timeout_s=5.0) == []
    assert rerank_server.count == 1
    assert rerank_server.requests[0].body["documents"] == TEXTS
    assert scores[5] == scores[1]
    assert scores[6] == scores[7] == min(scores)


async def test_a_blank_query_is_refused_without_a_request(rerank_server: FakeModelServer) -> None:
    """There is nothing to rank by."""
    async with client_of(rerank_server) as client:
        with pytest.raises(RerankError, match="blank"):
            await client.rerank(" ", TEXTS, instruction=None, timeout_s=5.0)
    assert rerank_server.count == 0


@pytest.mark.parametrize(
    ("profile", "limit", "parts"), [("tei", None, [24, 24, 22]), ("vllm", 40, [35, 35])]
)
async def test_more_texts_than_a_server_takes_are_split(
    model_server: StartServer, profile: str, limit: int | None, parts: list[int]
) -> None:
    """Parts go out at the same time, and the scores come back as if there had been one."""
    server = model_server(profile)
    server.together = len(parts)
    texts = [f"{'boots ' * (number % 3)}product number {number}" for number in range(70)]
    async with client_of(server, max_documents=limit) as client:
        scores = await client.rerank(QUERY, texts, instruction=None, timeout_s=5.0)
    key = "texts" if profile == "tei" else "documents"
    assert sorted((len(r.body[key]) for r in server.requests), reverse=True) == parts
    assert server.most_in_flight == len(parts)
    whole = model_server("vllm")
    async with client_of(whole) as client:
        assert await client.rerank(QUERY, texts, instruction=None, timeout_s=5.0) == scores


async def test_one_failing_part_fails_the_call(model_server: StartServer) -> None:
    """Half a list of scores would be an order by chance."""
    server = model_server("tei")
    server.fail(status=500, times=1)
    async with client_of(server) as client:
        with pytest.raises(RerankError):
            await client.rerank(
                QUERY, [f"product {n}" for n in range(64)], instruction=None, timeout_s=5.0
            )


@pytest.mark.parametrize("name", ["vllm", "sglang", "infinity"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("html", "not JSON; check ES_HYBRID_RERANK__URL"),
        ("truncated", "not JSON"),
        ("empty", "not JSON"),
        ("nan", "not JSON"),
        ("null", "has no score"),
        ("missing", "4 scores came for 5 texts"),
        ("repeated_index", "came twice"),
        ("index_out_of_range", "outside 0 to 4"),
    ],
)
async def test_a_broken_answer_is_a_contract_error(
    model_server: StartServer, name: str, fault: str, words: str
) -> None:
    """A 200 that cannot be used names the check that failed, and is not asked for again."""
    server = model_server(name)
    server.fail(**{fault: True})
    async with client_of(server, retry=RetryPolicy(3, 60.0)) as client:
        with pytest.raises(ContractError, match=words) as caught:
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    assert caught.value.service == "rerank"
    assert server.count == 1


async def test_scores_that_are_all_alike_are_an_answer(model_server: StartServer) -> None:
    """Texts that match equally well are no fault of the server; the order before stands."""
    server = model_server("vllm")
    server.fail(flat_scores=True)
    async with client_of(server) as client:
        scores = await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    assert len(set(scores)) == 1
    assert len(scores) == len(TEXTS)


@pytest.mark.parametrize("name", ["vllm", "sglang", "tei", "infinity", "xinference", "llamacpp"])
async def test_a_key_is_sent_and_never_shown(model_server: StartServer, name: str) -> None:
    """A right key is accepted; a wrong one is a 401 with a hint."""
    server = model_server(name, api_key="right-key")
    async with client_of(server, api_key="right-key") as client:
        await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    async with client_of(server, api_key="wrong-key", url=server.root + "/v1/rerank") as client:
        with pytest.raises(RerankError, match=r"401|404") as caught:
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
        assert "wrong-key" not in f"{caught.value!r} {client!r} {vars(caught.value)}"


async def test_a_wrong_path_or_model_is_answered_with_what_to_change(
    rerank_server: FakeModelServer,
) -> None:
    """A 404 says whether the address or the model is wrong."""
    async with client_of(rerank_server, url=rerank_server.root + "/v1/rank") as client:
        with pytest.raises(RerankError, match="path of ES_HYBRID_RERANK__URL"):
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    async with client_of(rerank_server, model="nope") as client:
        with pytest.raises(RerankError, match="ES_HYBRID_RERANK__MODEL"):
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)


@pytest.mark.parametrize("faults", [{"hang": True}, {"stall": True}, {"drip_s": 0.02}])
@pytest.mark.parametrize("texts", [5, 70])
async def test_the_deadline_holds(
    model_server: StartServer, faults: dict[str, Any], texts: int
) -> None:
    """A silent, a stalling and a dripping server cost the call its timeout, and not what they hold it for."""
    server = model_server("tei")
    async with client_of(server, retry=RetryPolicy(3, 60.0)) as client:
        await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
        server.fail(**faults)
        many = [f"product {number}" for number in range(texts)]
        started = time.perf_counter()
        with pytest.raises(ServiceTimeout, match=r"did not answer within 0\.2 s") as caught:
            await client.rerank(QUERY, many, instruction=None, timeout_s=0.2)
        assert time.perf_counter() - started < IN_TIME_S
    assert isinstance(caught.value, TimeoutError)
    assert (caught.value.attempts, caught.value.retryable) == (1, True)


async def test_no_time_left_means_no_request(rerank_server: FakeModelServer) -> None:
    """A spent budget is a timeout at once; the server is not bothered."""
    async with client_of(rerank_server) as client:
        with pytest.raises(ServiceTimeout) as caught:
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=0.0)
    assert caught.value.attempts == rerank_server.count == 0


async def test_a_hiccup_is_mended_by_one_quick_retry(rerank_server: FakeModelServer) -> None:
    """By default a cut connection or a 503 costs a second try, and no third."""
    settings = RerankSettings(url=rerank_server.rerank_url)
    async with aclosing(AsyncRerankClient(settings)) as client:
        for faults in ({"reset": True}, {"status": 503}, {"status": 500}):
            rerank_server.fail(times=1, **faults)
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
        rerank_server.requests.clear()
        rerank_server.fail(status=503)
        with pytest.raises(RerankError) as caught:
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    assert caught.value.attempts == rerank_server.count == 2
    assert caught.value.status == 503


async def test_an_idle_connection_that_the_server_closed_does_no_harm(
    rerank_server: FakeModelServer,
) -> None:
    """The next search after a quiet while works, on a new connection."""
    settings = RerankSettings(url=rerank_server.rerank_url)
    async with aclosing(AsyncRerankClient(settings)) as client:
        await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
        rerank_server.drop_connections()
        await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)


async def test_an_answer_that_breaks_off_is_a_lost_connection(
    rerank_server: FakeModelServer,
) -> None:
    """Half a body is never parsed; the call may be tried again."""
    async with client_of(rerank_server) as client:
        rerank_server.fail(cut=True)
        with pytest.raises(RerankError, match="no connection to the rerank server") as caught:
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    assert caught.value.retryable


async def test_no_server_at_all_is_a_rerank_error() -> None:
    """Nothing listening is reported in the system's words, with the setting to check."""
    with nobody() as url:
        settings = RerankSettings(url=f"{url}/v1/rerank")
        async with aclosing(AsyncRerankClient(settings, retry=ONCE)) as client:
            with pytest.raises(RerankError, match="ES_HYBRID_RERANK__URL") as caught:
                await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
    assert caught.value.status is None
    assert caught.value.__cause__ is not None


async def test_a_servers_echo_never_reaches_the_exception(rerank_server: FakeModelServer) -> None:
    """A server that quotes the request does not put shoppers' words into logs through us."""
    rerank_server.fail(status=400, echo=True)
    async with client_of(rerank_server) as client:
        with pytest.raises(RerankError) as caught:
            await client.rerank("secret wish", TEXTS, instruction=None, timeout_s=5.0)
    for word in ("wish", "Cotton"):
        assert word not in f"{caught.value} {vars(caught.value)}"


async def test_a_huge_answer_is_not_read_to_its_end(
    rerank_server: FakeModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer beyond the limit is refused instead of filling the memory."""
    monkeypatch.setattr("es_hybrid._async.models.rerank.MAX_BYTES", 100)
    async with client_of(rerank_server) as client:
        with pytest.raises(ContractError, match="longer than 100 bytes"):
            await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "RERANK__URL"),
        ({"url": "localhost:8000"}, "RERANK__URL"),
        ({"url": "http://h:port/v1"}, "RERANK__URL"),
        ({"url": "http://h/v1/rerank", "dialect": "vlm"}, "unknown rerank dialect"),
        ({"url": "http://h/rerank", "dialect": "tei", "template": "server"}, "tei server cannot"),
        ({"url": "http://h/rerank", "dialect": "sglang", "template": "client"}, "sglang"),
    ],
)
async def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], words: str) -> None:
    """What would fail at each search, or score nonsense, fails at construction."""
    with pytest.raises(ConfigurationError, match=words):
        AsyncRerankClient(RerankSettings(**settings))


async def test_every_failure_is_one_of_ours(rerank_server: FakeModelServer) -> None:
    """No caller needs to import httpx to catch what can go wrong."""
    async with client_of(rerank_server) as client:
        for status in (301, 400, 401, 403, 404, 408, 409, 413, 422, 424, 429, 500, 501, 502, 503):
            rerank_server.fail(status=status)
            with pytest.raises(ServiceError) as caught:
                await client.rerank(QUERY, TEXTS, instruction=None, timeout_s=5.0)
            assert caught.value.status == status
