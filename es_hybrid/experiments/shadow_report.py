"""Whether it is safe to switch: what many compared searches come down to, against stated limits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Self

from es_hybrid.checks import Check, Status
from es_hybrid.evaluate.metrics import percentile
from es_hybrid.experiments.shadow import ShadowRecord
from es_hybrid.types import Json

__all__ = ["ShadowReport", "SwitchLimits", "at_most"]

_Z = 1.6449
"""Standard deviations of a one-sided 95 % bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchLimits:
    """What a new search must keep to before it is safe to switch.

    Shares are judged by their upper 95 % bound, so that few searches prove little.

    Attributes:
        searches: Fewest compared searches.
        errors: Largest share of new searches that fail or run out of time.
        degraded: Largest share of new searches that go without a part of themselves.
        lost: Largest share of searches where the old one found something and the new one nothing.
        p95_ms: Most milliseconds that 95 % of the new searches take.
        overlap: Least mean overlap; pages that have less in common are judged by people first.
        price: Most that the mean price of a page changes, as a share of the old one.
        stock: Most that the share of products in stock falls.
    """

    searches: int = 1000
    errors: float = 0.01
    degraded: float = 0.05
    lost: float = 0.005
    p95_ms: float = 500.0
    overlap: float = 0.3
    price: float = 0.1
    stock: float = 0.02


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """What the compared searches come down to.

    Attributes:
        searches: How many were compared.
        dropped: How many more were chosen and left out, because too many were under way.
        errors: New searches that failed, by reason.
        degraded: New searches that went without something, by what; one may count several times.
        degraded_share: Share of new searches that went without anything.
        overlap: Mean overlap of the first k products; `None` without a new answer.
        rbo: Mean rank-biased overlap.
        same: Share of searches whose first k products are the same in the same order.
        zero_results: Share of searches that found nothing, old and new.
        lost: Share where the old one found something and the new one nothing.
        old_ms: `p50` and `p95` of the served search.
        new_ms: The same of the new one, failed ones included.
        price: Mean relative change of a page's mean price; `None` where pages do not say.
        stock: Mean change of the share in stock; `None` where pages do not say.
        checks: Each limit, and whether it is kept.
        least_alike: Words and overlap of searches that changed most, where words were kept.
    """

    searches: int
    dropped: int
    errors: Mapping[str, int]
    degraded: Mapping[str, int]
    degraded_share: float
    overlap: float | None
    rbo: float | None
    same: float | None
    zero_results: tuple[float, float]
    lost: float
    old_ms: Mapping[str, float]
    new_ms: Mapping[str, float]
    price: float | None
    stock: float | None
    checks: tuple[Check, ...] = ()
    least_alike: tuple[tuple[str, float], ...] = field(default=())

    @property
    def safe(self) -> bool:
        """Whether every limit is kept."""
        return all(check.status is not Status.PROBLEM for check in self.checks)

    @property
    def verdict(self) -> str:
        """One sentence: safe to switch, or why not."""
        wrong = [check.name for check in self.checks if check.status is Status.PROBLEM]
        return f"not safe to switch: {', '.join(wrong)}" if wrong else "safe to switch"

    def to_dict(self) -> Json:
        """Return the report as JSON."""
        return {"safe": self.safe, "verdict": self.verdict, **asdict(self)}

    @classmethod
    def of(
        cls,
        records: Iterable[ShadowRecord],
        *,
        limits: SwitchLimits | None = None,
        dropped: int = 0,
    ) -> Self:
        """Return the report of some compared searches.

        Args:
            records: One a search.
            limits: What the new search must keep to.
            dropped: Searches that were chosen and not compared.

        Example:
            >>> ShadowReport.of([]).verdict
            'not safe to switch: compared searches'
        """
        kept = list(records)
        found = [(record, record.new) for record in kept if record.new is not None]
        count = max(len(kept), 1)
        zero = (
            sum(not record.old.ids for record in kept) / count,
            sum(not new.ids for _, new in found) / max(len(found), 1),
        )
        prices = [
            new.price / record.old.price - 1.0
            for record, new in found
            if new.price is not None and record.old.price
        ]
        stocks = [
            new.in_stock - record.old.in_stock
            for record, new in found
            if new.in_stock is not None and record.old.in_stock is not None
        ]
        report = cls(
            searches=len(kept),
            dropped=dropped,
            errors=dict(Counter(record.error for record in kept if record.error)),
            degraded=dict(Counter(each for record in kept for each in record.degraded)),
            degraded_share=sum(bool(record.degraded) for record in kept) / count,
            overlap=_mean([record.overlap for record, _ in found]),
            rbo=_mean([record.rbo for record, _ in found]),
            same=_mean([float(record.old.ids == new.ids) for record, new in found]),
            zero_results=zero,
            lost=sum(record.lost for record in kept) / count,
            old_ms=_spread([record.old.took_ms for record in kept]),
            new_ms=_spread([record.new_ms for record in kept]),
            price=_mean(prices),
            stock=_mean(stocks),
            least_alike=_least_alike(kept),
        )
        return report.judged(limits or SwitchLimits())

    def judged(self, limits: SwitchLimits) -> Self:
        """Return the report with each limit looked at."""
        checks = tuple(_checks(self, limits))
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return type(self)(**{**values, "checks": checks})


def at_most(count: int, of: int) -> float:
    """Return the upper 95 % bound of a share, by Wilson's score interval.

    `(p + z^2/2n + z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)` (Wilson, "Probable inference, the law
    of succession, and statistical inference", JASA 22, 1927).

    Args:
        count: How often it happened.
        of: Among so many.

    Example:
        >>> round(at_most(0, 1000), 4), at_most(0, 0)
        (0.0027, 1.0)
    """
    if not of:
        return 1.0
    p, z2 = count / of, _Z * _Z
    root = math.sqrt(p * (1.0 - p) / of + z2 / (4.0 * of * of))
    return (p + z2 / (2.0 * of) + _Z * root) / (1.0 + z2 / of)


def _checks(report: ShadowReport, limits: SwitchLimits) -> Iterable[Check]:
    n = report.searches
    yield _check(
        "compared searches", n >= limits.searches, f"{n:,}", f"at least {limits.searches:,}"
    )
    if not n:
        return
    failed = sum(report.errors.values())
    for name, count, most in (
        ("errors", failed, limits.errors),
        ("degraded searches", round(report.degraded_share * n), limits.degraded),
        ("lost results", round(report.lost * n), limits.lost),
    ):
        bound = at_most(count, n)
        found = f"{count / n:.2%}, at most {bound:.2%}"
        yield _check(name, bound <= most, found, f"at most {most:.2%}")
    p95 = report.new_ms["p95"]
    wanted = f"at most {limits.p95_ms:g} ms"
    yield _check("latency", p95 <= limits.p95_ms, f"p95 {p95:.0f} ms", wanted)
    if report.overlap is not None:
        found = f"{report.overlap:.2f}"
        yield _check(
            "overlap", report.overlap >= limits.overlap, found, f"at least {limits.overlap:g}"
        )
    yield _drift("price", report.price, limits.price, both_ways=True)
    yield _drift("stock", report.stock, limits.stock, both_ways=False)


def _drift(name: str, change: float | None, most: float, *, both_ways: bool) -> Check:
    if change is None:
        hint = f"let the search return the field of {name} in _source, or name it"
        return Check(f"{name} drift", Status.NOTE, "not known", hint)
    kept = abs(change) <= most if both_ways else change >= -most
    wanted = f"at most {most:.0%} {'either way' if both_ways else 'down'}"
    return _check(f"{name} drift", kept, f"{change:+.1%}", wanted)


def _check(name: str, kept: bool, found: str, wanted: str) -> Check:  # noqa: FBT001 - private
    return Check(name, Status.OK if kept else Status.PROBLEM, found, wanted)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {name: percentile(values, share) for name, share in (("p50", 50.0), ("p95", 95.0))}


def _least_alike(
    records: Sequence[ShadowRecord], *, first: int = 10
) -> tuple[tuple[str, float], ...]:
    lowest: dict[str, float] = {}
    for record in records:
        if record.text and record.overlap is not None:
            lowest[record.text] = min(record.overlap, lowest.get(record.text, 1.0))
    found = sorted(lowest.items(), key=lambda pair: (pair[1], pair[0]))
    return tuple(found[:first])
