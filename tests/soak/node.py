"""A node of a history's own, which can be killed and started again with its data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from scripts.dev.node import lifecycle, places
from scripts.dev.node.boot import NodeRequest
from scripts.dev.node.process import kill
from scripts.dev.node.releases import RELEASES


class OwnNode:
    """A running node."""

    def __init__(self, request: NodeRequest) -> None:
        # Not one of those that other nodes take while this one is away.
        self._port = places.free_port()
        self._request = replace(request, port=self._port)
        self._state = lifecycle.start(self._request)
        self.url = self._state.url

    def restart(self) -> None:
        """Kill it without warning, and start it again at the same address."""
        assert kill(self._state.process), "a killed node does not end"
        assert places.is_free(self._port)
        self._state = lifecycle.start(self._request)


@contextmanager
def own_node(state_dir: Path, *, version: str | None) -> Iterator[OwnNode]:
    """Run a node; what it stored goes with it.

    Args:
        state_dir: Where its state is kept.
        version: Of Elasticsearch; one that is not known here gives the newest.
    """
    known = version if version in {release.version for release in RELEASES} else None
    request = NodeRequest(name="soak", version=known, dev_dir=state_dir)
    try:
        yield OwnNode(request)
    finally:
        lifecycle.stop("soak", dev_dir=state_dir, purge=True)
