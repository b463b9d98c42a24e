"""Batches of a distributed run keep their names and add up, wherever they ran."""

from __future__ import annotations

import json

import numpy as np

from es_hybrid.indexing.report import Failure, IngestReport
from es_hybrid.indexing.sources import BadRecord, Record
from es_hybrid.scale.batches import batch_key, from_json, letter_key, to_json, total


def test_a_batch_is_known_by_run_and_content() -> None:
    """The same products under the same name are the same batch; anything else is another one."""
    items = [Record(1, {"id": 1, "embedding": np.ones(3, np.float32)}), BadRecord(2, "is not JSON")]
    key = batch_key("a", items)
    assert key == batch_key("a", list(items))
    others = (batch_key("b", items), batch_key("a", items[:1]), batch_key("a", items[::-1]))
    assert key not in others
    assert letter_key("a", b"x") != letter_key("b", b"x")


def test_reports_add_up() -> None:
    """Numbers are summed, failures kept up to their limit, and a warning stands once."""
    failures = tuple(Failure(str(n), n, "no") for n in range(700))
    one = IngestReport(read=800, indexed=100, failed=700, failures=failures, warnings=("slow",))
    found = total([from_json(json.loads(json.dumps(to_json(one))))] * 2, elapsed_s=5.0)
    assert (found.read, found.indexed, found.failed) == (1600, 200, 1400)
    assert (len(found.failures), found.failures_left_out) == (1000, 400)
    assert (found.warnings, found.elapsed_s) == (("slow",), 5.0)
    assert total([], elapsed_s=1.0) == IngestReport(elapsed_s=1.0)
