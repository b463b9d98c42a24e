"""The result of looking at one thing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

__all__ = ["Check", "Status"]


class Status(StrEnum):
    """How a thing is."""

    OK = "ok"
    NOTE = "note"
    """Searches work, but with less than they could."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        status: How it is.
        detail: What was found.
        hint: What to change, where something should be.
    """

    name: str
    status: Status
    detail: str
    hint: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return what a machine reads.

        Example:
            >>> Check("cluster", Status.OK, "9.4.3, basic").to_dict()
            {'name': 'cluster', 'status': <Status.OK: 'ok'>, 'detail': '9.4.3, basic', 'hint': ''}
        """
        return asdict(self)
