"""`ext.hybrid` is checked once; a mistake is named by its path and never repeated."""

from __future__ import annotations

from typing import Any, get_type_hints

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import RequestError
from es_hybrid.query.hybrid_ext import HybridExt, hybrid_ext
from es_hybrid.query.options import HybridOptions, Rerank, parse_options
from es_hybrid.types import Normalizer, ScoreMode

SECRET = "s3cret-words"

WRONG: list[tuple[Any, str]] = [
    (SECRET, ""),
    ([SECRET], ""),
    (7, ""),
    ({SECRET[:3]: 1}, SECRET[:3]),
    ({"txt": SECRET}, "txt"),
    ({"text": 7}, "text"),
    ({"text": "  "}, "text"),
    ({"text": [SECRET]}, "text"),
    ({"text_path": 7}, "text_path"),
    ({"vector": SECRET}, "vector"),
    ({"vector": []}, "vector"),
    ({"vector": [0.0, 0.0]}, "vector"),
    ({"vector": [1.0, float("nan")]}, "vector"),
    ({"vector": [1.0, float("inf")]}, "vector"),
    ({"vector": [1.0, SECRET]}, "vector.1"),
    ({"vector": [1e39, 1.0]}, "vector"),
    ({"plan": SECRET}, "plan"),
    ({"plan": "auto"}, "plan"),
    ({"plan": "passthrough"}, "plan"),
    ({"window": 0}, "window"),
    ({"window": 10_001}, "window"),
    ({"window": "100"}, "window"),
    ({"window": 1.5}, "window"),
    ({"window": True}, "window"),
    ({"num_candidates": 0}, "num_candidates"),
    ({"num_candidates": 10_001}, "num_candidates"),
    ({"min_similarity": 1.1}, "min_similarity"),
    ({"min_similarity": -1.1}, "min_similarity"),
    ({"min_similarity": float("nan")}, "min_similarity"),
    ({"fusion": SECRET}, "fusion"),
    ({"fusion": {"methd": SECRET}}, "fusion.methd"),
    ({"fusion": {"method": 7}}, "fusion.method"),
    ({"fusion": {"normalize": SECRET}}, "fusion.normalize"),
    ({"fusion": {"k": 0}}, "fusion.k"),
    ({"fusion": {"weights": {"lexical": 0.5}}}, "fusion.weights.semantic"),
    ({"fusion": {"weights": {"lexical": 1.5, "semantic": 0.5}}}, "fusion.weights.lexical"),
    ({"fusion": {"weights": {"lexical": float("nan"), "semantic": 0.5}}}, "fusion.weights.lexical"),
    ({"fusion": {"weights": [SECRET]}}, "fusion.weights"),
    ({"fusion": {"scores": SECRET}}, "fusion.scores"),
    ({"rerank": {"tpo": 5}}, "rerank.tpo"),
    ({"rerank": {"top": 0}}, "rerank.top"),
    ({"rerank": {"top": 1001}}, "rerank.top"),
    ({"rerank": {"fields": SECRET}}, "rerank.fields"),
    ({"rerank": {"fields": [7]}}, "rerank.fields.0"),
    ({"rerank": {"blend": 2.0}}, "rerank.blend"),
    ({"rerank": {"instruction": 7}}, "rerank.instruction"),
    ({"boosts": 7}, "boosts"),
    ({"boosts": [SECRET]}, "boosts.0"),
    ({"boost_limits": {"places": SECRET}}, "boost_limits.places"),
    ({"rules": True}, "rules"),
    ({"rules": 7}, "rules"),
    ({"context": [SECRET]}, "context"),
    ({"explain": "yes"}, "explain"),
    ({"explain": 1}, "explain"),
    ({"budget_s": 0}, "budget_s"),
    ({"budget_s": float("inf")}, "budget_s"),
    ({"on_error": SECRET}, "on_error"),
    ({"order": 7}, "order"),
]


@pytest.mark.parametrize(("section", "path"), WRONG, ids=[f"{s!r:.60}" for s, _ in WRONG])
def test_every_wrong_value(section: Any, path: str) -> None:
    """A wrong value names its JSON path, says what is wrong, and is not repeated."""
    with pytest.raises(RequestError) as caught:
        parse_options(section)
    error = caught.value
    assert error.path == ".".join(part for part in ("ext.hybrid", path) if part)
    assert str(error).startswith(f"{error.path}: ")
    assert SECRET not in str(error)
    assert error.__cause__ is None


@pytest.mark.parametrize("value", ["on", SECRET, 7, 1.0])
def test_a_rerank_switch_that_is_none(value: Any) -> None:
    """What is neither `false`, `true` nor an object cannot say how to rerank."""
    with pytest.raises(RequestError) as caught:
        parse_options({"rerank": value})
    assert caught.value.path == "ext.hybrid.rerank"
    assert SECRET not in str(caught.value)


def test_rerank_may_be_switched_on() -> None:
    """`"rerank": true` is what `HybridExt` allows, and asks for the defaults."""
    assert parse_options({"rerank": True}).rerank is not False


def test_everything_at_once() -> None:
    """A complete section is read into the names of the flow."""
    options = parse_options(
        {
            "text": "trail shoe",
            "vector": [1, 0.5],
            "plan": "single",
            "window": 50,
            "num_candidates": 200,
            "min_similarity": 0.2,
            "fusion": {
                "method": "rrf",
                "normalize": "zscore",
                "k": 10,
                "weights": {"lexical": 0.3, "semantic": 0.7},
                "scores": "window",
            },
            "rerank": {"top": 20, "fields": ["title"], "instruction": "be kind", "blend": 0.5},
            "boosts": [{"field": "in_stock", "equals": True, "factor": 1.2}],
            "explain": True,
            "budget_s": 1,
            "on_error": "raise",
        }
    )
    assert options.vector == (1.0, 0.5)
    assert options.fusion is not None
    assert options.fusion.normalizer is Normalizer.ZSCORE
    assert options.fusion.score_mode is ScoreMode.WINDOW
    assert isinstance(options.rerank, Rerank)
    assert options.rerank.fields == ("title",)
    assert options.boosts == ({"field": "in_stock", "equals": True, "factor": 1.2},)


def test_numpy_vectors_are_taken() -> None:
    """A caller's numpy vector needs no conversion."""
    assert parse_options({"vector": np.array([0.6, 0.8])}).vector == (0.6, 0.8)


def test_nothing_said_is_the_default() -> None:
    """`true` and an empty object switch hybrid search on with every default."""
    assert parse_options(True) == parse_options({}) == HybridOptions()


def test_the_typed_dict_names_every_option() -> None:
    """Type checkers know exactly the options that exist."""
    assert set(get_type_hints(HybridExt)) == set(HybridOptions.model_fields)


def test_the_builder_checks_at_once() -> None:
    """`hybrid_ext` refuses where it is written, not where it is sent."""
    assert hybrid_ext(text="shoe", window=10) == {"hybrid": {"text": "shoe", "window": 10}}
    with pytest.raises(RequestError, match=r"ext\.hybrid\.widow"):
        hybrid_ext(widow=10)


@given(st.text(min_size=8), st.sampled_from(sorted(HybridOptions.model_fields)))
def test_no_value_is_ever_repeated(value: str, name: str) -> None:
    """A text in any place is either an option's legal value or an error without it."""
    said = _error_of({name: value})
    assert value not in said.removeprefix(f"ext.hybrid.{name}")


def _error_of(section: Any) -> str:
    try:
        parse_options(section)
    except RequestError as error:
        return str(error)
    return ""
