"""Choose weights and sizes on judged queries, and tell how such a choice does on others.

Candidates are retrieved once, wide; everything else is ranked again from them by the functions that
a search calls. Nothing here searches: the command `es-hybrid tune` does.
"""

from __future__ import annotations

from es_hybrid.tuning.candidate_files import CandidateFile, Provenance, Timing, missing
from es_hybrid.tuning.candidates import QueryCandidates, Replay
from es_hybrid.tuning.choose import Chooser, group_members
from es_hybrid.tuning.configuration import Configuration, LexicalVariant, TunedSettings
from es_hybrid.tuning.scores import ScoreTable
from es_hybrid.tuning.settings_file import changed_settings, toml_text
from es_hybrid.tuning.space import Space
from es_hybrid.tuning.validate import CAUTIONS, Fold, TuningReport, tune

__all__ = [
    "CAUTIONS",
    "CandidateFile",
    "Chooser",
    "Configuration",
    "Fold",
    "LexicalVariant",
    "Provenance",
    "QueryCandidates",
    "Replay",
    "ScoreTable",
    "Space",
    "Timing",
    "TunedSettings",
    "TuningReport",
    "changed_settings",
    "group_members",
    "missing",
    "toml_text",
    "tune",
]
