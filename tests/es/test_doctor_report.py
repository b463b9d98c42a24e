"""The report of `es-hybrid doctor` that is mailed to whoever helps."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings
from es_hybrid.cli.app import main
from es_hybrid.settings import EmbedSettings
from tests.support.model_servers import FakeModelServer

pytestmark = pytest.mark.es

SECRET = "hunter2-of-the-shop"


def with_user(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"shopkeeper:{SECRET}@{parts.netloc}"))


@pytest.fixture
def secrets(
    es_url: str, embed_server: FakeModelServer, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Settings with a secret wherever one can stand, and a rule that holds shoppers' words."""
    base = embed_server.base_url
    found = {
        "ES_HYBRID_ES_URL": with_user(es_url),
        "ES_HYBRID_EMBED__BASE_URL": base,
        "ES_HYBRID_EMBED__MODEL": embed_server.model,
        "ES_HYBRID_EMBED__API_KEY": SECRET,
        "ES_HYBRID_EMBED__REPLICAS": with_user("http://127.0.0.1:9/v1"),
        "ES_HYBRID_RERANK__URL": with_user("http://127.0.0.1:9/v1/rerank"),
        "ES_HYBRID_RERANK__API_KEY": SECRET,
        "ES_HYBRID_JUDGE__BASE_URL": with_user("http://127.0.0.1:9/v1"),
        "ES_HYBRID_CACHE__REDIS_URL": f"redis://:{SECRET}@127.0.0.1:9/0",
        "ES_HYBRID_LOG__SALT": SECRET * 3,
        "ES_HYBRID_RULES__INLINE": json.dumps(
            {"pins": [{"ids": ["a"], "position": 1, "when": {"query": "what a shopper typed"}}]}
        ),
    }
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def test_a_report_can_be_mailed(
    secrets: dict[str, str],
    products_index: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The report has what helps, and neither secrets nor shoppers' words nor products."""
    report, settings = tmp_path / "doctor.txt", tmp_path / "shop.toml"
    settings.write_text("[search]\nwindow = 120\n", encoding="utf-8")
    words = ["doctor", products_index, "--report", str(report), "--settings", str(settings)]
    code = main([*words, "--json"])
    captured = capsys.readouterr()
    text = report.read_text(encoding="utf-8")
    assert code == 1  # the replica is down
    for printed in (captured.out, captured.err, text):
        assert SECRET not in printed
        assert "shopkeeper" not in printed
        assert "what a shopper typed" not in printed
    document = json.loads(captured.out)
    assert document["origins"]["search.window"] == str(settings)
    assert document["origins"]["embed.model"] == "ES_HYBRID_EMBED__MODEL"
    assert document["settings"]["rules.inline"] == "set"
    names = {check["name"] for check in document["checks"]}
    assert names >= {
        "versions", "extras", "elasticsearch", "licence", "cluster plug-ins", "privileges",
        "aliases", "mapping", "vectors", "products", "capabilities", "plan", "caches",
        "redis of ES_HYBRID_CACHE__REDIS_URL",
    }  # fmt: skip
    assert f"search.window = 120  ({settings})" in text
    assert "rerank.top = 50  (default)" in text
    assert text.index("PROBLEM  ") < text.index("ok       versions: es_hybrid")


def test_the_mapping_says_who_made_it(
    es_url: str, index_name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An index that was just created names the version of es_hybrid, and doctor repeats it."""
    assert (
        main(["create-index", index_name, "--dims", "8", "--model", "m", "--es-url", es_url]) == 0
    )
    main(["doctor", index_name, "--es-url", es_url])
    assert ", made by es_hybrid " in capsys.readouterr().out


def test_doctor_reports_when_nothing_answers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a cluster there is a report all the same, with the versions and the problem."""
    report = tmp_path / "doctor.txt"
    assert main(["doctor", "shop", "--report", str(report), "--es-url", "http://127.0.0.1:9"]) == 1
    assert "PROBLEM  elasticsearch" in capsys.readouterr().out
    assert "versions: es_hybrid" in report.read_text(encoding="utf-8")


def test_raw_hits_say_which_query_they_satisfy(
    es: Elasticsearch, es_url: str, products_index: str, embed_server: FakeModelServer
) -> None:
    """The request that is copied into Dev Tools answers with the names of both legs' queries."""
    embed = EmbedSettings(base_url=embed_server.base_url, model="hash-64", dims=64)
    with HybridClient(es, settings=Settings(embed=embed)) as shop:
        plan = shop.plan(index=products_index, ext={"hybrid": {"text": "shoe"}})
    body = "".join(f"{json.dumps(line)}\n" for line in plan.lines)
    answer = httpx.post(
        f"{es_url}{plan.path}", content=body, headers={"content-type": "application/x-ndjson"}
    ).json()
    lexical, semantic, *_ = answer["responses"]
    assert all(
        "es_hybrid.semantic" in hit.get("matched_queries", {}) for hit in lexical["hits"]["hits"]
    )
    assert any(
        "es_hybrid.lexical" in hit.get("matched_queries", {}) for hit in semantic["hits"]["hits"]
    )
