"""What a search says of its models: the task each was given, and what came from memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from es_hybrid import AsyncHybridClient, RequestError, Settings, hybrid_ext
from es_hybrid.instructions import PRODUCT_SEARCH, QUERY_TASKS
from es_hybrid.testing import AsyncHashEmbedder
from es_hybrid.types import Remembered, Stage
from tests.support.model_servers import FakeModelServer
from tests.support.shops import DIMS, shop_mapping

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
QWEN = "Qwen3-Embedding-of-tests"
WORDS: dict[str, Any] = {"match": {"title": "trail running shoe"}}


@pytest.fixture
def qwen_index(make_index: Callable[..., str]) -> str:
    """An index whose vectors are of a model that reads tasks."""
    mapping = shop_mapping()
    mapping["_meta"] = {"es_hybrid": {**mapping["_meta"]["es_hybrid"], "model": QWEN}}
    return make_index(mapping=mapping)


def settings_of(embed: FakeModelServer, rerank: FakeModelServer, **cache: Any) -> Settings:
    return Settings(
        embed={"base_url": embed.base_url, "model": QWEN, "timeout_s": 5.0},
        rerank={
            "url": rerank.rerank_url,
            "model": rerank.model,
            "dialect": "vllm",
            "timeout_s": 5.0,
        },
        search={"budget_s": 10.0},
        cache=cache,
    )


def queries_sent(server: FakeModelServer) -> list[str]:
    return [text for request in server.requests for text in request.body["input"]]


async def test_a_request_brings_its_task(
    async_open_shop: OpenShop,
    qwen_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """A task of the request goes before its query once, in place of the usual one, and is named."""
    shop = async_open_shop(embedder=None, settings=settings_of(embed_server, rerank_server))
    usual = await shop.search(index=qwen_index, query=WORDS)
    ext = hybrid_ext(embed={"instruction": "gift"}, rerank={"instruction": "cross-lingual"})
    gift = await shop.search(index=qwen_index, query=WORDS, ext=ext)
    assert queries_sent(embed_server) == [
        f"Instruct: {task}\nQuery:trail running shoe"
        for task in (PRODUCT_SEARCH, QUERY_TASKS["gift"])
    ]
    assert rerank_server.requests[-1].body["instruction"] == QUERY_TASKS["cross-lingual"]
    assert usual.hybrid.instructions == {Stage.EMBED: PRODUCT_SEARCH}
    assert gift["ext"]["hybrid"]["instructions"] == {
        "embed": QUERY_TASKS["gift"],
        "rerank": QUERY_TASKS["cross-lingual"],
    }
    again = await shop.search(index=qwen_index, query=WORDS, ext=ext)
    assert again.hybrid.remembered.vector
    assert len(queries_sent(embed_server)) == 2


async def test_a_task_that_nobody_reads_is_refused(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A model without tasks, or a vector of one's own, makes the task a mistake with its place."""
    shop = async_open_shop(embedder=AsyncHashEmbedder(dims=DIMS))
    for more in ({}, {"vector": [1.0] * DIMS}):
        ext = hybrid_ext(embed={"instruction": "gift"}, **more)
        with pytest.raises(RequestError) as caught:
            await shop.search(index=products_index, query=WORDS, ext=ext)
        assert caught.value.path == "ext.hybrid.embed.instruction"


async def test_what_came_from_memory(
    async_open_shop: OpenShop,
    qwen_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """An answer says whether its vector, how many of its scores, and whether it itself was kept."""
    settings = settings_of(embed_server, rerank_server, results_ttl_s=60.0)
    shop = async_open_shop(embedder=None, settings=settings)

    async def search(top: int) -> Any:
        ext = hybrid_ext(rerank={"top": top})
        return await shop.search(index=qwen_index, query=WORDS, ext=ext)

    first, more, again = [await search(top) for top in (10, 30, 30)]
    assert first.hybrid.remembered == Remembered(vector=False, scores=0, scored=10)
    assert more.hybrid.remembered.vector
    assert more.hybrid.remembered.scored == 30
    assert more.hybrid.remembered.scores >= 10
    assert not more.hybrid.remembered.answer
    assert again["ext"]["hybrid"]["remembered"]["answer"]
    assert again.hybrid.remembered.answer
    assert (embed_server.count, rerank_server.count) == (1, 2)


async def test_many_searches_of_two_tasks(
    async_open_shop: OpenShop,
    qwen_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """Searches of one `msearch` share a call with those of their task, and each says its own."""
    shop = async_open_shop(embedder=None, settings=settings_of(embed_server, rerank_server))
    await shop.search(index=qwen_index, query=WORDS, ext=hybrid_ext(rerank=False))
    searches: list[dict[str, Any]] = []
    for words, task in (("tent", "gift"), ("stove", "gift"), ("trail running shoe", None)):
        ext = hybrid_ext(rerank=False, **({"embed": {"instruction": task}} if task else {}))
        searches += [{}, {"query": {"match": {"title": words}}, "ext": ext}]
    answer = await shop.msearch(index=qwen_index, searches=searches)
    gift, usual = QUERY_TASKS["gift"], PRODUCT_SEARCH
    assert [info.instructions[Stage.EMBED] for info in answer.hybrid if info] == [gift, gift, usual]
    assert [info.remembered.vector for info in answer.hybrid if info] == [False, False, True]
    assert [request.body["input"] for request in embed_server.requests[1:]] == [
        [f"Instruct: {gift}\nQuery:tent", f"Instruct: {gift}\nQuery:stove"]
    ]


async def test_what_a_product_looks_like(
    async_open_shop: OpenShop,
    qwen_index: str,
    embed_server: FakeModelServer,
    rerank_server: FakeModelServer,
) -> None:
    """A template of the request or the settings shows the reranker labelled lines; fields win."""
    settings = settings_of(embed_server, rerank_server)
    rerank = settings.rerank.model_copy(update={"product_template": "Brand: {brand}\n{title}"})
    shop = async_open_shop(embedder=None, settings=settings.model_copy(update={"rerank": rerank}))

    async def read(**asked: Any) -> str:
        ext = hybrid_ext(rerank={"top": 1, **asked})
        await shop.search(index=qwen_index, query=WORDS, ext=ext)
        return str(rerank_server.requests[-1].body["documents"][0])

    assert (await read()).startswith("Brand: ")
    lines = (await read(product_template="listing")).splitlines()
    assert [line.partition(" ")[0] for line in lines[1:3]] == ["Brand:", "Price:"]
    assert "\n" not in await read(fields=["title"])
    with pytest.raises(RequestError, match="names no field"):
        hybrid_ext(rerank={"product_template": "a tent"})
