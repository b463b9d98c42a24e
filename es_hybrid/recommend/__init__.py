"""What to ask for when nobody typed anything: similar, bought together, for you, trending. Pure."""

from __future__ import annotations

from es_hybrid.recommend.bought_together import bought_together
from es_hybrid.recommend.seeds import Seed, mean_vector, read_seeds, seeds_body

__all__ = ["Seed", "bought_together", "mean_vector", "read_seeds", "seeds_body"]
