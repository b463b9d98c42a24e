"""Fixtures that several rings of tests share; loaded by the top conftest as a plug-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.support.model_servers import FakeModelServer


@pytest.fixture
def model_server() -> Iterator[Callable[..., FakeModelServer]]:
    """Start model servers: `model_server("tei", dims=32)`; they stop with the test."""
    with ExitStack() as stack:

        def start(profile: str = "vllm", **options: Any) -> FakeModelServer:
            return stack.enter_context(FakeModelServer(profile, **options))

        yield start


@pytest.fixture
def embed_server() -> Iterator[FakeModelServer]:
    """An embedding server that behaves like SGLang."""
    with FakeModelServer("sglang") as server:
        yield server


@pytest.fixture
def rerank_server() -> Iterator[FakeModelServer]:
    """A rerank server that behaves like vLLM."""
    with FakeModelServer("vllm") as server:
        yield server
