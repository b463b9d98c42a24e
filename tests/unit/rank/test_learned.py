"""A learned ranking."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.rank.features import FEATURES, Evidence
from es_hybrid.rank.learned import LearnedModel, read_model
from es_hybrid.rank.trees import Split, Tree
from es_hybrid.types import Hit

HITS = [Hit("i", "a", fields={"rating": [3.0]}), Hit("i", "b", fields={"rating": [5.0]})]
EVIDENCE = Evidence("shoe", HITS, np.ones(2), np.array([1.0, 0.9]))
BETTER_RATED = Tree((Split(FEATURES.index("rating"), 4.0, True, (0, 1)),), (0.0, 5.0))


def test_a_model_without_trees_keeps_the_order() -> None:
    """What knows nothing changes nothing."""
    assert LearnedModel("none", ()).relevance(EVIDENCE).argmax() == 0


def test_trees_correct_the_relevance() -> None:
    """A correction larger than the difference in relevance turns the order around."""
    assert LearnedModel("stars", (BETTER_RATED,)).relevance(EVIDENCE).argmax() == 1
    weak = LearnedModel("stars", (BETTER_RATED,), relevance_weight=1000.0)
    assert weak.relevance(EVIDENCE).argmax() == 0


def test_relevance_stays_above_nothing_and_up_to_one() -> None:
    """Boosts multiply it, and a factor must still part the last candidates."""
    found = LearnedModel("stars", (BETTER_RATED,)).relevance(EVIDENCE)
    assert 0.0 < found.min() < found.max() <= 1.0


def test_a_file_is_read_as_it_was_written() -> None:
    """The same candidates get the same scores from a model that was saved."""
    model = LearnedModel("stars", (BETTER_RATED,), fields={"rating": "stars"}, validation={"q": 1})
    again = read_model(model.to_dict())
    assert again == model
    assert again.relevance(EVIDENCE).tolist() == model.relevance(EVIDENCE).tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"es_hybrid_model": 99}, "not a ranking model of this version"),
        ({"features": ["relevance"]}, "other features"),
        ({"trees": [{"splits": []}]}, "damaged"),
        ({"trees": [{"splits": [], "values": [1.0, 2.0]}]}, "damaged"),
        ({"fields": None}, "damaged"),
    ],
)
def test_refuses_what_is_no_model(change: dict[str, Any], words: str) -> None:
    """A wrong or damaged file is named when it is loaded, not when a shopper searches."""
    content = LearnedModel("stars", (BETTER_RATED,)).to_dict() | change
    with pytest.raises(ConfigurationError, match=words):
        read_model(content, source="model.json")
