"""What Kibana would ask for, asked of a real cluster with a real log."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.cli.app import main
from es_hybrid.experiments.outcomes import Outcome
from es_hybrid.kibana import DataView, Panel, dashboards
from es_hybrid.kibana.views import VIEWS, runtime_mappings
from es_hybrid.logs import Stream, stream_name
from es_hybrid.testing import HashEmbedder, ScriptedReranker
from es_hybrid.types import Stage, Variant
from tests.support.logs import SALT, STREAMS, TestLog

pytestmark = pytest.mark.es

PANELS = {f"{d.name}-{p.name}": p for d in dashboards() for p in d.panels}
WORDS: dict[str, Any] = {"multi_match": {"query": "trail shoe", "fields": ["title^3"]}}
PRODUCTS = [{"id": f"p{n}", "title": f"trail shoe {n}", "price": 10 + n} for n in range(6)]


@pytest.fixture(scope="module")
def filled(es: Elasticsearch) -> Iterator[TestLog]:
    """A log of real searches, events, ingests and an experiment."""
    log = TestLog(es)
    log.set_up()
    index = f"test-{uuid4().hex[:12]}"
    try:
        fill(es, log, index)
        es.indices.refresh(index=f"{STREAMS}_*")
        yield log
    finally:
        log.remove()
        for name in es.indices.get(index=f"{index}*", expand_wildcards="all").body:
            es.indices.delete(index=name)


def fill(es: Elasticsearch, log: TestLog, index: str) -> None:
    """Ingest, fail, search, click, buy, and look at an experiment."""
    settings = Settings(
        log=log.settings(text="hash", ids="hash", salt=SALT, reports=True),
        search={"budget_s": 60.0},
        experiment={"index": f"{index}-experiments", "timeout_s": 60.0},
    )
    embedder = HashEmbedder()
    reranker = ScriptedReranker(lambda _query, text: float(len(text)))
    with HybridClient(es, settings=settings, embedder=embedder, reranker=reranker) as shop:
        shop.create_index(index)
        report = shop.ingest(index, [*PRODUCTS, {"id": "bad", "title": "x", "price": "none"}])
        assert (report.indexed, report.failed) == (6, 1)
        shop.reindex(shop.plan_reindex(index))
        shop.backfill(index)
        for variant in ("control", "treatment"):
            trial = {"name": "pilot", "variant": variant}
            told = {"hybrid": {"log": {"user": "u", "experiment": trial}}}
            answer = shop.search(index=index, query=WORDS, ext=told)
            assert answer.hybrid.reranked, answer.hybrid
            found = {"query_id": answer.hybrid.query_id, "object_id": "p1", "position": 1}
            shop.log_event("click", **found)
            shop.log_event("purchase", **found, revenue=9.5, experiment=trial)
        nothing = {"bool": {"must": [WORDS], "filter": [{"term": {"brand": "none such"}}]}}
        shop.search(index=index, query=nothing)
        shop.search(index=index, query=WORDS, sort=["price"])
        run = shop.experiments.start("pilot", share=0.5).label
        outcomes = [
            Outcome(
                run,
                variant,
                f"{variant}{n}",
                "revenue",
                float(n % 5) + 2.0 * (variant == "treatment"),
            )
            for variant in (Variant.CONTROL, Variant.TREATMENT)
            for n in range(200)
        ]
        assert shop.log_report(shop.experiments.status("pilot", outcomes=outcomes))
        assert shop.flush_log(timeout_s=60)
        assert shop.log_stats.failed == 0
    broken = ScriptedReranker(RuntimeError("down"))
    with HybridClient(es, settings=settings, embedder=embedder, reranker=broken) as shop:
        assert shop.search(index=index, query=WORDS).hybrid.degraded
        assert shop.flush_log(timeout_s=60)


def ask(es: Elasticsearch, log: TestLog, stream: Stream, **body: Any) -> dict[str, Any]:
    """Search as Kibana does: with the dashboard's time, and a filter that somebody has set."""
    own: list[Any] = [{"term": {"application": log.application}}]
    own.append({"range": {"@timestamp": {"gte": "now-7d", "lte": "now+1d"}}})
    own += [body.pop("query")] if "query" in body else []
    query = {"bool": {"filter": own}}
    return es.search(index=stream_name(STREAMS, stream), query=query, **body).body


@pytest.mark.parametrize("panel", PANELS.values(), ids=list(PANELS))
def test_a_panel_has_rows(es: Elasticsearch, filled: TestLog, panel: Panel) -> None:
    """Elasticsearch takes the panel's query, and every column of its chart has a value."""
    rows = panel.rows(ask(es, filled, panel.stream, **panel.body()))
    assert rows
    idle = {
        "seeds",
        "shopper",
        "learned",
        "boost",
        "rules",
    }  # stages that a search has only where it is asked for
    for column in panel.columns.keys() - idle:
        assert any(row[column] is not None for row in rows), column


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.stream)
def test_a_table_has_records_with_its_columns(
    es: Elasticsearch, filled: TestLog, view: DataView
) -> None:
    """Each saved search finds records, and each of its columns, runtime fields included, is there."""
    for search in view.searches:
        query = {"query_string": {"query": search.lucene or "*"}}
        fields = [{"field": column} for column in search.columns]
        found = ask(
            es,
            filled,
            view.stream,
            query=query,
            fields=fields,
            runtime_mappings=runtime_mappings(view.stream),
        )
        hits = found["hits"]["hits"]
        assert hits, search.name
        there = {name for hit in hits for name in hit.get("fields", {})}
        assert there >= set(search.columns), search.name


def test_runtime_fields_can_be_read(es: Elasticsearch, filled: TestLog) -> None:
    """The parts of a hit are a line for a person; what a search went without says why."""
    found = ask(
        es,
        filled,
        Stream.QUERIES,
        fields=["shown_parts", "went_without", "slowest_stage"],
        runtime_mappings=runtime_mappings(Stream.QUERIES),
        size=100,
    )
    all_fields = [hit["fields"] for hit in found["hits"]["hits"]]
    lines = [line for one in all_fields for line in one.get("shown_parts", ())]
    assert any(
        line.startswith("1. p") and "words #" in line and "reranked" in line for line in lines
    ), lines
    assert ["rerank: service_error"] in [one.get("went_without") for one in all_fields]
    assert {name for one in all_fields for name in one.get("slowest_stage", ())} <= set(Stage)


def test_reports_hold_numbers_and_no_products(filled: TestLog) -> None:
    """An ingest's record says what was stored, and how large the index has become."""
    events = filled.records(Stream.EVENTS)
    runs = {
        event["action_name"]: event["event_attributes"]["report"]
        for event in events
        if "report" in event["event_attributes"]
    }
    assert set(runs) == {"ingest", "reindex", "backfill", "experiment"}
    ingest = runs["ingest"]
    assert (ingest["read"], ingest["indexed"], ingest["failed"]) == (7, 6, 1)
    assert (ingest["documents"], ingest["vectors"]) == (6, 6)
    assert ingest["bytes"] > 0
    assert runs["reindex"]["indexed"] == 6
    assert runs["experiment"]["low"] < runs["experiment"]["difference"] < runs["experiment"]["high"]
    assert "trail" not in str(runs)


@pytest.mark.parametrize("words", ["trail shoe", "men's trail shoe"])
def test_a_search_as_curl_runs_in_a_shell(
    es_url: str, products_index: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command that is printed is whole: Elasticsearch answers it, quotes in the words or not."""
    assert main(["search", products_index, words, "--as-curl", "--es-url", es_url]) == 0
    command = capsys.readouterr().out
    done = subprocess.run(["sh", "-c", command], capture_output=True, timeout=60, check=True)
    answers = json.loads(done.stdout)["responses"]
    assert [answer["status"] for answer in answers] == [200] * len(answers)
    assert answers[0]["hits"]["hits"]
