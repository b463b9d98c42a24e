"""Training, and the guard against a model that is worse."""

from __future__ import annotations

import numpy as np
import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.learning import Example, Training, examples_of, train, validate
from es_hybrid.learning.examples import NOT_JUDGED
from es_hybrid.rank.features import FEATURES, Evidence
from es_hybrid.types import Hit

RATING = FEATURES.index("rating")
LIGHT = Training(trees=20, min_candidates_in_leaf=5, learning_rate=0.2)


def queries(count: int, *, teaching: bool, seed: int = 0) -> list[Example]:
    """Make queries whose grades follow the rating, or nothing at all."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(count):
        rows = random.normal(size=(40, len(FEATURES)))
        rows[:, RATING] = random.uniform(1, 5, size=40)
        decides = rows[:, RATING] if teaching else random.uniform(1, 5, size=40)
        grades = np.clip(np.round(decides - 2), 0, 3).astype(np.int64)
        ids = tuple(str(n) for n in range(40))
        relevance = random.uniform(size=40)
        rows[:, FEATURES.index("relevance")] = relevance
        judged = dict(zip(ids, grades.tolist(), strict=True))
        made.append(Example(f"q{number}", ids, rows, relevance, grades, judged))
    return made


def test_learns_what_the_grades_follow() -> None:
    """Where grades follow the rating, unseen queries are ranked better, beyond chance."""
    found = validate(queries(40, teaching=True), training=LIGHT)
    assert found.is_better
    assert not found.is_worse
    assert found.difference > 0.2
    assert train(queries(40, teaching=True), name="m", training=LIGHT).importances["rating"] > 0.5


def test_noise_is_not_called_better() -> None:
    """Where grades follow nothing, the guard does not say that the model is better."""
    found = validate(queries(40, teaching=False), training=LIGHT)
    assert not found.is_better
    assert found.low < 0.0 < found.high


def test_rating_never_lowers_a_product() -> None:
    """Where worse rated products were judged better, the constraint holds the model back."""
    upside_down = [
        Example(e.query_id, e.ids, e.rows * [-1 if n == RATING else 1 for n in range(len(FEATURES))],
                e.relevance, e.grades, e.judged)
        for e in queries(30, teaching=True)
    ]  # fmt: skip
    model = train(upside_down, name="m", training=LIGHT).model
    rows = np.repeat(upside_down[0].rows[:1], 9, axis=0)
    rows[:, RATING] = np.linspace(-5, 5, 9)
    scores = model.of_rows(rows, np.ones(9))
    assert (np.diff(scores) >= 0).all()


def test_the_same_seed_gives_the_same_model() -> None:
    """A model can be made again."""
    examples = queries(20, teaching=True)
    first, second = (train(examples, name="m", training=LIGHT).model for _ in range(2))
    assert first == second


def test_unjudged_candidates_take_part() -> None:
    """What nobody judged is an example of grade 0, told apart from one that was judged so."""
    hits = [Hit("i", "a"), Hit("i", "b"), Hit("i", "c")]
    found = Evidence("shoe", hits, np.ones(3), np.ones(3))
    (example,) = examples_of([("q1", found), ("q2", found)], {"q1": {"a": 2, "b": 0, "z": 3}})
    assert example.grades.tolist() == [2, 0, NOT_JUDGED]
    assert example.judged["z"] == 3
    assert example.teaches


def test_nothing_to_learn_is_said() -> None:
    """Queries in which all candidates are equal teach nothing, and the error says what to do."""
    example = queries(1, teaching=True)[0]
    flat = Example("q", example.ids, example.rows, example.relevance, example.grades * 0, {"0": 0})
    with pytest.raises(ConfigurationError, match="nothing to learn"):
        train([flat], name="m")
