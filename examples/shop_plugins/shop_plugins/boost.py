"""A boost for products with a good margin, read from the doc-value field `margin_percent`."""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid import Settings
from es_hybrid.types import BoostContext, Hit

_FULL_PERCENT = 50.0


def make(settings: Settings) -> MarginBoost:
    """Return the boost; it stays within what the settings allow all boosts together."""
    return MarginBoost(by=min(1.15, settings.search.boost_max))


@dataclass(frozen=True, slots=True)
class MarginBoost:
    """Multiply by 1 (no margin, or none known) up to `by` (50 % and above)."""

    by: float = 1.15
    name: str = "margin"
    fields: tuple[str, ...] = ("margin_percent",)

    def factor(self, hit: Hit, context: BoostContext) -> float:
        """Return the factor of one product."""
        del context  # neither the time nor the request matters here
        values = hit.fields.get("margin_percent")
        try:
            percent = float(values[0]) if values else 0.0
        except ValueError:
            return 1.0  # an exception would fail the search
        return 1.0 + (self.by - 1.0) * min(max(percent / _FULL_PERCENT, 0.0), 1.0)
