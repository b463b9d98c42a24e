"""A whole A/B test by configuration: searched here, clicked there, judged from the log."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.cli.app import main
from es_hybrid.logs import Stream
from es_hybrid.logs.events import Event
from es_hybrid.logs.privacy import Privacy
from es_hybrid.logs.records import Searched, Source, query_record
from es_hybrid.query.log_options import LogOptions
from es_hybrid.response import HybridInfo
from es_hybrid.types import Assigned, PlanName, Variant
from tests.support.logs import SALT, TestLog

pytestmark = pytest.mark.es

Run = Callable[..., tuple[int, str, str]]
LIKED = "p70"
SHOPPERS = [f"session-{n}" for n in range(80)]
LIMITS = ("--guard", "slow-ms=100000", "--guard", "slow=100%", "--guard", "searches=20")
BEGIN = ("start", "pilot", "--share", "50%", *LIMITS)


@pytest.fixture
def index(es: Elasticsearch) -> Iterator[str]:
    """An index of experiments of this test's own."""
    name = f"test-experiments-{uuid4().hex[:12]}"
    yield name
    es.indices.delete(index=name, ignore_unavailable=True)


@pytest.fixture
def run(
    index: str,
    es_url: str,
    test_log: TestLog,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Run a command with the shop's settings; return exit code, stdout and stderr."""
    settings = test_log.settings(text="hash", ids="hash", salt=SALT)
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)
    monkeypatch.setenv("ES_HYBRID_EXPERIMENT__INDEX", index)
    monkeypatch.setenv("ES_HYBRID_EXPERIMENT__TIMEOUT_S", "30")
    for name, value in settings.items():
        monkeypatch.setenv(f"ES_HYBRID_LOG__{name.upper()}", str(value))

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["experiment", *argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def served(products_index: str) -> list[dict[str, Any]]:
    """Let two web processes serve all shoppers; return what each shopper was shown."""
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.support.serving_shop", products_index, "pilot"]
    processes = [
        subprocess.Popen(
            [*command, *SHOPPERS[half::2]],
            stdout=subprocess.PIPE,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        for half in range(2)
    ]
    lines: list[dict[str, Any]] = []
    for process in processes:
        out, _ = process.communicate()
        assert process.returncode == 0
        lines += map(json.loads, out.splitlines())
    return lines


def test_an_ab_test_from_start_to_stop(
    run: Run, es: Elasticsearch, products_index: str, test_log: TestLog, tmp_path: Path
) -> None:
    """The better ranking wins by clicks that name no variant, each once, whoever logged them."""
    treatment = json.dumps({"rules": {"pins": [{"ids": [LIKED]}]}})
    metric = ("--metric", "clicks", "--expected-difference", "0.5")
    assert run(*BEGIN, "--treatment", treatment, *metric)[0] == 0
    pages = served(products_index)
    assert len(pages) == len(SHOPPERS)
    clicked = 0
    with HybridClient(es, settings=Settings()) as site:
        for number, page in enumerate(pages):
            # One shopper in ten does what nobody expects.
            if (LIKED in page["shown"]) == (number % 10 != 0):
                clicked += 1
                for _ in range(1 + number % 2):  # a browser that sends it twice
                    site.log_event("click", query_id=page["query_id"], object_id=page["shown"][0])
        bought = {"query_id": pages[1]["query_id"], "object_id": LIKED, "event_id": "order-1/1"}
        for revenue in (20.0, 20.5):  # again, after the sum was put right
            site.log_event(
                "purchase", **bought, revenue=revenue, at=datetime(2031, 1, 1, tzinfo=UTC)
            )
        site.log_event("click", query_id="nobody-knows", object_id=LIKED)
        assert site.flush_log(timeout_s=60)
        assert site.log_stats.failed == 0
    records = [record for stream in Stream for record in test_log.records(stream)]
    sides = {r["query_id"]: r["query_attributes"] for r in records if "user_query" in r}
    repeated = sum(r["action_name"] == "click" for r in records if "action_name" in r) - clicked

    from_log = ("--application", test_log.application, "--from-log")
    code, out, _ = run("status", "pilot", *from_log, "--json")
    status = json.loads(out)
    assert code == 0
    effect, totals = status["effect"], status["totals"]
    assert (effect["metric"], effect["treatment"] > effect["control"]) == ("clicks", True)
    assert (effect["p"] < 0.001, effect["interval"][0] > 0.0) == (True, True)
    assert sum(effect["shoppers"].values()) == len(SHOPPERS)
    assert sum(sums["clicks"] for sums in totals.values()) == clicked
    assert sum(sums.get("revenue", 0.0) for sums in totals.values()) == 20.0
    bought_by = sides[bought["query_id"]]["variant"]
    assert totals[bought_by]["purchases"] == 1.0
    assert status["log"] == {
        "searches": len(SHOPPERS),
        "nameless": 0,
        "events": clicked + repeated + 2,
        "unmatched": 1,
        "repeated": repeated,
    }
    told = json.dumps(records)
    assert "session-" not in told

    counted = json.loads(run("status", "pilot", "--json")[1])["counts"]
    for side, counts in status["counts"].items():
        for name in ("searches", "slow", "errors", "empty"):
            assert counts[name] == counted[side][name]
    code, out, err = run("status", "pilot", *from_log)
    assert code == 0
    assert "effect on clicks" in out
    assert "1 of" in err
    assert "are of no search in this log" in err
    file = tmp_path / "log.ndjson"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    assert json.loads(run("status", "pilot", *from_log, str(file), "--json")[1]) == status
    assert run("stop", "pilot", "--reason", "the treatment won")[0] == 0
    after = json.loads(run("status", "pilot", *from_log, "--json")[1])
    assert after["effect"] == effect


def trial_log(path: Path, label: str, application: str, *, ids: str) -> None:
    """Write the log of a trial whose treatment sells less than half of the control."""
    privacy = Privacy("drop", ids, SALT.encode())  # type: ignore[arg-type]
    source = Source(application, privacy=privacy)
    now_s = datetime.now(UTC).timestamp()
    with path.open("w", encoding="utf-8") as log:
        for number in range(120):
            variant = (Variant.CONTROL, Variant.TREATMENT)[number % 2]
            side = Assigned(label, variant, f"unit-{number}")
            info = HybridInfo(PlanName.PASSTHROUGH, experiment=side)
            asked = ("products", "boot", 0, 10, [("a", 1.0)], 1, 5.0, info)
            searched = Searched(now_s, f"q{number}", LogOptions(), *asked)
            log.write(json.dumps(query_record(searched, source)) + "\n")
            money = {"revenue": (50.0, 20.0)[number % 2] + number % 5, "object": {"object_id": "a"}}
            event = {"action_name": "purchase", "query_id": f"q{number}", "event_attributes": money}
            record = Event.model_validate(event).record(source, now_s=now_s)
            log.write(json.dumps(record) + "\n")


def test_lost_revenue_in_the_log_ends_it(run: Run, test_log: TestLog, tmp_path: Path) -> None:
    """A scheduled look at the log stops what costs money, with exit code 3."""
    definition = json.loads(run(*BEGIN, "--json")[1])["experiment"]
    file = tmp_path / "log.ndjson"
    trial_log(file, f"pilot-{definition['run']}", test_log.application, ids="hash")
    code, out, _ = run("status", "pilot", "--from-log", str(file), "--enforce")
    assert (code, out.splitlines()[-1]) == (3, "stopped, because a guardrail is broken")
    assert "pilot@2 is stopped: revenue 52.00 -> 22.00" in run("status", "pilot")[1]


def test_a_log_that_tells_no_shoppers_apart(run: Run, test_log: TestLog, tmp_path: Path) -> None:
    """Without ids no effect is made up; what can be counted is, and the setting is named."""
    definition = json.loads(run(*BEGIN, "--json")[1])["experiment"]
    file = tmp_path / "log.ndjson"
    trial_log(file, f"pilot-{definition['run']}", test_log.application, ids="drop")
    code, out, err = run("status", "pilot", "--from-log", str(file))
    assert code == 0
    assert "no outcomes on both sides are known" in out
    assert "120 of 120 searches do not tell their shopper" in err
    assert "LOG__IDS=hash" in err


def test_a_log_must_be_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings without a log are told what to say."""
    monkeypatch.setenv("ES_HYBRID_LOG__TO", "off")
    assert run(*BEGIN)[0] == 0
    code, _, err = run("status", "pilot", "--from-log")
    assert (code, "--from-log PATH" in err) == (1, True)
