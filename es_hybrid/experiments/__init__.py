"""Live experiments: who sees what, who wins, and how sure that is. Pure; nothing here waits."""

from __future__ import annotations

from es_hybrid.experiments.assignment import Arm, assign
from es_hybrid.experiments.definition import Experiment, Guardrails, parse_experiment
from es_hybrid.experiments.guardrails import Counts, guard_checks
from es_hybrid.experiments.interleaving import Interleaved, credit, preference, team_draft
from es_hybrid.experiments.outcomes import Effect, Outcome, Outcomes, effect_of, samples_of
from es_hybrid.experiments.sequential import (
    Sample,
    always_valid_interval,
    always_valid_p,
    fixed_p,
)
from es_hybrid.experiments.shadow import Page, PageFields, ShadowRecord
from es_hybrid.experiments.shadow_report import ShadowReport, SwitchLimits
from es_hybrid.experiments.status import ExperimentStatus
from es_hybrid.types import Assigned, Variant

__all__ = [
    "Arm",
    "Assigned",
    "Counts",
    "Effect",
    "Experiment",
    "ExperimentStatus",
    "Guardrails",
    "Interleaved",
    "Outcome",
    "Outcomes",
    "Page",
    "PageFields",
    "Sample",
    "ShadowRecord",
    "ShadowReport",
    "SwitchLimits",
    "Variant",
    "always_valid_interval",
    "always_valid_p",
    "assign",
    "credit",
    "effect_of",
    "fixed_p",
    "guard_checks",
    "parse_experiment",
    "preference",
    "samples_of",
    "team_draft",
]
