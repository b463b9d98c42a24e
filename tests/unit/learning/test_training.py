"""Training, and the guard against a model that is worse."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.learning import (
    Example,
    Linear,
    RankingFeatures,
    Training,
    Trees,
    Validation,
    choose,
    examples_of,
    ndcg_of,
    train,
    validate,
)
from es_hybrid.learning.examples import NOT_JUDGED
from es_hybrid.rank.features import FEATURES

RATING = FEATURES.index("rating")
LIGHT = Trees(trees=20, min_candidates_in_leaf=5, learning_rate=0.2)
NO_CODES = np.zeros(40, dtype=bool)


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
        made.append(Example(f"q{number}", ids, rows, relevance, grades, judged, NO_CODES))
    return made


@pytest.mark.parametrize("how", [LIGHT, Linear()])
def test_learns_what_the_grades_follow(how: Training) -> None:
    """Where grades follow the rating, unseen queries are ranked better, beyond chance."""
    found = validate(queries(40, teaching=True), choices=[how])
    assert found.is_better
    assert not found.is_worse
    assert found.difference > 0.2
    assert train(queries(40, teaching=True), name="m", training=how).importances["rating"] > 0.5


@pytest.mark.parametrize("how", [LIGHT, Linear()])
def test_noise_is_not_called_better(how: Training) -> None:
    """Where grades follow nothing, the guard does not say that the model is better."""
    found = validate(queries(40, teaching=False), choices=[how])
    assert not found.is_better
    assert found.low < 0.0 < found.high


@pytest.mark.parametrize("how", [LIGHT, Linear()])
def test_rating_never_lowers_a_product(how: Training) -> None:
    """Where worse rated products were judged better, the constraint holds the model back."""
    upside_down = [
        Example(e.query_id, e.ids, e.rows * [-1 if n == RATING else 1 for n in range(len(FEATURES))],
                e.relevance, e.grades, e.judged, e.codes)
        for e in queries(30, teaching=True)
    ]  # fmt: skip
    model = train(upside_down, name="m", training=how).model
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
    rows = np.zeros((3, len(FEATURES)))
    found = RankingFeatures(("a", "b", "c"), rows, np.ones(3), np.zeros(3, dtype=bool))
    (example,) = examples_of([("q1", found), ("q2", found)], {"q1": {"a": 2, "b": 0, "z": 3}})
    assert example.grades.tolist() == [2, 0, NOT_JUDGED]
    assert example.judged["z"] == 3
    assert example.teaches


def test_nothing_to_learn_is_said() -> None:
    """Queries in which all candidates are equal teach nothing, and the error says what to do."""
    example = queries(1, teaching=True)[0]
    flat = Example(
        "q", example.ids, example.rows, example.relevance, example.grades * 0, {"0": 0}, NO_CODES
    )
    with pytest.raises(ConfigurationError, match="nothing to learn"):
        train([flat], name="m")


def test_chooses_what_does_best_on_unseen_queries() -> None:
    """Of a model that may move much and one that may move nothing, the better one is taken."""
    bold, shy = Linear(), Linear(penalties=(1e9,))
    assert choose(queries(20, teaching=True), choices=[shy, bold]) == bold
    assert choose(queries(20, teaching=True), choices=[shy]) == shy


def test_too_few_queries_are_refused() -> None:
    """Nine queries cannot hold any back, and the error says what to do."""
    with pytest.raises(ConfigurationError, match="judge more queries"):
        validate(queries(9, teaching=True))


def test_a_model_says_what_it_needs() -> None:
    """A feature that every query knew is expected; one that a query lacked is not."""
    examples = queries(12, teaching=True)
    examples[0].rows[:, FEATURES.index("price_position")] = np.nan
    model = train(examples, name="m", training=LIGHT).model
    assert "rating" in model.needed
    assert "price_position" not in model.expects
    assert "rating" in model.needs


def test_judged_products_alone_are_compared_too() -> None:
    """What nobody judged counts as wrong in one figure, and is left out of the order in the other."""
    rows = np.zeros((3, len(FEATURES)))
    example = Example("q", ("a", "b", "c"), rows, np.array([0.9, 0.5, 0.1]),
                      np.array([NOT_JUDGED, 3, 0]), {"b": 3, "c": 0}, NO_CODES[:3])  # fmt: skip
    assert ndcg_of(example, None) == pytest.approx(1 / np.log2(3))
    assert ndcg_of(example, None, judged_only=True) == 1.0
    found = validate(queries(20, teaching=True), choices=[Linear()])
    assert found.judged_only is not None
    # Here everything is judged, so both say the same.
    assert found.judged_only.to_dict() == {
        name: value for name, value in found.to_dict().items() if name != "judged_only"
    }


def test_says_how_many_queries_would_tell() -> None:
    """A gain that is lost in chance comes with the number of queries that would show it."""
    ids = tuple(map(str, range(4)))
    gains = np.array([0.1, -0.1, 0.05, 0.0])
    found = Validation(ids, np.zeros(4), gains, low=-0.1, high=0.1)
    assert found.queries_needed is not None
    assert found.queries_needed > 100
    assert replace(found, trained=-gains).queries_needed is None


def test_codes_stay_first_in_training_too() -> None:
    """Figures of a model are those of a search, where an exact code stands above all else."""
    example = queries(1, teaching=True)[0]
    codes = np.zeros(40, dtype=bool)
    codes[int(example.relevance.argmin())] = True
    judged = {example.ids[int(example.relevance.argmin())]: 3}
    asked = replace(example, codes=codes, judged=judged)
    assert ndcg_of(asked, None) == 1.0
    assert ndcg_of(replace(asked, codes=NO_CODES), None) < 1.0
