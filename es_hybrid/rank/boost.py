"""Business factors: they tilt relevance, and cannot replace it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import numpy as np

from es_hybrid.errors import ConfigurationError
from es_hybrid.protocols import Boost
from es_hybrid.types import BoostContext, Hit, Scores

_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class FieldBoost:
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
        return f"{self.field}={_plain(self.equals)}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field read."""
        return (self.field,)

    def factor(self, hit: Hit, context: BoostContext) -> float:  # noqa: ARG002
        """Return `by` where a value matches, 1 elsewhere."""
        wanted = self.equals if isinstance(self.equals, (list, tuple, set)) else (self.equals,)
        texts = {_plain(value) for value in wanted}
        return self.by if any(_plain(v) in texts for v in hit.fields.get(self.field, ())) else 1.0


@dataclass(frozen=True, slots=True)
class NumericBoost:
    """Multiply hits by a number of theirs, such as sales or rating.

    The factor runs from 1 (value 0 or missing) to `by` (value `scale` and above, approached by
    `saturation`): `1 + (by - 1) * shape(value / scale)`.

    Attributes:
        field: Doc-value field.
        scale: Value at which the boost is full; for `saturation` at which it is half.
        by: The full factor, above 0; below 1 demotes.
        shape: `log` (log(1 + 9x) / log 10), `sqrt`, `linear`, or `saturation` (x / (1 + x)).
        missing: Value of a hit without the field.

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

    @property
    def name(self) -> str:
        """The field that is read."""
        return self.field

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field read."""
        return (self.field,)

    def factor(self, hit: Hit, context: BoostContext) -> float:  # noqa: ARG002
        """Return the factor of the hit's number."""
        x = max(0.0, _number(hit, self.field, self.missing)) / self.scale
        match self.shape:
            case "saturation":
                share = x / (1.0 + x)
            case "log":
                share = math.log10(1.0 + 9.0 * min(x, 1.0))
            case "sqrt":
                share = math.sqrt(min(x, 1.0))
            case "linear":
                share = min(x, 1.0)
        return 1.0 + (self.by - 1.0) * share


@dataclass(frozen=True, slots=True)
class RecencyBoost:
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

    def factor(self, hit: Hit, context: BoostContext) -> float:
        """Return the factor of the hit's age."""
        values = hit.fields.get(self.field)
        created_s = _seconds(values[0]) if values else None
        if created_s is None:
            return 1.0
        age_days = max(0.0, context.now_s - created_s) / _SECONDS_A_DAY
        return 1.0 + (self.by - 1.0) * math.exp2(-age_days / self.half_life_days)


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
    for boost in boosts:
        values = np.array([boost.factor(hit, context) for hit in hits], dtype=np.float64)
        if not (np.isfinite(values).all() and (values > 0.0).all()):
            raise ConfigurationError(f"boost {boost.name} gave a factor that is not above 0")
        same = factors.get(boost.name)
        factors[boost.name] = values if same is None else same * values
    products = np.prod(list(factors.values()), axis=0).clip(*clamp)
    return Boosted(relevance * products, factors, products)


def _number(hit: Hit, name: str, missing: float) -> float:
    values = hit.fields.get(name)
    try:
        number = float(values[0]) if values else missing
    except (TypeError, ValueError):
        return missing
    return number if math.isfinite(number) else missing


def _seconds(value: Any) -> float | None:
    """Return seconds since the epoch of a date as Elasticsearch prints doc values."""
    if isinstance(value, (int, float)):
        return float(value) / 1000.0
    text = str(value)
    if text.lstrip("-").isdigit():
        return int(text) / 1000.0
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def _plain(value: Any) -> str:
    """Return a value as text, so that `5` equals `5.0` and `True` equals `"true"`."""
    if isinstance(value, bool):
        return str(value).lower()
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)
