"""`es-hybrid experiment`, on a real Elasticsearch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import ExperimentClient, HybridClient, Settings
from es_hybrid.cli.app import main
from es_hybrid.experiments import Counts, Outcome, Variant
from es_hybrid.record_file import RecordFile
from tests.support.waiting import patient

pytestmark = pytest.mark.es

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def index(es: Elasticsearch) -> Iterator[str]:
    """An index of experiments of this test's own."""
    name = f"test-experiments-{uuid4().hex[:12]}"
    yield name
    es.indices.delete(index=name, ignore_unavailable=True)


@pytest.fixture
def run(
    index: str, es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command; return its exit code and what it printed."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)
    monkeypatch.setenv("ES_HYBRID_EXPERIMENT__INDEX", index)

    def call(*argv: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(["experiment", *argv])
        return code, capsys.readouterr().out

    return call


def test_a_pilot_from_a_shell(
    run: Run, index: str, es: Elasticsearch, products_index: str, tmp_path: Path
) -> None:
    """Start, serve, look and stop: each step says how the experiment stands."""
    assert run("list") == (0, "")
    where = ["--where", "brand=Fellgate,Norvik", "--query", "running *"]
    limits = ["--guard", "slow=100%", "--guard", "searches=100"]
    code, out = run("start", "pilot", "--share", "50%", *where, *limits)
    assert (code, out) == (0, "pilot@1 is running, 50.0% of the shoppers\n")
    path = tmp_path / "outcomes.ndjson"
    settings = patient()
    with (
        HybridClient(es, settings=settings) as new,
        ExperimentClient(es, new, name="pilot", record=path) as shop,
    ):
        for shopper in range(40):  # assigned by a salt: one on each side but for one run in 10^11
            query = {
                "bool": {
                    "must": [{"match": {"title": "running shoe"}}],
                    "filter": [{"term": {"brand": "Norvik"}}],
                }
            }
            answer = shop.for_shopper(f"s{shopper}").search(index=products_index, query=query)
            shop.record(answer.hybrid.experiment, clicked=["p01"], revenue=20.0 + shopper)
        shop.look()
    code, out = run("status", "pilot", "--outcomes", str(path))
    assert code == 0
    assert "effect on revenue" in out
    assert "always-valid 95 % interval" in out
    status = json.loads(run("status", "pilot", "--outcomes", str(path), "--json")[1])
    assert sum(status["effect"]["shoppers"].values()) == 40
    assert sum(found["searches"] for found in status["counts"].values()) == 40
    assert "salt" not in json.dumps(status)
    assert run("stop", "pilot", "--reason", "sale")[1].startswith("pilot@2 is stopped")
    assert "pilot@2 is stopped: sale" in run("status", "pilot")[1]
    assert run("list") == (0, "pilot\n")


def test_a_broken_guardrail_can_be_enforced_from_a_shell(
    run: Run, index: str, es: Elasticsearch
) -> None:
    """A scheduled command stops what does harm, with exit code 3, and does so once."""
    run("start", "pilot", "--share", "50%")
    with HybridClient(es, settings=Settings()) as shop:
        store = shop.experiments
        label = store.get("pilot").label
        bad = {Variant.CONTROL: Counts(500), Variant.TREATMENT: Counts(500, errors=100)}
        store.add_counts(label, "one", bad)
    assert run("status", "pilot")[0] == 0
    code, out = run("status", "pilot", "--enforce")
    assert (code, out.splitlines()[-1]) == (3, "stopped, because a guardrail is broken")
    code, out = run("status", "pilot", "--enforce")
    assert (code, out.splitlines()[0]) == (
        0,
        "pilot@2 is stopped: errors 0.00% -> 20.00%, allowed at most 1.00% more",
    )


def test_two_rankings_in_a_page_from_a_shell(run: Run, tmp_path: Path) -> None:
    """An interleaved experiment reports preference, by a test for every look and one for an end."""
    code, out = run("start", "page", "--interleave", "--share", "1", "--json")
    assert code == 0
    definition: dict[str, Any] = json.loads(out)["experiment"]
    label = f"page-{definition['run']}"
    path = tmp_path / "outcomes.ndjson"
    for shopper in range(100):
        side, value = Variant.INTERLEAVED, float(shopper % 10 != 0)
        RecordFile(path)(Outcome(label, side, f"u{shopper}", "credit", value).to_dict())
    out = run("status", "page", "--outcomes", str(path))[1]
    assert "effect on credit: 0 -> 0.9" in out
    assert "sign test" in out


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["start", "Pilot!"], "is not a name of an experiment"),
        (["status", "pilot"], "es-hybrid experiment start pilot makes it"),
        (["start", "pilot", "--guard", "speed=1"], "guardrails.speed"),
    ],
)
def test_what_is_refused(
    run: Run, capsys: pytest.CaptureFixture[str], argv: list[str], message: str
) -> None:
    """A mistake ends with exit code 1 and says what to do."""
    assert main(["experiment", *argv]) == 1
    assert message in capsys.readouterr().err


def test_null_runs(run: Run) -> None:
    """The false-positive rate is printed by a command, too."""
    found = json.loads(run("null-runs", "--runs", "200", "--json")[1])
    assert found["false_positives"]["always valid, every look"] <= 0.05
    assert run("null-runs", "--runs", "20", "--looks", "5")[0] == 0
