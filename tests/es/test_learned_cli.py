"""`es-hybrid train` and `es-hybrid score`, on a real Elasticsearch."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from es_hybrid.cli.app import main
from es_hybrid.learning import load_model
from tests.support.shops import shop_products

pytestmark = pytest.mark.es

KINDS = ("shoe", "boot", "bag", "tent", "stove", "earphones", "headphones")
WORDS = [f"{brand} {kind}" for brand in ("Fellgate", "Norvik") for kind in KINDS]
TRAINING = ["--map", "sales=sales", "--folds", "3"]


@pytest.fixture
def run(
    es_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command; returns exit code, stdout and stderr."""
    monkeypatch.setenv("ES_HYBRID_ES_URL", es_url)

    def call(*argv: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main([*argv])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def judged(folder: Path, grade: Callable[[dict[str, Any]], int]) -> list[str]:
    """Write queries and grades, and return the arguments that name them."""
    queries, qrels = folder / "q.csv", folder / "r.csv"
    queries.write_text("query_id,query\n" + "".join(f"{w},{w}\n" for w in WORDS))
    rows = [
        f"{words},{product['id']},{grade(product)}\n"
        for words in WORDS
        for product in shop_products()
        if words.split()[1] in product["title"]
    ]
    qrels.write_text("query_id,product_id,grade\n" + "".join(rows))
    return ["--queries", str(queries), "--qrels", str(qrels)]


def by_sales(product: dict[str, Any]) -> int:
    """What is sold most is liked most."""
    return int(product["sales"]) // 25


def test_what_is_trained_is_better_and_scores_so(
    run: Callable[..., Any], products_index: str, tmp_path: Path
) -> None:
    """A model of what grades follow is written with its figures, and a search by it is better."""
    file = tmp_path / "sold.json"
    arguments = judged(tmp_path, by_sales)
    code, out, _ = run("train", products_index, str(file), *arguments, *TRAINING, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["written"]
    assert document["validation"]["difference"] > 0.1
    assert next(iter(document["importances"])) == "log_sales"
    model = load_model(file)
    assert model.version == document["model"]
    assert model.validation["difference"] == document["validation"]["difference"]
    assert model.fields["sales"] == "sales"
    code, out, _ = run("score", products_index, str(file), *arguments, "--json")
    scored = json.loads(out)
    assert code == 0
    assert scored["lacking"] == 0
    assert scored["comparison"]["difference"] > 0.1
    assert scored["comparison"]["interval_95"][0] > 0
    code, out, _ = run("score", products_index, str(file), *arguments)
    assert "learned is better than untrained" in out


def test_what_is_not_better_is_not_written(
    run: Callable[..., Any], products_index: str, tmp_path: Path
) -> None:
    """A model of grades that follow nothing is held back, unless forced, and then says so."""
    file = tmp_path / "none.json"
    dice = random.Random(0)
    arguments = judged(tmp_path, lambda _: dice.choice((0, 0, 2, 3)))
    code, out, err = run("train", products_index, str(file), *arguments, *TRAINING)
    assert (code, file.exists()) == (1, False)
    assert "not better than the untrained order" in out
    assert "not written" in err
    code, out, _ = run("train", products_index, str(file), *arguments, *TRAINING, "--force")
    assert code == 0
    assert load_model(file).validation["forced"] is True


def test_clicks_teach_it_too(run: Callable[..., Any], products_index: str, tmp_path: Path) -> None:
    """From a log in UBI's shape, in which shoppers look at the top most and like what sells."""
    log, dice, lines = tmp_path / "log.ndjson", random.Random(3), []
    for number in range(40 * len(WORDS)):
        words = WORDS[number % len(WORDS)]
        found = [p for p in shop_products() if words.split()[1] in p["title"]]
        shown = dice.sample(found, k=min(9, len(found)))
        ids = [product["id"] for product in shown]
        record = {"query_id": str(number), "user_query": words, "query_response_hit_ids": ids}
        lines.append(json.dumps(record))
        for place, product in enumerate(shown):
            if dice.random() < by_sales(product) / 4 / (1 + place):
                event = {"object": {"object_id": product["id"]}}
                click = {"action_name": "click", "query_id": str(number), "event_attributes": event}
                lines.append(json.dumps(click))
    log.write_text("\n".join(lines))
    file = tmp_path / "clicked.json"
    code, out, _ = run("train", products_index, str(file), "--clicks", str(log), *TRAINING)
    assert code == 0
    assert "log_sales" in out
    assert load_model(file).validation["difference"] > 0.1


def test_wrong_arguments_are_named(
    run: Callable[..., Any], products_index: str, tmp_path: Path
) -> None:
    """A property that does not exist and a model that is not there are said in a line."""
    arguments = judged(tmp_path, by_sales)
    code, _, err = run("train", products_index, "m.json", *arguments, "--map", "charm=c")
    assert code == 1
    assert "charm" in err
    code, _, err = run("score", products_index, str(tmp_path / "gone.json"), *arguments)
    assert code == 1
    assert "train one with es-hybrid train" in err
