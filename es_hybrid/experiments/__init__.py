"""Live experiments: who sees what, who wins, and how sure that is. Pure; nothing here waits."""

from __future__ import annotations

from es_hybrid.experiments.assignment import Arm, assign
from es_hybrid.experiments.interleaving import Interleaved, credit, preference, team_draft
from es_hybrid.experiments.sequential import Sample, always_valid_p, fixed_p
from es_hybrid.experiments.shadow import Page, PageFields, ShadowRecord
from es_hybrid.experiments.shadow_report import ShadowReport, SwitchLimits

__all__ = [
    "Arm",
    "Interleaved",
    "Page",
    "PageFields",
    "Sample",
    "ShadowRecord",
    "ShadowReport",
    "SwitchLimits",
    "always_valid_p",
    "assign",
    "credit",
    "fixed_p",
    "preference",
    "team_draft",
]
