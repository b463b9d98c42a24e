"""What a search asks its models, whatever goes wrong with their servers: in time, and of one class."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import fields
from typing import Any

import pytest

from es_hybrid._async.models.stack import AsyncModelStack
from es_hybrid.errors import (
    ContractError,
    EmbeddingError,
    RerankError,
    ServiceError,
    ServiceTimeout,
)
from es_hybrid.settings import EmbedSettings, RerankSettings, Settings
from es_hybrid.types import TextKind
from tests.support.loopback import nobody
from tests.support.model_faults import Faults
from tests.support.model_servers import FakeModelServer
from tests.support.stubborn_servers import HeaderDripServer
from tests.support.waiting import IN_TIME_S, async_until

# The 50 ms that a search may run over are measured by benchmarks/models.py.
TIMEOUT_S = 0.15
PATIENT_S = 20.0
TEXTS = ["red trail running shoes", "steel water bottle", "red shoes for trail running"]
REFUSED = {"embed": EmbeddingError, "rerank": RerankError}

# What a search gets: None is an answer, "refused" the service's own error.
FAULTS: list[tuple[dict[str, Any], type[ServiceError] | str | None]] = [
    ({}, None),
    ({"shuffled": True}, None),
    ({"unsorted": True}, None),
    ({"status": 500, "times": 1}, None),
    ({"latency_s": 0.02, "jitter_s": 0.02}, None),
    ({"latency_s": 600.0}, ServiceTimeout),
    ({"hang": True}, ServiceTimeout),
    ({"stall": True}, ServiceTimeout),
    ({"drip_s": 0.01}, ServiceTimeout),
    ({"reset": True}, "refused"),
    ({"cut": True}, "refused"),
    ({"status": 500}, "refused"),
    ({"status": 401, "message": "Unauthorized"}, "refused"),
    ({"status": 400, "echo": True}, "refused"),
    ({"status": 429, "retry_after": "30"}, "refused"),
    ({"overload": True}, "refused"),
    ({"busy_above": 0}, "refused"),
    ({"html": True}, ContractError),
    ({"empty": True}, ContractError),
    ({"truncated": True}, ContractError),
    ({"missing": True}, ContractError),
    ({"repeated_index": True}, ContractError),
    ({"index_out_of_range": True}, ContractError),
    ({"nan": True}, ContractError),
    ({"null": True}, ContractError),
]
OF_VECTORS: list[tuple[dict[str, Any], type[ServiceError] | str | None]] = [
    ({"wrong_dims": True}, ContractError),
    ({"zero": True}, ContractError),
]
OF_SCORES: list[tuple[dict[str, Any], type[ServiceError] | str | None]] = [
    ({"flat_scores": True}, None),
    ({"text_scores": True}, None),
]


def stack_of(embed_url: str, rerank_url: str) -> AsyncModelStack:
    return AsyncModelStack(
        Settings(
            embed=EmbedSettings(base_url=embed_url, model="fake-model"),
            rerank=RerankSettings(url=rerank_url, model="fake-model"),
        )
    )


async def ask(models: AsyncModelStack, service: str, *, timeout_s: float) -> int:
    """Ask as a search does; return how many answers came."""
    assert models.queries is not None
    assert models.pairs is not None
    if service == "embed":
        return len(await models.queries.embed(TEXTS, kind=TextKind.QUERY, timeout_s=timeout_s))
    scores: Sequence[float] = await models.pairs.rerank(
        "trail shoe", TEXTS, instruction=None, timeout_s=timeout_s
    )
    return len(scores)


def background_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("es-hybrid")]


def name_of(case: object) -> str | None:
    return ",".join(case) or "sound" if isinstance(case, dict) else None


def test_the_table_has_every_fault() -> None:
    """A fault that the servers learn must be decided on here."""
    tried = {name for faults, _ in [*FAULTS, *OF_VECTORS, *OF_SCORES] for name in faults}
    assert tried == {field.name for field in fields(Faults)}


@pytest.mark.parametrize(
    ("service", "faults", "expected"),
    [
        *(("embed", *case) for case in [*FAULTS, *OF_VECTORS]),
        *(("rerank", *case) for case in [*FAULTS, *OF_SCORES]),
    ],
    ids=name_of,
)
async def test_a_fault_is_over_in_time_and_of_its_class(
    service: str, faults: dict[str, Any], expected: type[ServiceError] | str | None
) -> None:
    """Whatever a server does, the search goes on without it; nothing is left over."""
    with FakeModelServer("vllm") as server:
        async with aclosing(stack_of(server.base_url, server.rerank_url)) as models:
            await ask(models, service, timeout_s=PATIENT_S)  # connections are there, as in a shop
            models.forget()
            server.fail(**faults)
            started = time.perf_counter()
            error: Exception | None = None
            timeout_s = TIMEOUT_S if expected is ServiceTimeout else PATIENT_S
            try:
                assert await ask(models, service, timeout_s=timeout_s) == len(TEXTS)
            except ServiceError as raised:
                error = raised
            took_s = time.perf_counter() - started
            server.fail()
            stats = models.cache_stats
        wanted = REFUSED[service] if expected == "refused" else expected
        assert type(error) is (type(None) if wanted is None else wanted), error
        assert took_s < IN_TIME_S
        kept = sum(stage.entries for stage in stats.values())
        assert kept == (len(TEXTS) if error is None else 0)
    assert background_threads() == []


@pytest.mark.parametrize("service", ["embed", "rerank"])
async def test_headers_without_end_do_not_hold_a_search(service: str) -> None:
    """A server whose headers never end costs a call its time; closing ends what was left behind."""
    with HeaderDripServer() as server:
        async with aclosing(stack_of(f"{server.url}/v1", f"{server.url}/v1/rerank")) as models:
            for _ in range(2):
                started = time.perf_counter()
                with pytest.raises(ServiceTimeout, match=r"did not answer within 0\.1\d* s"):
                    await ask(models, service, timeout_s=TIMEOUT_S)
                assert time.perf_counter() - started < IN_TIME_S
            await async_until(lambda: server.accepted == 2)
        assert background_threads() == []


async def test_nobody_listening_is_an_error_at_once() -> None:
    """A server that is not there costs a search nothing but a failed connection."""
    with nobody() as url:
        async with aclosing(stack_of(f"{url}/v1", f"{url}/v1/rerank")) as models:
            for service, error in REFUSED.items():
                with pytest.raises(error, match="no connection"):
                    await ask(models, service, timeout_s=PATIENT_S)
