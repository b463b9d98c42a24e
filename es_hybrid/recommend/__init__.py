"""What a shop recommends when nobody typed anything: similar, bought together, for you, trending.

Pure: what is asked for, what was found of it, and the search that answers it. It is carried out by
the same stages as any search.
"""

from __future__ import annotations

from es_hybrid.recommend.bought_together import Companion, bought_together
from es_hybrid.recommend.table import BoughtTogetherReport

__all__ = ["BoughtTogetherReport", "Companion", "bought_together"]
