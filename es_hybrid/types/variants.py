"""On which side of an experiment a search is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

__all__ = ["Assigned", "Variant"]


class Variant(StrEnum):
    """What a shopper gets."""

    CONTROL = "control"
    TREATMENT = "treatment"
    INTERLEAVED = "interleaved"


@dataclass(frozen=True, slots=True)
class Assigned:
    """On which side of an experiment a search was; what a later click is credited to.

    Attributes:
        experiment: Its run, such as `pilot-7f3a`.
        variant: What the shopper got.
        unit: A salted hash of who it was: nothing that tells a shopper.
        teams: For an interleaved page, which ranking chose each product, by `_id`.
        failed: Whether the variant's own search failed; the shopper got the old query's answer.
    """

    experiment: str
    variant: Variant
    unit: str
    teams: Mapping[str, Variant] = field(default_factory=dict)
    failed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON, to be kept until a click comes."""
        return asdict(self)

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any]) -> Self:
        """Return what `to_dict` gave.

        Raises:
            KeyError: A key is missing.
            ValueError: There is no such variant.
        """
        teams = {str(id_): Variant(team) for id_, team in (kept.get("teams") or {}).items()}
        return cls(
            str(kept["experiment"]),
            Variant(kept["variant"]),
            str(kept["unit"]),
            teams,
            failed=bool(kept.get("failed")),
        )
