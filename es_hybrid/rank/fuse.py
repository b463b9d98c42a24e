"""Turn the legs' scores and ranks into one score per candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from es_hybrid.errors import ConfigurationError
from es_hybrid.protocols import Fuser
from es_hybrid.rank.normalize import NORMALIZERS, minmax
from es_hybrid.rank.values import attributes
from es_hybrid.types import FUSED_LEGS, FusionMethod, FusionOptions, Hit, LegName, Scores


def linear(hits: Sequence[Hit], options: FusionOptions) -> Scores:
    """Fuse by a weighted sum of normalised scores.

    Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval" (2022),
    arXiv 2210.11934: a convex combination beats reciprocal ranks in and out of domain.

    Args:
        hits: Candidates; a score of `None` counts as 0 after normalising.
        options: Normaliser and weights.

    Returns:
        One score per hit, in order; from 0 to 1 where the weights sum to 1 and scores are normalised.

    Example:
        >>> hits = [Hit("i", "a", lexical_score=4.0, semantic_score=0.6),
        ...         Hit("i", "b", lexical_score=2.0, semantic_score=0.8)]
        >>> linear(hits, FusionOptions(lexical_weight=0.75, semantic_weight=0.25)).tolist()
        [0.75, 0.25]
    """
    normalize = NORMALIZERS[options.normalizer]
    fused = np.zeros(len(hits))
    for leg in FUSED_LEGS:
        weight = options.weight(leg)
        if weight > 0.0:
            fused += weight * normalize(leg_scores(hits, leg))
    return fused


def rrf(hits: Sequence[Hit], options: FusionOptions) -> Scores:
    """Fuse by reciprocal rank, weighted: the sum of `weight / (k + rank)` over the legs.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank
    Learning Methods" (SIGIR 2009). Scaled so that first place in both legs is 1.

    Example:
        >>> rrf([Hit("i", "a", lexical_rank=1, semantic_rank=1)], FusionOptions(k=60)).tolist()
        [1.0]
    """
    total = sum(options.weight(leg) for leg in FUSED_LEGS) or 1.0
    fused = np.zeros(len(hits))
    for leg in FUSED_LEGS:
        ranks = np.array([hit.rank(leg) or np.inf for hit in hits], dtype=np.float64)
        fused += options.weight(leg) / (options.k + ranks)
    return fused * (options.k + 1) / total


FUSERS: Mapping[str, Fuser] = {FusionMethod.LINEAR: linear, FusionMethod.RRF: rrf}
"""The built-in methods by name; plug-ins are added by the client."""


def fuse(
    hits: Sequence[Hit], options: FusionOptions, fusers: Mapping[str, Fuser] = FUSERS
) -> Scores:
    """Return one fused score per candidate, in the order of `hits`.

    A plan that Elasticsearch fused itself keeps its order: its scores are only scaled.

    Raises:
        ConfigurationError: The method is unknown, or a plug-in broke its contract.
    """
    if hits and hits[0].native_score is not None:
        return minmax(_native_scores(hits))
    if all(hit.semantic_score is None for hit in hits):
        return alone(hits)
    fuser = fusers.get(options.method)
    if fuser is None:
        known = ", ".join(sorted(fusers))
        raise ConfigurationError(f"unknown fusion method {options.method}", hint=f"known: {known}")
    scores = np.asarray(fuser(hits, options), dtype=np.float64)
    if scores.shape != (len(hits),) or not np.isfinite(scores).all():
        raise ConfigurationError(
            f"fusion method {options.method} must return one finite score per hit",
            hint=f"{len(hits)} hits went in, shape {scores.shape} came out",
        )
    return scores


def alone(hits: Sequence[Hit]) -> Scores:
    """Return the lexical scores as shares of the best one: with one leg there is nothing to fuse.

    Example:
        >>> alone([Hit("i", "a", lexical_score=8.0), Hit("i", "b", lexical_score=6.0)]).tolist()
        [1.0, 0.75]
    """
    scores = np.nan_to_num(leg_scores(hits, LegName.LEXICAL))
    best = scores.max(initial=0.0)
    return scores / best if best > 0.0 else np.zeros(len(hits))


def leg_scores(hits: Sequence[Hit], leg: LegName) -> Scores:
    """Return one leg's scores, NaN where a hit has none."""
    name = "lexical_score" if leg is LegName.LEXICAL else "semantic_score"
    return attributes(hits, name)


def order_of(scores: Scores) -> list[int]:
    """Return positions, best first; ties keep the candidates' own order."""
    order: list[int] = np.argsort(-scores, kind="stable").tolist()
    return order


def _native_scores(hits: Sequence[Hit]) -> Scores:
    return np.array([hit.native_score or 0.0 for hit in hits], dtype=np.float64)
