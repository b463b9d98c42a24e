"""Rule sets as versioned documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_hybrid.errors import RulesConflict, RulesError
from es_hybrid.rules.document import parse_rules
from es_hybrid.types import Json
from es_hybrid.versioned import Kind, Version

__all__ = ["RULES", "RulesVersion"]


@dataclass(frozen=True, slots=True)
class RulesVersion(Version):
    """One version of a rule set."""

    @property
    def rules(self) -> Mapping[str, Any]:
        """The rule set as JSON."""
        return self.content

    def to_dict(self) -> Json:
        """Return the version as JSON."""
        return {
            "name": self.name,
            "version": self.version,
            "current": self.current,
            "created_at": self.created_at,
            "comment": self.comment,
            "rules": dict(self.rules),
        }


RULES = Kind(
    noun="rule set",
    field="rules",
    made_by="es-hybrid rules put {name} FILE",
    listed_by="es-hybrid rules list",
    of=RulesVersion,
    check=parse_rules,
    error=RulesError,
    conflict=RulesConflict,
)
