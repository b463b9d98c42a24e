"""The catalogue, and shops of every kind that search it."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid.testing import (
    AsyncHashEmbedder,
    AsyncScriptedReranker,
    HashEmbedder,
    ScriptedReranker,
)
from es_hybrid.types import Json
from tests.conftest import ES_KEY
from tests.support.shops import DIMS
from tests.support.waiting import patient
from tests.swap.catalogue import Names, catalogue
from tests.swap.outcomes import Outcome, plain_outcome
from tests.swap.shapes.shape import Shape

PAGE_OF_ALL = 200
"""More than the catalogue holds."""


@pytest.fixture(scope="session")
def names(es: Elasticsearch) -> Iterator[Names]:
    """The catalogue's names on this cluster; read only."""
    with catalogue(es) as created:
        yield created


@dataclass(frozen=True)
class Expected:
    """What the bare client makes of a shape.

    Attributes:
        outcome: Its answer or exception.
        every: For an answer, the same with all matches on one page.
    """

    outcome: Outcome
    every: Outcome | None


class BareClient:
    """Asks the bare client for each shape once: the catalogue does not change."""

    def __init__(self, es: Elasticsearch) -> None:
        self.es = es
        self._known: dict[tuple[str, str], Expected] = {}

    def expected(self, shape: Shape, names: Names) -> Expected:
        """Return what the bare client makes of a shape."""
        key = (shape.name, names.shop)
        if key not in self._known:
            page = self._ask(names.fill_in(shape.asks))
            every = None if page.error else self._ask(on_one_page(names.fill_in(shape.asks)))
            self._known[key] = Expected(page, every)
        return self._known[key]

    def _ask(self, arguments: Json) -> Outcome:
        asked = plain_outcome(self.es.search, arguments)
        if asked.error is None and "_scroll_id" in asked.body:
            self.es.clear_scroll(scroll_id=asked.body["_scroll_id"])
        return asked


def on_one_page(arguments: Json) -> Json:
    """Return the same search with everything it finds on one page."""
    if isinstance(arguments.get("body"), dict):
        left = {k: v for k, v in arguments["body"].items() if k not in {"from", "from_", "size"}}
        rest = {name: value for name, value in arguments.items() if name != "size"}
        return {**rest, "body": {**left, "size": PAGE_OF_ALL}}
    paging = {"from", "from_", "size"}
    rest = {name: value for name, value in arguments.items() if name not in paging}
    return rest if "body" in rest else {**rest, "size": PAGE_OF_ALL}


@pytest.fixture(scope="session")
def bare(es: Elasticsearch) -> BareClient:
    """The client that a shop comes from."""
    return BareClient(es)


def by_checksum(query: str, text: str) -> float:
    """Score a text by what says nothing of its relevance, and never ties."""
    return zlib.crc32(text.encode()) / 2**32


@dataclass(frozen=True)
class Way:
    """One way to have swapped the client.

    Attributes:
        flavour: `sync` or `async`.
        kind: `hybrid`: with an embedder. `bare`: without any model. `reranked`: with a reranker
            alone. `plain`: with both models, on an index without vectors.
    """

    flavour: str
    kind: str

    def names(self, names: Names) -> Names:
        """Return the catalogue as this way sees it."""
        return replace(names, shop=names.plain) if self.kind == "plain" else names

    def __str__(self) -> str:
        return f"{self.kind}-{self.flavour}"


WAYS = [
    *(Way(flavour, kind) for kind in ("hybrid", "bare") for flavour in ("sync", "async")),
    # The flavours share what these two add; one of each is enough.
    Way("sync", "reranked"),
    Way("async", "plain"),
]


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def shops(
    es: Elasticsearch, es_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[dict[Way, Any]]:
    """One client for each way; they share their Elasticsearch clients, as a shop's would."""
    key = request.config.stash[ES_KEY]
    # A window that most searches outgrow, so that pages go on past the candidates.
    settings = patient(search={"window": 12})
    async with AsyncElasticsearch(es_url, api_key=key, request_timeout=60) as async_es:
        opened: dict[Way, Any] = {}
        for way in WAYS:
            embeds, reranks = way.kind in {"hybrid", "plain"}, way.kind in {"reranked", "plain"}
            if way.flavour == "sync":
                opened[way] = HybridClient(
                    es,
                    settings=settings,
                    embedder=HashEmbedder(dims=DIMS) if embeds else None,
                    reranker=ScriptedReranker(by_checksum) if reranks else None,
                )
            else:
                opened[way] = AsyncHybridClient(
                    async_es,
                    settings=settings,
                    embedder=AsyncHashEmbedder(dims=DIMS) if embeds else None,
                    reranker=AsyncScriptedReranker(by_checksum) if reranks else None,
                )
        yield opened
        for way, shop in opened.items():
            _ = shop.close() if way.flavour == "sync" else await shop.close()
