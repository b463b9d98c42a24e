"""Live experiments: who sees what, who wins, and how sure that is. Pure; nothing here waits."""

from __future__ import annotations

from es_hybrid.experiments.assignment import Arm, assign
from es_hybrid.experiments.interleaving import Interleaved, credit, preference, team_draft
from es_hybrid.experiments.sequential import Sample, always_valid_p, fixed_p

__all__ = [
    "Arm",
    "Interleaved",
    "Sample",
    "always_valid_p",
    "assign",
    "credit",
    "fixed_p",
    "preference",
    "team_draft",
]
