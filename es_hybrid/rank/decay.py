"""A factor that is full near a date, a number or a place, and falls off with distance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from es_hybrid.rank.values import (
    SECONDS_A_DAY,
    dates,
    first_values,
    numbers,
    place_of,
    seconds_of,
)
from es_hybrid.rank.vectorised import VectorisedBoost
from es_hybrid.types import BoostContext, Hit, Scores

_EARTH_KM = 6371.0088
"""Mean radius, IUGG."""

Origin: TypeAlias = "float | str | tuple[float, float]"
"""A number; an ISO date or `"now"`; or latitude and longitude."""


@dataclass(frozen=True, slots=True)
class DecayBoost(VectorisedBoost):
    """Multiply hits near an origin: full there, `decay` of it at `scale` beyond `offset`.

    `1 + (by - 1) * f(max(0, |value - origin| - offset))`, with the curves of Elasticsearch's decay
    functions (function_score query, reference page "Decay functions"): for d beyond the offset,
    gauss `exp(d² ln(decay) / scale²)`, exp `exp(d ln(decay) / scale)`, linear
    `max(0, 1 - d (1 - decay) / scale)`.

    Attributes:
        field: Doc-value field: a number, a date or a `geo_point`.
        origin: Where the factor is full: a number, an ISO date or `"now"`, or (latitude,
            longitude).
        scale: Distance beyond `offset` at which `decay` of the effect is left: in the field's own
            unit, for dates in days, for places in kilometres.
        by: The full factor, above 0; below 1 demotes.
        offset: Distance, in the unit of `scale`, within which the factor is full.
        decay: Share of the effect at `scale`, between 0 and 1.
        shape: `gauss`, `exp` or `linear`.
        missing: Factor of a hit without the field, or with what cannot be read; 1 is neutral.

    Example:
        >>> hit = Hit("i", "1", fields={"price": [120.0]})
        >>> DecayBoost("price", origin=100.0, scale=20.0, by=1.5).factor(hit, BoostContext(now_s=0))
        1.25
    """

    field: str
    origin: Origin
    scale: float
    by: float = 1.2
    offset: float = 0.0
    decay: float = 0.5
    shape: Literal["gauss", "exp", "linear"] = "gauss"
    missing: float = 1.0

    @property
    def name(self) -> str:
        """The field, and what it should be near."""
        where = self.origin
        return f"{self.field} near {where if isinstance(where, str | float | int) else 'here'}"

    @property
    def fields(self) -> tuple[str, ...]:
        """The one field read."""
        return (self.field,)

    def factors(self, hits: Sequence[Hit], context: BoostContext) -> Scores:
        """Return the factor of each hit, shape `(n,)`."""
        away = np.maximum(_distances(hits, self.field, self.origin, context.now_s) - self.offset, 0)
        left = math.log(self.decay)
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            match self.shape:
                case "gauss":
                    share = np.exp(left * (away / self.scale) ** 2)
                case "exp":
                    share = np.exp(left * away / self.scale)
                case "linear":
                    share = np.maximum(1.0 - away * (1.0 - self.decay) / self.scale, 0.0)
        return np.where(np.isfinite(away), 1.0 + (self.by - 1.0) * share, self.missing)


def _distances(hits: Sequence[Hit], name: str, origin: Origin, now_s: float) -> Scores:
    """Return how far each hit is from the origin; not finite where that cannot be said."""
    match origin:
        case str():
            middle = now_s if origin == "now" else seconds_of(origin)
            return np.abs(dates(hits, name) - middle) / SECONDS_A_DAY
        case tuple():
            return np.array([_kilometres(value, origin) for value in first_values(hits, name)])
        case _:
            return np.abs(numbers(hits, name, math.inf) - origin)


def _kilometres(value: object, origin: tuple[float, float]) -> float:
    """Return the great-circle distance (haversine formula)."""
    place = place_of(value)
    if place is None:
        return math.inf
    (lat, lon), (lat0, lon0) = (tuple(map(math.radians, pair)) for pair in (place, origin))
    half = (
        math.sin((lat - lat0) / 2) ** 2
        + math.cos(lat) * math.cos(lat0) * math.sin((lon - lon0) / 2) ** 2
    )
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))
