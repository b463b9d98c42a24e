"""A node with security on, and a key for each role."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.indexing.roles import RoleName, load_role
from es_hybrid.logs import Stream, index_template, template_name
from es_hybrid.testing import HashEmbedder
from scripts.dev.node import lifecycle
from scripts.dev.node.boot import NodeRequest
from scripts.dev.node.process import ProcessId
from scripts.dev.node.releases import RELEASES
from tests.conftest import ES_KEY, ES_URL
from tests.support.shops import DIMS, shop_products

ALIAS = "products"
EXPERIMENT = "pilot"
"""One that is there."""


@dataclass(frozen=True, slots=True)
class SecuredNode:
    """Where the node is, and who may do everything there."""

    url: str
    user: str
    password: str

    def open(self) -> Elasticsearch:
        """Return a client that may do everything."""
        return Elasticsearch(self.url, basic_auth=(self.user, self.password), request_timeout=60)


def _version(config: pytest.Config) -> str | None:
    """Return the version that the rest of the tests run on, where it can be booted here."""
    url = config.stash[ES_URL]
    if url is None:
        return None
    with Elasticsearch(url, api_key=config.stash[ES_KEY]) as es:
        found = str(es.info()["version"]["number"])
    return found if found in {release.version for release in RELEASES} else None


@pytest.fixture(scope="session")
def secured_node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecuredNode]:
    """A node that answers nobody without a key; it ends with the tests."""
    dev_dir = tmp_path_factory.mktemp("secured")
    known = lifecycle.start(
        NodeRequest(
            name="secured",
            version=_version(request.config),
            security=True,
            owner=ProcessId.of(os.getpid()),
            dev_dir=dev_dir,
        )
    )
    try:
        assert known.user is not None
        assert known.password is not None
        yield SecuredNode(known.url, known.user, known.password)
    finally:
        lifecycle.stop("secured", dev_dir=dev_dir)


@pytest.fixture(scope="session")
def root(secured_node: SecuredNode) -> Iterator[Elasticsearch]:
    """Who may do everything; the alias `products` is there, with products in it."""
    with secured_node.open() as es:
        with HybridClient(es, settings=Settings(), embedder=HashEmbedder(dims=DIMS)) as shop:
            shop.create_index(ALIAS)
            report = shop.ingest(ALIAS, shop_products())
            shop.experiments.start(EXPERIMENT, share=0.1)
        assert report.failed == 0
        for stream in Stream:
            template = index_template("ubi", stream)
            es.indices.put_index_template(name=template_name("ubi", stream), **template)
        event = {"@timestamp": "2026-11-21T10:00:00Z", "action_name": "click"}
        es.create(index="ubi_events", id="first", document=event)
        es.indices.create(index="other-shop")
        yield es


@pytest.fixture(scope="session")
def make_key(root: Elasticsearch) -> Callable[[Mapping[str, Any]], str]:
    """Create a key with one role descriptor; returns what the header carries."""

    def make(role: Mapping[str, Any]) -> str:
        made = root.security.create_api_key(
            name="test", role_descriptors={"only": role}, expiration="1h"
        )
        return str(made["encoded"])

    return make


@pytest.fixture(scope="session")
def keys(make_key: Callable[[Mapping[str, Any]], str]) -> Mapping[RoleName, str]:
    """A key for each shipped role."""
    return {name: make_key(load_role(name, index=ALIAS)) for name in RoleName}


@pytest.fixture(scope="session")
def shops(
    secured_node: SecuredNode, keys: Mapping[RoleName, str]
) -> Iterator[Mapping[RoleName, HybridClient]]:
    """A shop's client for each role."""
    with ExitStack() as stack:
        opened = {}
        for name, key in keys.items():
            es = Elasticsearch(secured_node.url, api_key=key, request_timeout=60)
            stack.enter_context(es)
            shop = HybridClient(es, settings=Settings(), embedder=HashEmbedder(dims=DIMS))
            opened[name] = stack.enter_context(shop)
        yield opened
