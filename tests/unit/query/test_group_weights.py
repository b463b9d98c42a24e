"""Kinds and languages of queries may have weights of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.query.decide import make_plan
from es_hybrid.query.known_models import Models
from es_hybrid.query.language import language_of
from es_hybrid.query.models import Surroundings
from es_hybrid.query.plan import Plan
from es_hybrid.query.request import parse_request
from es_hybrid.query.schema import IndexSchema, VectorField
from es_hybrid.settings import Settings
from es_hybrid.types import Normalizer, UsedWeights

SCHEMA = IndexSchema(
    vector=VectorField("embedding", 3),
    model="m",
    search_fields=("title^3", "brand"),
    rerank_fields=("title",),
)
MODELS = Models("m", reranker=True)


def plan(text: str, settings: Settings, **options: Any) -> Plan:
    request = parse_request({"index": "products", "ext": {"hybrid": {"text": text, **options}}})
    return make_plan(request, Surroundings(settings, SCHEMA, MODELS))


@pytest.mark.parametrize(
    ("text", "weight", "by"),
    [("手机壳", 1.0, "zh"), ("dv7-1211ea", 0.9, "code"), ("red shoe", 0.6, "settings")],
)
def test_a_group_has_its_own_weight(text: str, weight: float, by: str) -> None:
    """A query's kind or language decides, and the answer can say which did."""
    settings = Settings(search={"lexical_weight": 0.6, "lexical_weights": {"zh": 1, "code": 0.9}})
    made = plan(text, settings)
    assert made.weights is not None
    assert (made.weights.lexical, made.weights.chosen_by) == (weight, by)
    assert made.weights.semantic == pytest.approx(1.0 - weight)


def test_a_kind_goes_before_a_language_and_a_request_before_both() -> None:
    """The narrowest that is named counts."""
    settings = Settings(search={"lexical_weights": {"en": 0.4, "code": 0.9}})
    assert plan("dv7-1211ea", settings).fusion.chosen_by == "code"
    assert plan("red shoe", settings).fusion.chosen_by == "en"
    asked = plan("red shoe", settings, fusion={"weights": {"lexical": 0.1, "semantic": 0.9}})
    assert (asked.fusion.lexical_weight, asked.fusion.chosen_by) == (0.1, "request")
    assert plan("red shoe", Settings()).fusion.chosen_by == "model"


def test_a_reranker_that_counts_for_nothing_is_not_asked() -> None:
    """With a share of 0 for Chinese, a Chinese query costs no call; others are reranked."""
    settings = Settings(rerank={"blend": 0.4, "blends": {"zh": 0}})
    chinese, english = plan("手机壳", settings), plan("phone case", settings)
    assert (chinese.rerank, chinese.degraded) == (None, ())
    assert english.weights == UsedWeights("linear", 0.5, 0.5, "model", 0.4, "settings")
    made = plan("手机壳", settings, rerank={"blend": 0.3}).weights
    assert made is not None
    assert (made.rerank, made.rerank_chosen_by) == (0.3, "request")


def test_how_words_are_searched_and_scores_are_scaled_can_be_set() -> None:
    """What was tuned needs no change of the shop's code."""
    settings = Settings(
        index={"match_type": "best_fields"},
        search={"fusion": "rrf", "rrf_k": 20, "normalize": "zscore"},
    )
    made = plan("red shoe", settings)
    assert made.query["multi_match"]["type"] == "best_fields"
    assert (made.fusion.k, made.fusion.normalizer) == (20, Normalizer.ZSCORE)
    assert plan("red shoe", settings, fusion={"k": 7}).fusion.k == 7


def test_weights_come_from_file_and_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table in a file, JSON in the environment; of several files the last wins."""
    base, tuned = tmp_path / "base.toml", tmp_path / "tuned.toml"
    base.write_text('[search]\nwindow = 50\nlexical_weight = 0.7\n[embed]\nmodel = "m"\n')
    tuned.write_text(
        "[search]\nlexical_weight = 0.6\n[search.lexical_weights]\nzh = 1.0\n"
        '[tuned]\nindex = "products"\n'
    )
    settings = Settings.from_file(base, tuned)
    assert (settings.search.window, settings.search.lexical_weight) == (50, 0.6)
    assert (settings.search.lexical_weights, settings.embed.model) == ({"zh": 1.0}, "m")
    monkeypatch.setenv("ES_HYBRID_SEARCH__LEXICAL_WEIGHTS", json.dumps({"code": 0.8}))
    assert Settings.from_file(tuned).search.lexical_weights == {"code": 0.8}


@pytest.mark.parametrize("wrong", [{"klingon": 0.5}, {"zh": 1.5}])
def test_a_group_that_does_not_exist_is_refused(wrong: dict[str, float]) -> None:
    """A typo is not a weight that silently does nothing."""
    with pytest.raises(ConfigurationError, match="LEXICAL_WEIGHTS"):
        Settings(search={"lexical_weights": wrong})


@pytest.mark.parametrize("text", ["手机壳", "コーヒー", "커피", "кофе", "قهوة", "coffee"])
def test_every_language_that_is_told_apart_can_be_named(text: str) -> None:
    """Settings know the languages that queries are found to be in."""
    language = language_of(text)
    assert Settings(search={"lexical_weights": {language: 1.0}}).search.lexical_weights
