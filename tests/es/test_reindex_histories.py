"""Random histories around a reindex: 0 lost, 0 resurrected, 0 failed reads.

`make soak` plays two hundred of them; here are ten, two with a node that is killed.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from elasticsearch import Elasticsearch

from tests.soak.histories import history
from tests.soak.node import OwnNode, own_node
from tests.soak.stage import play

pytestmark = pytest.mark.es


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, es: Elasticsearch) -> Iterator[OwnNode]:
    """A node of these tests' own, of the version under test."""
    version = str(es.info()["version"]["number"])
    with own_node(tmp_path_factory.mktemp("soak"), version=version) as running:
        yield running


@pytest.mark.parametrize("seed", range(8))
def test_a_history_ends_well(es_url: str, seed: int) -> None:
    """With writers, kills and cut connections, every product is what its writer was told."""
    verdict = play(history(seed), url=es_url)
    assert verdict.good, str(verdict)


@pytest.mark.node
@pytest.mark.parametrize("seed", [100, 101])
def test_a_history_with_a_killed_node_ends_well(node: OwnNode, seed: int) -> None:
    """A node that is killed and comes back costs time only."""
    verdict = play(history(seed, restart=True), url=node.url, restart=node.restart)
    assert verdict.good, str(verdict)
