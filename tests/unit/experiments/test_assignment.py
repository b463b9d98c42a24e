"""Who sees which arm."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.experiments import Arm, assign

HALVES = (Arm("control", 0.5), Arm("hybrid", 0.5))
SHOPPERS = [f"shopper-{n}" for n in range(10_000)]


def test_shares_are_kept() -> None:
    """Ten thousand shoppers fall as the shares say; the rest takes no part."""
    arms = (Arm("control", 0.1), Arm("hybrid", 0.3))
    found = [assign("pilot", shopper, arms) for shopper in SHOPPERS]
    assert found.count("control") == pytest.approx(1000, abs=120)
    assert found.count("hybrid") == pytest.approx(3000, abs=180)
    assert found.count(None) == pytest.approx(6000, abs=200)


def test_a_growing_arm_turns_nobody_over() -> None:
    """From 5 to 50 percent, whoever saw the new ranking goes on seeing it."""
    small, large = (
        {s for s in SHOPPERS if assign("pilot", s, [Arm("hybrid", share)])} for share in (0.05, 0.5)
    )
    assert small < large


def test_experiments_deal_anew() -> None:
    """Whoever is in the one's treatment is in the other's as often as not."""
    first = {s for s in SHOPPERS if assign("one", s, HALVES) == "hybrid"}
    both = [s for s in first if assign("two", s, HALVES) == "hybrid"]
    assert len(both) / len(first) == pytest.approx(0.5, abs=0.03)


def test_every_process_deals_the_same() -> None:
    """Another web server, with another hash seed, shows a shopper the same arm."""
    code = (
        "from es_hybrid.experiments import Arm, assign;"
        "print(assign('pilot', 'shopper-7', [Arm('a', 0.5), Arm('b', 0.5)]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == assign("pilot", "shopper-7", [Arm("a", 0.5), Arm("b", 0.5)])


@given(st.text(), st.text())
def test_any_text_is_an_id(experiment: str, unit: str) -> None:
    """Whatever a shop's ids are made of, half a surrogate pair included."""
    assert assign(experiment, unit + "\ud83d", HALVES) in {"control", "hybrid"}


@pytest.mark.parametrize("shares", [(0.6, 0.6), (-0.1, 0.5)])
def test_refuses_impossible_shares(shares: tuple[float, float]) -> None:
    """More than everybody, or less than nobody, is a mistake and no experiment."""
    with pytest.raises(ValueError, match="shares"):
        assign("pilot", "s", [Arm("a", shares[0]), Arm("b", shares[1])])
