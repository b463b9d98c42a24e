"""Models asked at start a question whose answer is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, Settings, Status
from tests.support.model_servers import FakeModelServer

StartServer = Callable[..., FakeModelServer]
NOWHERE = "http://127.0.0.1:9"


def settings_of(embed: FakeModelServer, rerank: FakeModelServer, **rerank_more: Any) -> Settings:
    wish = rerank_more.pop("check_models", "off")
    return Settings(
        embed={"base_url": embed.base_url, "model": embed.model},
        rerank={
            "url": rerank.rerank_url,
            "dialect": rerank.profile,
            "model": rerank.model,
            **rerank_more,
        },
        search={"check_models": wish},
    )


async def test_sound_models_are_in_order(
    embed_server: FakeModelServer, model_server: StartServer
) -> None:
    """One check per model, and none where there is no model."""
    settings = settings_of(embed_server, model_server("vllm", template="none"))
    async with AsyncElasticsearch(NOWHERE) as es:
        async with AsyncHybridClient(es, settings=settings) as shop:
            checks = await shop.check_models()
        async with AsyncHybridClient(es, settings=Settings()) as shop:
            assert await shop.check_models() == ()
    assert [(c.name, c.status) for c in checks] == [
        ("embedder", Status.OK),
        ("reranker", Status.OK),
    ]


async def test_a_wrong_prompt_is_found_at_start(
    embed_server: FakeModelServer, model_server: StartServer
) -> None:
    """A reranker without its prompt keeps a client from opening, and the error says what to do."""
    rerank = model_server("vllm", template="client", model="Qwen3-Reranker-4B")
    settings = settings_of(embed_server, rerank, template="server", check_models="raise")
    async with AsyncElasticsearch(NOWHERE) as es:
        with pytest.raises(ConfigurationError, match="without the model's prompt") as caught:
            async with AsyncHybridClient(es, settings=settings):
                pass
    assert "ES_HYBRID_RERANK__TEMPLATE" in str(caught.value.hint)


async def test_a_model_that_is_down_is_only_logged(
    embed_server: FakeModelServer, model_server: StartServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With `log` the client opens whatever the models do, and each one in trouble is a warning."""
    rerank = model_server("vllm", template="none")
    rerank.fail(status=503)
    embed_server.fail(status=503)
    settings = settings_of(embed_server, rerank, check_models="log")
    async with AsyncElasticsearch(NOWHERE) as es, AsyncHybridClient(es, settings=settings) as shop:
        checks = await shop.check_models()
    assert [check.status for check in checks] == [Status.PROBLEM, Status.PROBLEM]
    assert [record.getMessage() for record in caplog.records].count("model.wrong") == 2
