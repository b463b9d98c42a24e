"""What the tests promise holds in simulated shops: who wins, how often, and when harm ends it."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

from es_hybrid.checks import Status
from es_hybrid.experiments import (
    Assigned,
    Counts,
    Experiment,
    Guardrails,
    Outcome,
    Sample,
    Variant,
    always_valid_interval,
    always_valid_p,
    guard_checks,
    samples_of,
)
from es_hybrid.experiments.guardrails import sample_ratio_check
from es_hybrid.experiments.null_runs import null_runs
from es_hybrid.experiments.outcomes import CREDIT, preference_of
from es_hybrid.experiments.routing import assigned, credit_of, draft
from es_hybrid.query.request import parse_request

BOTH = Experiment(design="interleave", share=1.0, salt="salt" * 4, run="7f3a")
PRODUCTS = [f"p{n}" for n in range(40)]


def hits(ranking: list[str]) -> list[dict[str, str]]:
    return [{"_id": product} for product in ranking]


def outcomes_of_a_shop(noise: tuple[float, float], *, shoppers: int) -> list[Outcome]:
    """Let shoppers click what they like on pages of two rankings, each blurred by so much noise."""
    random, found = Random(3), []
    request = parse_request({"index": "products", "query": {"match": {"title": "x"}}, "size": 10})
    for shopper in range(shoppers):
        liked = {product: random.random() ** 3 for product in PRODUCTS}
        control, treatment = (
            sorted(PRODUCTS, key=lambda p: liked[p] + random.gauss(0, blur), reverse=True)
            for blur in noise
        )
        who = assigned(BOTH, "page", f"session-{shopper}")
        assert who is not None
        page, side = draft(BOTH, who, request, control=hits(control), treatment=hits(treatment))
        clicked = {
            hit["_id"]
            for place, hit in enumerate(page)
            if random.random() < liked[hit["_id"]] / math.log2(place + 2)
        }
        value = float(credit_of(side, clicked))
        found.append(Outcome(side.experiment, side.variant, side.unit, CREDIT, value))
    return found


def test_interleaving_picks_the_better_ranking() -> None:
    """Of two rankings the one that is nearer to what shoppers like wins, whichever side it is on."""
    for noise, sign in (((0.6, 0.2), 1), ((0.2, 0.6), -1)):
        effect, sign_test = preference_of(outcomes_of_a_shop(noise, shoppers=600))
        assert effect is not None
        assert effect.difference * sign > 0.1
        assert max(effect.p, sign_test) < 0.001


def test_interleaving_does_not_prefer_an_equal_ranking() -> None:
    """Two rankings that are as good as each other are not told apart."""
    effect, sign_test = preference_of(outcomes_of_a_shop((0.4, 0.4), shoppers=600))
    assert effect is not None
    assert min(effect.p, sign_test) > 0.05
    assert preference_of([]) == (None, 1.0)


def test_a_thousand_experiments_on_nothing() -> None:
    """One look is wrong 5 % ± sampling error of the time; looking every day, only one test holds."""
    found = null_runs(runs=1000)
    spread = 3 * found.sampling_error
    assert found.fixed_once / 1000 == pytest.approx(0.05, abs=spread)
    assert found.fixed_peeking / 1000 > 0.15
    assert found.always_valid / 1000 <= 0.05 + spread


def test_the_interval_and_the_p_value_agree() -> None:
    """Nought is outside the 95 % interval where the p-value is below 0.05, and nowhere else."""
    random = np.random.default_rng(2)
    both = set()
    for shift in np.linspace(0.0, 0.6, 40):
        one = Sample.of(random.normal(0, 1, 300).tolist())
        two = Sample.of((random.normal(0, 1, 300) + shift).tolist())
        low, high = always_valid_interval(one, two, expected_difference=0.2)
        p = always_valid_p(one, two, expected_difference=0.2)
        assert (p < 0.05) == (not low <= 0.0 <= high)
        both.add(p < 0.05)
    assert both == {True, False}
    assert always_valid_interval(Sample(), one, expected_difference=0.2) == (-math.inf, math.inf)


def test_shoppers_are_dealt_evenly_and_stay() -> None:
    """Half of ten thousand shoppers get the treatment, always the same ones, and in no clear text."""
    half = Experiment(share=0.5, salt="salt" * 4, run="7f3a")
    sides = {f"s{n}": assigned(half, "pilot", f"s{n}") for n in range(10_000)}
    treated = {s for s, side in sides.items() if side and side.variant is Variant.TREATMENT}
    assert len(treated) == pytest.approx(5000, abs=200)
    assert all(assigned(half, "pilot", shopper) == side for shopper, side in sides.items())
    assert len({side.unit for side in sides.values() if side}) == 10_000
    anew = half.model_copy(update={"salt": "other salt"})
    kept = [s for s in treated if assigned(anew, "pilot", s).variant is Variant.TREATMENT]  # type: ignore[union-attr]
    assert len(kept) / len(treated) == pytest.approx(0.5, abs=0.04)
    assert assigned(half.model_copy(update={"state": "stopped"}), "pilot", "s1") is None


def test_one_value_a_shopper() -> None:
    """A shopper's outcomes add up, and who did nothing counts with 0."""
    seen = [("a", "search", 1), ("a", "revenue", 5), ("a", "revenue", 7), ("b", "search", 1)]
    outcomes = [Outcome("pilot-1", Variant.CONTROL, u, m, float(v)) for u, m, v in seen]
    sample = samples_of(outcomes, "revenue")[Variant.CONTROL]
    assert (sample.count, sample.total) == (2, 12.0)


def test_a_click_is_credited_to_who_chose_the_product() -> None:
    """The side with more of the clicked products wins the page; a tie is a tie."""
    teams = {"a": Variant.CONTROL, "b": Variant.TREATMENT, "c": Variant.TREATMENT}
    side = Assigned("page-7f3a", Variant.INTERLEAVED, "u", teams)
    assert [credit_of(side, clicked) for clicked in ({"a"}, {"b"}, {"a", "b"}, {"b", "c"}, ())] == [
        -1,
        1,
        0,
        1,
        0,
    ]


@pytest.mark.parametrize(
    ("control", "treatment", "broken"),
    [
        (Counts(1000), Counts(1000), []),
        (Counts(1000, errors=2), Counts(1000, errors=4), []),
        (Counts(1000), Counts(1000, errors=100), ["errors"]),
        (Counts(1000, slow=50), Counts(1000, slow=200), ["slower than 1000 ms"]),
        (Counts(1000, empty=30), Counts(100_000, empty=30_000), ["zero results"]),
        (Counts(100), Counts(100, errors=100), []),
    ],
)
def test_guardrails(control: Counts, treatment: Counts, broken: list[str]) -> None:
    """Sure harm beyond what is allowed breaks a guardrail; chance, and few searches, do not."""
    sides = {Variant.CONTROL: control, Variant.TREATMENT: treatment}
    checks = guard_checks(Guardrails(), sides)
    assert [each.name for each in checks if each.status is Status.PROBLEM] == broken


def test_lost_shoppers_are_noticed() -> None:
    """A side that loses one shopper in ten is noticed; chance, looked at twenty times, hardly ever is."""
    random = np.random.default_rng(7)
    alarms = 0
    for _ in range(300):
        treated = random.binomial(200, 0.05, size=20).cumsum()
        for look, count in enumerate(treated.tolist(), start=1):
            seen = {Variant.CONTROL: Sample(200 * look - count), Variant.TREATMENT: Sample(count)}
            found = sample_ratio_check(0.05, seen, least=200)
            assert found is not None
            if found.status is Status.PROBLEM:
                alarms += 1
                break
    assert alarms / 300 <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / 300)
    lost = {Variant.CONTROL: Sample(10_000), Variant.TREATMENT: Sample(9_000)}
    found = sample_ratio_check(0.5, lost, least=200)
    assert found is not None
    assert found.status is Status.PROBLEM
    assert sample_ratio_check(0.5, lost, least=20_000) is None


def test_guardrails_leave_harmless_experiments_alone() -> None:
    """Looked at twenty times, at most four in a hundred harmless experiments are stopped."""
    random = np.random.default_rng(5)
    stopped = 0
    for _ in range(300):
        drawn = random.binomial(200, 0.05, size=(2, 3, 20)).cumsum(axis=2)
        for look in range(20):
            control, treatment = (
                Counts(200 * (look + 1), *(int(side[kind, look]) for kind in range(3)))
                for side in drawn
            )
            sides = {Variant.CONTROL: control, Variant.TREATMENT: treatment}
            if any(each.status is Status.PROBLEM for each in guard_checks(Guardrails(), sides)):
                stopped += 1
                break
    assert stopped / 300 <= 0.04
