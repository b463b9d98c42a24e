"""Settings: the `ES_HYBRID_*` tree.

Order: explicit argument, environment, defaults. No file is read implicitly;
`Settings.from_file` reads one TOML file. Unknown names are refused with the nearest known one,
because a typo that is ignored is a setting that silently does nothing.
"""

from __future__ import annotations

from es_hybrid.settings.sections import (
    CacheSettings,
    EmbedSettings,
    IndexSettings,
    IngestSettings,
    RecommendSettings,
    RerankSettings,
    RulesSettings,
    SearchSettings,
)
from es_hybrid.settings.tree import Settings, known_names

__all__ = [
    "CacheSettings",
    "EmbedSettings",
    "IndexSettings",
    "IngestSettings",
    "RecommendSettings",
    "RerankSettings",
    "RulesSettings",
    "SearchSettings",
    "Settings",
    "known_names",
]
