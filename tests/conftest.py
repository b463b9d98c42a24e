"""What every ring of tests shares: the cluster, an index of its own, a shop."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import ApiError, AsyncElasticsearch, Elasticsearch, TransportError
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.databases",
    "tests.support.fixtures",
    "tests.support.logs",
    "tests.support.shops",
]

# The same examples in every run, however busy the machine is: what fails here fails for everybody.
# `--hypothesis-profile=default` tries others.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add how to reach a real Elasticsearch."""
    parser.addoption("--es-url", default=None, help="a real Elasticsearch (or ES_HYBRID_ES_URL)")
    parser.addoption(
        "--require-es", action="store_true", help="fail at once where no Elasticsearch answers"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep the shop's own settings out of the tests: they would change what is tested."""
    # A process that shares the work is told by the first one, whose environment is cleared here.
    told = getattr(config, "workerinput", {})
    url = config.getoption("--es-url") or os.environ.get("ES_HYBRID_ES_URL")
    config.stash[ES_URL] = told.get("es_url", url)
    config.stash[ES_KEY] = told.get("es_key", os.environ.get("ES_HYBRID_ES_API_KEY"))
    for name in [name for name in os.environ if name.startswith("ES_HYBRID_")]:
        del os.environ[name]


def pytest_configure_node(node: Any) -> None:
    """Tell a process that shares the work (pytest-xdist) how to reach Elasticsearch."""
    node.workerinput["es_url"] = node.config.stash[ES_URL]
    node.workerinput["es_key"] = node.config.stash[ES_KEY]


_LONGEST = (
    "tests/es/test_reindex_histories.py",
    "tests/es/test_killed.py",
    "tests/dev/test_node.py",
    "tests/es/test_ray.py",
    "tests/es/test_demo.py",
    "tests/security/",
    "tests/browser/",
    "tests/es/test_text_similarity_reranker.py",
    "tests/swap/test_shapes.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no process is left alone with one."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONGEST))


ES_URL = pytest.StashKey[str | None]()
ES_KEY = pytest.StashKey[str | None]()


def pytest_report_header(config: pytest.Config) -> str:
    """Name the server in the header: results mean nothing without its version."""
    url = config.stash[ES_URL]
    if url is None:
        if config.getoption("--require-es"):
            raise pytest.UsageError("no Elasticsearch: set ES_HYBRID_ES_URL, or run `make test`")
        return "elasticsearch: none (set ES_HYBRID_ES_URL); tests that need one will fail"
    try:
        with Elasticsearch(url, api_key=config.stash[ES_KEY], request_timeout=10) as es:
            version = es.info()["version"]["number"]
            licence = es.license.get()["license"]["type"]
    except (ApiError, TransportError) as error:
        raise pytest.UsageError(f"Elasticsearch at {url} does not answer: {error}") from None
    return f"elasticsearch: {version} ({licence}) at {url}"


@pytest.fixture(scope="session")
def es_url(request: pytest.FixtureRequest) -> str:
    """The cluster's address; a test that needs one fails without, and is never skipped."""
    url = request.config.stash[ES_URL]
    if url is None:
        pytest.fail("this test needs a real Elasticsearch: set ES_HYBRID_ES_URL")
    return url


@pytest.fixture(scope="session")
def es(es_url: str, request: pytest.FixtureRequest) -> Iterator[Elasticsearch]:
    """The shop's own client, sync."""
    with Elasticsearch(es_url, api_key=request.config.stash[ES_KEY], request_timeout=60) as client:
        yield client


@pytest.fixture
async def async_es(
    es_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[AsyncElasticsearch]:
    """The shop's own client, async."""
    key = request.config.stash[ES_KEY]
    async with AsyncElasticsearch(es_url, api_key=key, request_timeout=60) as client:
        yield client


@pytest.fixture
def index_name(es: Elasticsearch) -> Iterator[str]:
    """A name of this test's own; the index or alias behind it goes with the test."""
    name = f"test-{uuid4().hex[:12]}"
    yield name
    # A cluster may refuse to delete by wildcard, so the names behind it are looked up first.
    for index in es.indices.get(index=f"{name}*", expand_wildcards="all").body:
        es.indices.delete(index=index)
