"""What a shop's program logs, counts and traces: enough to run it, and nothing that was typed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch
from prometheus_client.parser import text_string_to_metric_families

from tests.support.model_servers import FakeModelServer
from tests.support.observed_run import CANARY, KEY

pytestmark = pytest.mark.es


@dataclass(frozen=True)
class Observed:
    """All that left a run.

    Attributes:
        printed: The process's output, error output included.
        out: The same, read.
    """

    printed: str
    out: dict[str, Any]

    def named(self, name: str) -> list[dict[str, Any]]:
        """Return the spans of a name, in the order in which they ended."""
        return [span for span in self.out["spans"] if span["name"] == name]

    def children(self, span: dict[str, Any]) -> list[str]:
        """Return the names of the spans right below one."""
        return [each["name"] for each in self.out["spans"] if each["parent"] == span["id"]]

    def value(self, name: str, *, page: str = "metrics", **labels: str) -> float:
        """Return the one sample of a metrics page that has these labels, and maybe more."""
        (found,) = [
            sample.value
            for family in text_string_to_metric_families(self.out[page])
            for sample in family.samples
            if sample.name == f"es_hybrid_{name}" and labels.items() <= sample.labels.items()
        ]
        return float(found)


@pytest.fixture(scope="module", params=["async", "sync"])
def observed(request: pytest.FixtureRequest, es: Elasticsearch, es_url: str) -> Observed:
    """One run of each flavour."""
    index = f"test-{uuid4().hex[:12]}"
    with (
        FakeModelServer("sglang", api_key=f"{KEY}-embed") as embed,
        FakeModelServer("vllm", api_key=f"{KEY}-rerank") as rerank,
        FakeModelServer("sglang") as bad_embed,
        FakeModelServer("vllm") as bad_rerank,
    ):
        for server in (bad_embed, bad_rerank):
            server.fail(status=500, echo=True)  # what was sent comes back in the message
        urls = [embed.base_url, rerank.rerank_url, bad_embed.base_url, bad_rerank.rerank_url]
        command = [sys.executable, "-m", "tests.support.observed_run", es_url, index]
        done = subprocess.run(
            [*command, request.param, *urls], capture_output=True, text=True, check=False
        )
        sent = [text for call in embed.requests for text in call.body["input"]]
    for name in es.indices.get(index=f"{index}*").body:
        es.indices.delete(index=name)
    assert done.returncode == 0, done.stderr
    assert any(CANARY in text for text in sent)
    return Observed(done.stdout + done.stderr, json.loads(done.stdout))


def test_nothing_that_was_typed_leaves(observed: Observed) -> None:
    """No shopper's words, product text, key or vector is in a log, a span, a metric or an event."""
    assert CANARY not in observed.printed
    assert KEY not in observed.printed
    assert not re.search(r"(-?\d\.\d+(e-?\d+)?,? ){4}", observed.printed)  # a list of numbers
    assert len(observed.out["logs"]) > 5
    assert len(observed.out["spans"]) > 20


def test_each_stage_is_a_span_above_elasticsearchs_own(observed: Observed) -> None:
    """A trace shows where a search spent its time, down to the requests to the cluster."""
    first = observed.named("es_hybrid.search")[0]
    assert first["attributes"]["es_hybrid.plan"] == "msearch_fusion"
    assert first["attributes"]["es_hybrid.level"] == "full"
    assert first["attributes"]["es_hybrid.cut_texts"] == 1
    stages = [name for name in observed.children(first) if name.startswith("es_hybrid.")]
    assert [name.removeprefix("es_hybrid.") for name in stages] == [
        "plan", "embed", "retrieve", "fuse", "rerank", "boost", "fetch",
    ]  # fmt: skip
    retrieve = next(s for s in observed.named("es_hybrid.retrieve") if s["parent"] == first["id"])
    assert observed.children(retrieve) == ["msearch"]


def test_an_answer_from_memory_is_traced_told_and_counted(observed: Observed) -> None:
    """The second search of the same words asks nobody, and every instrument knows."""
    again = observed.named("es_hybrid.search")[1]
    assert observed.children(again) == []
    assert again["attributes"]["es_hybrid.remembered"] is True
    assert "answer=True" in observed.out["events"][1]
    assert observed.value("cache_lookups_total", cache="respond", result="hit") == 1
    assert observed.value("cache_lookups_total", cache="embed", result="miss") == 1
    assert observed.value("cache_lookups_total", cache="embed", result="hit") >= 1


def test_the_numbers_are_those_of_what_was_done(observed: Observed) -> None:
    """Searches, durations and records are counted once each, and the index is current."""
    assert observed.value("searches_total", level="full") == 4
    assert observed.value("searches_total", level="passthrough") == 1
    assert observed.value("search_duration_seconds_count") == 5
    assert observed.value("stage_duration_seconds_count", stage="rerank") == 1
    assert observed.value("stage_duration_seconds_bucket", stage="rerank", le="+Inf") == 1
    results = {"indexed": 2, "unchanged": 0, "stale": 0, "failed": 0, "deleted": 0}
    for result, count in results.items():
        assert observed.value("ingest_records_total", result=result) == count
    assert observed.value("ingest_embedded_total") == 2
    assert observed.value("ingest_current_timestamp_seconds") > 1_700_000_000
    assert observed.value("breaker_state", service="embed", state="closed") == 1
    assert observed.value("breaker_state", service="embed", state="open") == 0


def test_a_search_without_its_models_is_a_sound_span_and_a_count(observed: Observed) -> None:
    """A degradation is an attribute and a counter by stage and reason, not an error of the search."""
    last = observed.named("es_hybrid.search")[-1]
    assert last["attributes"]["es_hybrid.level"] == "lexical"
    assert "embed:service_error" in last["attributes"]["es_hybrid.degraded"]
    assert last["status"] == "UNSET None"
    reason = {"stage": "embed", "reason": "service_error"}
    assert observed.value("degradations_total", page="failing", **reason) == 1
    assert observed.value("searches_total", page="failing", level="lexical") == 1


def test_many_searches_are_one_trace(observed: Observed) -> None:
    """One `msearch` shows its shared stages once, and each page by itself."""
    (many,) = observed.named("es_hybrid.msearch")
    assert many["attributes"]["es_hybrid.searches"] == 2
    below = observed.children(many)
    assert [below.count(f"es_hybrid.{stage}") for stage in ("embed", "retrieve", "rerank")] == [
        1
    ] * 3
