"""Estimates of what another ranking would have earned."""

from __future__ import annotations

from random import Random

import pytest

from es_hybrid.evaluate.counterfactual import ips, snips

CLICKED = {"good": 0.6, "poor": 0.1}


def logged(events: int, *, share_of_good: float) -> tuple[list[int], list[str]]:
    """Show one product at a time, by chance, and note the clicks."""
    random = Random(3)
    shown = ["good" if random.random() < share_of_good else "poor" for _ in range(events)]
    return [int(random.random() < CLICKED[product]) for product in shown], shown


@pytest.mark.parametrize("estimator", [ips, snips])
def test_recovers_another_policy(estimator: object) -> None:
    """From a log that rarely shows the good product, the value of one that often does."""
    rewards, shown = logged(40_000, share_of_good=0.2)
    before = [0.2 if product == "good" else 0.8 for product in shown]
    after = [0.9 if product == "good" else 0.1 for product in shown]
    found = estimator(rewards, before, after)  # type: ignore[operator]
    truth = 0.9 * CLICKED["good"] + 0.1 * CLICKED["poor"]
    assert found.value == pytest.approx(truth, abs=4 * found.standard_error)
    assert found.standard_error < 0.02
    assert found.effective_events < len(rewards) / 2


def test_clipping_is_counted() -> None:
    """A cut weight lowers the estimate, and the answer says how many were cut."""
    free = ips([1, 0], [0.01, 0.5], [1.0, 0.5], clip=1000)
    cut = ips([1, 0], [0.01, 0.5], [1.0, 0.5], clip=10)
    assert cut.value < free.value
    assert (free.clipped, cut.clipped) == (0.0, 0.5)


def test_the_same_policy_is_the_mean() -> None:
    """Without a change there is nothing to weigh."""
    assert ips([1, 0, 1], [0.3] * 3, [0.3] * 3).value == pytest.approx(2 / 3)
    assert snips([1, 0, 1], [0.3] * 3, [0.3] * 3).value == pytest.approx(2 / 3)


def test_refuses_what_cannot_be_weighed() -> None:
    """A logged probability of 0, uneven columns and an empty log are named, not divided by."""
    for rewards, before, after in [([1], [0.0], [1.0]), ([1, 0], [0.5], [1.0]), ([], [], [])]:
        with pytest.raises(ValueError, match="must be"):
            ips(rewards, before, after)
    with pytest.raises(ValueError, match="shows nothing"):
        snips([1], [0.5], [0.0])
