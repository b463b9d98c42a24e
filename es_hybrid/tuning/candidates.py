"""What was retrieved for a query, wide enough to be ranked again in many ways without a search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from es_hybrid.protocols import Boost
from es_hybrid.rank.candidates import merge
from es_hybrid.rank.fuse import fuse, order_of
from es_hybrid.rank.ranking import rank
from es_hybrid.tuning.configuration import Configuration
from es_hybrid.types import BoostContext, Hit, HitKey

__all__ = ["QueryCandidates", "Replay"]

_UNRANKED = math.inf


@dataclass(frozen=True, slots=True)
class QueryCandidates:
    """The candidates of one query and one way to search words.

    Attributes:
        query_id: The judged query.
        text: The shopper's words.
        hits: Each with both exact scores, and its ranks in both lists.
        reranked: The reranker's own scores, by key; none for what it cannot read.
    """

    query_id: str
    text: str
    hits: tuple[Hit, ...]
    reranked: Mapping[HitKey, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Replay:
    """Ranks saved candidates as a search would, by the functions that a search calls.

    Attributes:
        floor: KNN score below which a product that no word matches is left out; `None`: none is.
        boosts: Business boosts by size, where they are tuned; see `Configuration.boost`.
        clamp: Smallest and largest product of all boosts.
        now_s: Seconds since the epoch, for boosts by age.
        depth: Products of a ranking.
    """

    floor: float | None = None
    boosts: Mapping[float, Sequence[Boost]] = field(default_factory=dict)
    clamp: tuple[float, float] = (0.5, 2.0)
    now_s: float = 0.0
    depth: int = 100

    def ranking(self, found: QueryCandidates, configuration: Configuration) -> list[str]:
        """Return product ids, best first.

        A window that is smaller than the one retrieved takes the first of each list. What a smaller
        kNN search would have found is what the larger one found, up to what HNSW overlooks.

        Args:
            found: A query's candidates, retrieved by the configuration's words.
            configuration: How to rank them.

        Example:
            >>> from es_hybrid.tuning.configuration import LexicalVariant
            >>> hits = (Hit("i", "a", 2.0, 0.6, 1, 2), Hit("i", "b", 1.0, 0.9, 2, 1))
            >>> found = QueryCandidates("q1", "shoe", hits)
            >>> only = Configuration(LexicalVariant(()), lexical_weight=0.0)
            >>> Replay().ranking(found, only)
            ['b', 'a']
        """
        window = configuration.window
        lexical = [hit for hit in found.hits if (hit.lexical_rank or _UNRANKED) <= window]
        semantic = [hit for hit in found.hits if (hit.semantic_rank or _UNRANKED) <= window]
        lexical.sort(key=_lexical_rank)
        semantic.sort(key=_semantic_rank)
        codes = [hit for hit in found.hits if hit.code]
        hits = merge(
            [hit._replace(semantic_rank=None, code=False) for hit in lexical],
            [hit._replace(lexical_rank=None, code=False) for hit in semantic],
            codes,
            floor=self.floor,
        )
        fused = fuse(hits, configuration.fusion)
        ranked = rank(
            hits,
            fused,
            self._reranked(found, hits, order_of(fused)[: configuration.stages[1]]),
            rerank_weight=configuration.blend,
            boosts=self.boosts.get(configuration.boost, ()),
            context=BoostContext(now_s=self.now_s, text=found.text),
            clamp=self.clamp,
        )
        return [hits[place].id for place in ranked.order[: self.depth]]

    @staticmethod
    def _reranked(
        found: QueryCandidates, hits: Sequence[Hit], places: Sequence[int]
    ) -> dict[int, float] | None:
        known = found.reranked
        scores = {place: known[hits[place].key] for place in places if hits[place].key in known}
        return scores or None


def _lexical_rank(hit: Hit) -> Any:
    return hit.lexical_rank


def _semantic_rank(hit: Hit) -> Any:
    return hit.semantic_rank
