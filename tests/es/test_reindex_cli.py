"""Reindexing from a shell: plan, do, go back, fill in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from es_hybrid.cli.app import main
from es_hybrid.indexing.reindex.lock import LOCK_INDEX
from es_hybrid.indexing.reindex.settings import closed_gate
from tests.support.model_servers import FakeModelServer

pytestmark = pytest.mark.es

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def alias(
    es: Elasticsearch,
    es_url: str,
    index_name: str,
    embed_server: FakeModelServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[str]:
    """A shop's own index behind an alias, and an embedder in the environment."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)
    monkeypatch.setenv("ES_HYBRID_EMBED__BASE_URL", embed_server.base_url)
    monkeypatch.setenv("ES_HYBRID_EMBED__MODEL", embed_server.model)
    es.indices.create(index=f"{index_name}-own", aliases={index_name: {}})
    for number in range(4):
        es.index(index=index_name, id=str(number), document={"title": f"shoe {number}"})
    es.indices.refresh(index=index_name)
    yield index_name
    es.options(ignore_status=404).delete(index=LOCK_INDEX, id=index_name)


def test_a_reindex_from_a_shell(
    alias: str, es: Elasticsearch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run writes nothing; the report names both indices; the way back is one command."""
    before = set(es.indices.get(index=f"{alias}*").body)
    assert main(["reindex", alias, "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["kind"], plan["documents"]) == ("add_vectors", 4)
    assert set(es.indices.get(index=f"{alias}*").body) == before
    assert main(["reindex", alias, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["copied"], report["embedded"]) == (4, 4)
    es.index(index=alias, id="new", document={"title": "new shoe"}, refresh=True)
    assert main(["backfill", alias]) == 0
    assert "5 read, 1 embedded, 4 unchanged" in capsys.readouterr().out
    assert main(["rollback", alias, "--quiet"]) == 0
    assert capsys.readouterr().out.startswith(f"{alias}: {report['new_index']} -> {alias}-own")
    assert es.count(index=alias)["count"] == 5


def test_mistakes_are_one_line_each(alias: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to resume, nothing to abort, an index in place of an alias."""
    assert main(["reindex", alias, "--resume"]) == 1
    assert "there is no unfinished reindex" in capsys.readouterr().err
    assert main(["reindex", alias, "--abort"]) == 0
    assert "no reindex of" in capsys.readouterr().out
    assert main(["reindex", f"{alias}-own"]) == 1
    assert "--replace-index" in capsys.readouterr().err
    assert main(["reindex", alias, "--resume", "--dry-run"]) == 2


def test_doctor_reports_writes_that_were_left_waiting(
    alias: str, es: Elasticsearch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that was killed while it moved the alias is not found out by a shop's writers alone."""
    live = es.indices.get_settings(index=alias)[f"{alias}-own"]["settings"]["index"]
    es.indices.put_settings(index=f"{alias}-own", settings=closed_gate(live))
    assert main(["doctor", alias, "--json"]) == 1
    (found,) = [c for c in json.loads(capsys.readouterr().out)["checks"] if c["name"] == "reindex"]
    assert found["status"] == "problem"
    assert f"es-hybrid reindex {alias} --resume" in found["hint"]


@pytest.mark.parametrize("script", ["reindex", "rollback_alias", "backfill_embeddings"])
def test_a_script_is_the_command(script: str, tmp_path: Path) -> None:
    """It runs from anywhere, without an installation, and stays short."""
    path = ROOT / "scripts" / f"{script}.py"
    environ = {**os.environ, "PYTHONPATH": ""}
    said = subprocess.run(
        [sys.executable, str(path), "--help"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith("usage: es-hybrid")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60
