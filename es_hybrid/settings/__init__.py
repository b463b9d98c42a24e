"""Settings: the `ES_HYBRID_*` tree.

Order: explicit argument, environment, defaults. No file is read implicitly;
`Settings.from_file` reads one TOML file. Unknown names are refused with the nearest known one,
because a typo that is ignored is a setting that silently does nothing.
"""

from __future__ import annotations

from es_hybrid.settings.judge import JudgeSettings
from es_hybrid.settings.log import LogSettings
from es_hybrid.settings.look_up import ExperimentSettings, LookUpSettings, RulesSettings
from es_hybrid.settings.recommend import RecommendSettings
from es_hybrid.settings.sections import (
    CacheSettings,
    EmbedSettings,
    IndexSettings,
    IngestSettings,
    RankSettings,
    RerankSettings,
    SearchSettings,
)
from es_hybrid.settings.serve import ServeSettings
from es_hybrid.settings.shoppers import ShopperSettings
from es_hybrid.settings.tree import Settings, known_names, setting_origins

__all__ = [
    "CacheSettings",
    "EmbedSettings",
    "ExperimentSettings",
    "IndexSettings",
    "IngestSettings",
    "JudgeSettings",
    "LogSettings",
    "LookUpSettings",
    "RankSettings",
    "RecommendSettings",
    "RerankSettings",
    "RulesSettings",
    "SearchSettings",
    "ServeSettings",
    "Settings",
    "ShopperSettings",
    "known_names",
    "setting_origins",
]
