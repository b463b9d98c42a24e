"""A log of a test's own in the cluster's data streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from es_hybrid.logs import Stream, index_template, stream_name, template_name

STREAMS = "test-ubi"
"""One pair of streams for all tests: a node without the data-stream module cannot delete any."""

SALT = "a salt that nobody guesses"


class TestLog:
    """The records of one test, told from others' by their `application`."""

    __test__ = False

    def __init__(self, es: Elasticsearch) -> None:
        self._es = es
        self.application = f"test-{uuid4().hex[:12]}"

    def set_up(self) -> None:
        """Put the templates, and give streams of an older release the fields that are new."""
        for stream in Stream:
            template = index_template(STREAMS, stream)
            self._es.indices.put_index_template(name=template_name(STREAMS, stream), **template)
            self._es.options(ignore_status=404).indices.put_mapping(
                index=stream_name(STREAMS, stream),
                properties=template["template"]["mappings"]["properties"],
            )

    def settings(self, **options: Any) -> dict[str, Any]:
        """Return the settings' section `log`, for records that are written at once."""
        usual = {"to": "elasticsearch", "streams": STREAMS, "application": self.application}
        return {**usual, "every_s": 0.0, "timeout_s": 60.0, "close_s": 60.0, **options}

    def records(self, stream: Stream) -> list[dict[str, Any]]:
        """Return what was written, in order of time."""
        name = stream_name(STREAMS, stream)
        self._es.indices.refresh(index=name, ignore_unavailable=True)
        found = self._es.search(
            index=name,
            query={"term": {"application": self.application}},
            sort=["@timestamp"],
            size=1000,
            ignore_unavailable=True,
        )
        return [hit["_source"] for hit in found["hits"]["hits"]]

    def remove(self) -> None:
        """Delete the test's records."""
        self._es.options(ignore_status=404).delete_by_query(
            index=f"{STREAMS}_*",
            query={"term": {"application": self.application}},
            refresh=True,
            conflicts="proceed",
        )


@pytest.fixture
def test_log(es: Elasticsearch) -> Iterator[TestLog]:
    """A log of this test's own; its records go with the test."""
    log = TestLog(es)
    log.set_up()
    yield log
    log.remove()
