"""What is told of a search once it is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from es_hybrid.types.values import Degradation, Remembered
from es_hybrid.types.vocabulary import Level, PlanName, Recommended, Stage


@dataclass(frozen=True, slots=True)
class SearchDone:
    """What a metrics hook is told of one search; never holds the shopper's words.

    Attributes:
        plan: How the search was carried out.
        took_ms: Wall-clock milliseconds of the whole call.
        timings_ms: Milliseconds per stage.
        degraded: What the search did without.
        level: The rung of the ladder that the search stood on; `None` for a passthrough.
        remembered: What came from a cache.
        explored: Ids of the page's new products that were given their place, to be discounted where
            clicks are read.
        total: Hits that match.
        returned: Hits on the page.
        recommended: What was recommended; `None` for a search.
    """

    plan: PlanName
    took_ms: float
    timings_ms: Mapping[Stage, float] = field(default_factory=dict)
    degraded: tuple[Degradation, ...] = ()
    level: Level | None = None
    remembered: Remembered = field(default_factory=Remembered)
    explored: tuple[str, ...] = ()
    total: int | None = None
    returned: int = 0
    recommended: Recommended | None = None
