"""What ends an experiment by itself: harm that is sure, at whatever moment somebody looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from es_hybrid.checks import Check, Status
from es_hybrid.experiments.definition import Guardrails
from es_hybrid.experiments.sequential import Sample, always_valid_interval
from es_hybrid.types import Json, Variant

__all__ = ["Counts", "guard_checks", "sample_ratio_check", "summed"]

_ALPHA = 0.01
"""How often one guardrail may stop a harmless experiment; with four of them, at most 4 % in all."""

_SAMPLE_RATIO = "shoppers"


@dataclass(frozen=True, slots=True)
class Counts:
    """What the searches of one variant came to, in sums: those of several processes add up.

    Attributes:
        searches: How many.
        slow: Of them, slow ones.
        errors: Failed ones; the shopper got the old answer.
        empty: Ones without a result.
        took_ms: Milliseconds of all.
    """

    searches: int = 0
    slow: int = 0
    errors: int = 0
    empty: int = 0
    took_ms: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.searches + other.searches,
            self.slow + other.slow,
            self.errors + other.errors,
            self.empty + other.empty,
            self.took_ms + other.took_ms,
        )

    def sample(self, count: int) -> Sample:
        """Return a share of the searches, with one more of each kind.

        The additions keep a share of 0 from looking certain (Agresti and Caffo, "Simple and effective
        confidence intervals for proportions", The American Statistician 54(4), 2000).
        """
        return Sample(self.searches + 2, count + 1.0, count + 1.0)

    def to_dict(self) -> Json:
        """Return the sums as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, sums: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave."""
        return cls(**{name: sums[name] for name in cls.__dataclass_fields__})


def summed(parts: Iterable[Mapping[Variant, Counts]]) -> dict[Variant, Counts]:
    """Return the sums of several processes.

    Example:
        >>> one = {Variant.CONTROL: Counts(searches=2)}
        >>> summed([one, one])[Variant.CONTROL].searches
        4
    """
    total: dict[Variant, Counts] = {}
    for part in parts:
        for variant, counts in part.items():
            total[variant] = total.get(variant, Counts()) + counts
    return total


def guard_checks(
    limits: Guardrails,
    counts: Mapping[Variant, Counts],
    revenue: Mapping[Variant, Sample] | None = None,
) -> tuple[Check, ...]:
    """Say of each guardrail whether it holds.

    A guardrail is broken where the always-valid interval of the harm lies wholly above what is
    allowed: the treatment does more harm than that, and a look at every moment is wrong about it in
    one of a hundred experiments at most.

    Args:
        limits: What is allowed.
        counts: Searches by variant.
        revenue: One value per shopper, by variant, where it is known.

    Example:
        >>> counts = {Variant.CONTROL: Counts(searches=9), Variant.TREATMENT: Counts(searches=9)}
        >>> [check.status.value for check in guard_checks(Guardrails(), counts)][:1]
        ['note']
    """
    return tuple(_checks(limits, counts, revenue or {}))


def sample_ratio_check(
    share: float, shoppers: Mapping[Variant, Sample], *, least: int
) -> Check | None:
    """Say whether as many shoppers got the treatment as were assigned it.

    Where some of one side are lost (a page that breaks, a log that drops, a robot), the rest are not
    alike any more, and no difference between them means anything (Fabijan et al., "Diagnosing sample
    ratio mismatch", KDD 2019).

    Args:
        share: Part of the shoppers that is assigned the treatment.
        shoppers: One value per shopper, by variant.
        least: Fewest shoppers of both to judge by.

    Returns:
        `None` where there are too few, or only one side is assigned.

    Example:
        >>> seen = {Variant.CONTROL: Sample(6000), Variant.TREATMENT: Sample(5000)}
        >>> sample_ratio_check(0.5, seen, least=100).detail
        'assigned 50.0% the treatment, seen 45.5%'
    """
    control, treated = (
        shoppers.get(variant, Sample()).count for variant in (Variant.CONTROL, Variant.TREATMENT)
    )
    count = control + treated
    if count < least or not 0.0 < share < 1.0:
        return None
    # Against what was assigned, which is known without any spread: the test of one sample.
    assigned = Sample(count, share * count, share * share * count)
    seen = Sample(count, float(treated), float(treated))
    low, high = always_valid_interval(assigned, seen, expected_difference=0.01, alpha=_ALPHA)
    detail = f"assigned {share:.1%} the treatment, seen {treated / count:.1%}"
    if low <= 0.0 <= high:
        return Check(_SAMPLE_RATIO, Status.OK, detail)
    return Check(
        _SAMPLE_RATIO, Status.PROBLEM, detail, "shoppers of one side are lost; trust no effect"
    )


def _checks(
    limits: Guardrails, counts: Mapping[Variant, Counts], revenue: Mapping[Variant, Sample]
) -> Iterator[Check]:
    control, treatment = (
        counts.get(variant, Counts()) for variant in (Variant.CONTROL, Variant.TREATMENT)
    )
    enough = min(control.searches, treatment.searches) >= limits.searches
    for name, field, allowed in (
        (f"slower than {limits.slow_ms:g} ms", "slow", limits.slow),
        ("errors", "errors", limits.errors),
        ("zero results", "empty", limits.zero_results),
    ):
        before, after = getattr(control, field), getattr(treatment, field)
        shares = before / max(control.searches, 1), after / max(treatment.searches, 1)
        detail = f"{shares[0]:.2%} -> {shares[1]:.2%}"
        hint = f"at most {allowed:.2%} more"
        if not enough:
            yield Check(name, Status.NOTE, f"{detail}, too few searches to say", hint)
            continue
        samples = control.sample(before), treatment.sample(after)
        yield _judged(name, samples, allowed, detail, hint, tau=allowed or 0.01)
    old, new = (revenue.get(variant, Sample()) for variant in (Variant.CONTROL, Variant.TREATMENT))
    hint = f"at most {limits.revenue_drop:.0%} less"
    if min(old.count, new.count) < limits.searches or old.mean <= 0.0:
        yield Check("revenue", Status.NOTE, "too few shoppers to say", hint)
        return
    detail = f"{old.mean:.2f} -> {new.mean:.2f} a shopper"
    allowed, tau = limits.revenue_drop * old.mean, (limits.revenue_drop or 0.05) * old.mean
    yield _judged("revenue", (new, old), allowed, detail, hint, tau=tau)


def _judged(
    name: str, samples: tuple[Sample, Sample], allowed: float, detail: str, hint: str, *, tau: float
) -> Check:
    """Say whether the second sample's mean is surely above the first one's by more than allowed."""
    low, _ = always_valid_interval(*samples, expected_difference=tau, alpha=_ALPHA)
    return Check(name, Status.PROBLEM if low > allowed else Status.OK, detail, hint)
