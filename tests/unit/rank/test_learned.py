"""A learned ranking."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.rank.features import FEATURES
from es_hybrid.rank.learned import LearnedModel, read_model
from es_hybrid.rank.trees import Split, Tree
from es_hybrid.types import Evidence, Hit

HITS = [Hit("i", "a", fields={"rating": [3.0]}), Hit("i", "b", fields={"rating": [5.0]})]
EVIDENCE = Evidence("shoe", HITS, np.ones(2), np.array([1.0, 0.9]))
BETTER_RATED = Tree((Split(FEATURES.index("rating"), 4.0, True, (0, 1)),), (0.0, 5.0))


def test_a_model_without_trees_keeps_the_order() -> None:
    """What knows nothing changes nothing."""
    assert LearnedModel("none", ()).correct(EVIDENCE).relevance.argmax() == 0


def test_trees_correct_the_relevance() -> None:
    """A correction larger than the difference in relevance turns the order around."""
    assert LearnedModel("stars", (BETTER_RATED,)).correct(EVIDENCE).relevance.argmax() == 1
    weak = LearnedModel("stars", (BETTER_RATED,), relevance_weight=1000.0)
    assert weak.correct(EVIDENCE).relevance.argmax() == 0


def test_relevance_stays_above_nothing_and_up_to_one() -> None:
    """Boosts multiply it, and a factor must still part the last candidates."""
    found = LearnedModel("stars", (BETTER_RATED,)).correct(EVIDENCE).relevance
    assert 0.0 < found.min() < found.max() <= 1.0


def test_a_file_is_read_as_it_was_written() -> None:
    """The same candidates get the same scores from a model that was saved."""
    model = LearnedModel("stars", (BETTER_RATED,), fields={"rating": "stars"}, validation={"q": 1})
    again = read_model(model.to_dict())
    assert again == model
    assert again.correct(EVIDENCE).relevance.tolist() == model.correct(EVIDENCE).relevance.tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"es_hybrid_model": 99}, "another version"),
        ({"features": ["relevance"]}, "another version"),
        ({"trees": [{"splits": []}]}, "damaged"),
        ({"trees": [{"splits": [], "values": [1.0, 2.0]}]}, "damaged"),
        ({"fields": None}, "damaged"),
        ({"relevance_weight": 0.0}, "damaged"),
        ({"weights": {"charm": 1.0}}, "damaged"),
        ({"trees": [{"splits": [[99, 0.5, True, 0, 1]], "values": [1.0, 2.0]}]}, "damaged"),
    ],
)
def test_refuses_what_is_no_model(change: dict[str, Any], words: str) -> None:
    """A wrong or damaged file is named when it is loaded, not when a shopper searches."""
    content = LearnedModel("stars", (BETTER_RATED,)).to_dict() | change
    with pytest.raises(ConfigurationError, match=words):
        read_model(content, source="model.json")


def test_weights_correct_the_relevance() -> None:
    """A weighed feature does what a tree does, by how far a candidate is above the others."""
    model = LearnedModel("stars", weights={"rating": 0.5}, relevance_weight=1.0)
    assert model.correct(EVIDENCE).relevance.argmax() == 1
    assert LearnedModel("stars", weights={"rating": 0.01}).correct(EVIDENCE).relevance.argmax() == 0


def test_a_needed_feature_that_nobody_has_keeps_the_order() -> None:
    """A model that was trained with a reranker says nothing where the reranker failed."""
    weights = {"rerank_score": 5.0, "rating": 5.0}
    model = LearnedModel("m", weights=weights, expects=("rerank_score", "rating"))
    assert (model.needed, model.needs) == (("rerank_score", "rating"), ("rating",))
    found = model.correct(EVIDENCE)
    assert found.lacking == ("rerank_score",)
    assert found.relevance.tolist() == EVIDENCE.relevance.tolist()
    assert not model.correct(replace(EVIDENCE, reranked={0: 0.1, 1: 0.9})).lacking
    assert not LearnedModel("m", weights=weights).correct(EVIDENCE).lacking


def test_contributions_say_what_moved_a_product() -> None:
    """Each is what the correction would lose without the feature, the largest first."""
    hits = [
        Hit("i", str(n), lexical_score=score, fields={"rating": [stars]})
        for n, (score, stars) in enumerate([(1.0, 3.0), (2.0, 3.0), (3.0, 5.0)])
    ]
    evidence = Evidence("shoe", hits, np.ones(3), np.array([1.0, 0.9, 0.8]))
    model = LearnedModel(
        "stars", (BETTER_RATED,), weights={"lexical_score": 1.0}, relevance_weight=10.0
    )
    usual, _, best = model.contributions(model.correct(evidence), [1, 0, 2])
    assert usual == {}
    assert list(best) == ["rating", "lexical_score"]
    assert best["rating"] == pytest.approx(0.5)
    assert best["lexical_score"] == pytest.approx(0.1225, abs=1e-3)


def test_reads_only_what_it_goes_by() -> None:
    """A search fetches no doc value that the model has no use for."""
    assert LearnedModel("stars", (BETTER_RATED,)).reads == ("rating",)
    assert LearnedModel("none").reads == ()


def test_a_file_says_which_of_two_models_of_one_name_it_is() -> None:
    """The version is the name and a digest of the content."""
    assert LearnedModel("stars", digest="ab12").version == "stars@ab12"
    assert LearnedModel("stars").version == "stars"
