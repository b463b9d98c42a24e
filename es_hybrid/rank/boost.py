"""Business factors: they tilt relevance, and cannot replace it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from es_hybrid.errors import ConfigurationError
from es_hybrid.protocols import Boost
from es_hybrid.rank.explore import smoothed_sales
from es_hybrid.rank.values import SECONDS_A_DAY, dates, numbers, plain, text_column
from es_hybrid.rank.vectorised import VectorisedBoost
from es_hybrid.types import BoostContext, Hit, Scores


@dataclass(frozen=True, slots=True)
class FieldBoost(VectorisedBoost):
    """Multiply hits whose field has a value.

    Attributes:
        field: Doc-value field.
        equals: The value, or several of which one is enough; compared as text.
        by: The factor, above 0; below 1 demotes.

    Example:
        >>> hit = Hit("i", "1", fields={"brand": ["Acme"]})
        >>> FieldBoost("brand", equals="Acme", by=1.2).factor(hit, BoostContext(now_s=0))
        1.2
    """

    field: str
    equals: Any = True
    by: float = 1.2

    @property
    def name(self) -> str:
        """The field and what it must equal."""
        return f"{self.field}={plain(self.equals)}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field read."""
        return (self.field,)

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:  # noqa: ARG002
        """Return the factor of each hit, shape `(n,)`."""
        wanted = self.equals if isinstance(self.equals, (list, tuple, set)) else (self.equals,)
        differs = frozenset(map(plain, wanted)).isdisjoint
        name, by = self.field, self.by
        return text_column(hits, name).measured(lambda own: 1.0 if differs(own) else by)


@dataclass(frozen=True, slots=True)
class NumericBoost(VectorisedBoost):
    """Multiply hits by a number of theirs, such as sales or rating.

    The factor runs from 1 (value 0 or missing) to `by` (value `scale` and above, approached by
    `saturation`): `1 + (by - 1) * shape(value / scale)`.

    A new product has not sold badly, it has not been on sale: with a `prior` its value is
    `value + prior * 0.5 ** (age / prior_half_life_days)`.

    Attributes:
        field: Doc-value field.
        scale: Value at which the boost is full; for `saturation` at which it is half.
        by: The full factor, above 0; below 1 demotes.
        shape: `log` (log(1 + 9x) / log 10), `sqrt`, `linear`, or `saturation` (x / (1 + x)).
        missing: Value of a hit without the field.
        prior: Head start of a product of today, such as the catalogue's median; 0: none.
        prior_half_life_days: Days after which half of it is left.
        created_field: Date field that says how old a product is; without it there is no head start.

    Example:
        >>> hit = Hit("i", "1", fields={"sales_30d": [100]})
        >>> NumericBoost("sales_30d", scale=100, by=1.5).factor(hit, BoostContext(now_s=0))
        1.5
    """

    field: str
    scale: float
    by: float = 1.5
    shape: Literal["log", "sqrt", "linear", "saturation"] = "log"
    missing: float = 0.0
    prior: float = 0.0
    prior_half_life_days: float = 14.0
    created_field: str = "created_at"

    @property
    def name(self) -> str:
        """The field that is read."""
        return self.field

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields read: the date only where there is a head start."""
        return (self.field, self.created_field) if self.prior else (self.field,)

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:
        """Return the factor of each hit, shape `(n,)`."""
        values = np.maximum(numbers(hits, self.field, self.missing), 0.0)
        if self.prior:
            born = dates(hits, self.created_field)
            ages = (context.now_s - born) / SECONDS_A_DAY
            half_life = self.prior_half_life_days
            values = smoothed_sales(values, ages, prior=self.prior, half_life_days=half_life)
        with np.errstate(over="ignore"):
            x = values / self.scale
        capped = np.minimum(x, 1.0)
        match self.shape:
            case "saturation":
                share = 1.0 - 1.0 / (1.0 + x)
            case "log":
                share = np.log10(1.0 + 9.0 * capped)
            case "sqrt":
                share = np.sqrt(capped)
            case "linear":
                share = capped
        return 1.0 + (self.by - 1.0) * share


@dataclass(frozen=True, slots=True)
class RecencyBoost(VectorisedBoost):
    """Multiply new products: full at age 0, half of the way at one `half_life_days`.

    `1 + (by - 1) * 0.5 ** (age / half_life)`; a date in the future counts as now, a missing one
    as never.

    Example:
        >>> hit = Hit("i", "1", fields={"created_at": ["1970-01-01T00:00:00Z"]})
        >>> RecencyBoost("created_at", half_life_days=30, by=1.4).factor(hit, BoostContext(now_s=0))
        1.4
    """

    field: str
    half_life_days: float = 30.0
    by: float = 1.2

    @property
    def name(self) -> str:
        """The field that is read."""
        return self.field

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field read."""
        return (self.field,)

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:
        """Return the factor of each hit, shape `(n,)`."""
        age_days = np.fmax(context.now_s - dates(hits, self.field), 0.0) / SECONDS_A_DAY
        return 1.0 + (self.by - 1.0) * np.exp2(-age_days / self.half_life_days)


@dataclass(frozen=True, slots=True)
class IdBoost(VectorisedBoost):
    """Multiply the products of a list.

    Attributes:
        ids: Document ids.
        by: The factor, above 0; below 1 demotes.

    Example:
        >>> IdBoost(("4711",), by=1.3).factor(Hit("i", "4711"), BoostContext(now_s=0))
        1.3
    """

    ids: tuple[str, ...]
    by: float = 1.2

    @property
    def name(self) -> str:
        """How many products are in the list."""
        return f"list of {len(self.ids)}"

    @property
    def fields(self) -> tuple[str, ...]:
        """None: ids come with every candidate."""
        return ()

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:  # noqa: ARG002
        """Return the factor of each hit, shape `(n,)`."""
        listed, by = set(self.ids), self.by
        return np.array([by if hit.id in listed else 1.0 for hit in hits])


@dataclass(frozen=True, slots=True)
class Boosted:
    """Scores after the boosts, and what each did.

    Attributes:
        scores: Shape `(n,)`.
        factors: For each boost its factors, shape `(n,)`, before clamping.
        products: The clamped product of all factors, shape `(n,)`.
    """

    scores: Scores
    factors: Mapping[str, Scores] = field(default_factory=dict)
    products: Scores | None = None

    def with_more(self, count: int) -> Boosted:
        """Return the same with so many hits more at the end that no boost touched."""
        if not count:
            return self
        ones = np.ones(count)
        return Boosted(
            np.concatenate((self.scores, np.zeros(count))),
            {name: np.concatenate((values, ones)) for name, values in self.factors.items()},
            None if self.products is None else np.concatenate((self.products, ones)),
        )


def apply_boosts(
    relevance: Scores,
    hits: Sequence[Hit],
    boosts: Sequence[Boost],
    context: BoostContext,
    *,
    clamp: tuple[float, float] = (0.5, 2.0),
) -> Boosted:
    """Multiply relevance by the clamped product of all factors.

    Args:
        relevance: Scores from 0 to 1, shape `(n,)`.
        hits: The candidates, with the doc values that the boosts read.
        boosts: Business factors.
        context: One clock for the whole search.
        clamp: Smallest and largest product.

    Raises:
        ConfigurationError: A plug-in's factor is not a finite number above 0.
    """
    if not boosts or not hits:
        return Boosted(relevance)
    factors: dict[str, Scores] = {}
    products = np.ones(len(hits))
    for boost in boosts:
        values = _factors(boost, hits, context)
        if not (values.min() > 0.0 and values.max() < math.inf):  # NaN is neither
            raise ConfigurationError(f"boost {boost.name} gave a factor that is not above 0")
        same = factors.get(boost.name)
        factors[boost.name] = values if same is None else same * values
        products = products * values
    products = np.minimum(np.maximum(products, clamp[0]), clamp[1])
    return Boosted(relevance * products, factors, products)


def _factors(boost: Boost, hits: Sequence[Hit], context: BoostContext) -> Scores:
    if isinstance(boost, VectorisedBoost) and not boost.has_own_factor:
        return boost.factors(hits, context)
    return np.array([boost.factor(hit, context) for hit in hits], dtype=np.float64)
