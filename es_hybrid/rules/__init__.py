"""Business rules: what a merchandiser decides, as one document with versions.

A rule set is boosts, limits, sold-out policy, variety, caps, pins and exclusions. It lives in the
settings, in a request, or in an index, where `es-hybrid rules` and `shop.rules` change it without
a deployment. What each rule means: docs/rules.md.
"""

from __future__ import annotations

from es_hybrid.rules.boosts import ConditionalBoost
from es_hybrid.rules.conditions import Moment, When
from es_hybrid.rules.diff import Change, diff_rules
from es_hybrid.rules.document import RuleSet, parse_rules
from es_hybrid.rules.in_force import InForce, ReadyRules
from es_hybrid.rules.simulation import (
    PageChange,
    PageMetrics,
    Shown,
    Simulation,
    page_change,
    shown_products,
)
from es_hybrid.rules.versions import RulesVersion

__all__ = [
    "Change",
    "ConditionalBoost",
    "InForce",
    "Moment",
    "PageChange",
    "PageMetrics",
    "ReadyRules",
    "RuleSet",
    "RulesVersion",
    "Shown",
    "Simulation",
    "When",
    "diff_rules",
    "page_change",
    "parse_rules",
    "shown_products",
]
