"""One way to search, as far as it can be tuned, and the settings of all queries together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from es_hybrid.query.kinds import groups_of
from es_hybrid.types import FusionMethod, FusionOptions, Json, Normalizer

__all__ = ["Configuration", "LexicalVariant", "TunedSettings"]


@dataclass(frozen=True, slots=True)
class LexicalVariant:
    """How words are searched; another one needs another retrieval.

    Attributes:
        fields: With their weights, such as `title^3`.
        match_type: Of `multi_match`.
    """

    fields: tuple[str, ...]
    match_type: str = "cross_fields"

    def query(self, text: str) -> Json:
        """Return the query of a shopper's words.

        Example:
            >>> LexicalVariant(("title^2",)).query("shoe")["multi_match"]["type"]
            'cross_fields'
        """
        words: Json = {"query": text, "type": self.match_type}
        return {"multi_match": {**words, **({"fields": list(self.fields)} if self.fields else {})}}

    def __str__(self) -> str:
        return f"{self.match_type} {' '.join(self.fields)}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """One way to search.

    Attributes:
        lexical: How words are searched.
        method: Of fusion.
        normalizer: For a linear fusion.
        k: Rank constant of rrf.
        lexical_weight: The semantic leg has the rest of 1.
        window: Candidates per leg.
        top: Candidates that are reranked.
        blend: Share of the rerank score; 0 reranks nothing.
        boost: Size of the boosts: 0 is none, 1 as they are; a factor is raised to this power.
    """

    lexical: LexicalVariant
    method: str = FusionMethod.LINEAR
    normalizer: Normalizer = Normalizer.ROBUST
    k: int = 60
    lexical_weight: float = 0.5
    window: int = 100
    top: int = 50
    blend: float = 0.0
    boost: float = 1.0

    @property
    def fusion(self) -> FusionOptions:
        """The same, for the fusing functions."""
        return FusionOptions(
            method=self.method,
            normalizer=self.normalizer,
            k=self.k,
            lexical_weight=self.lexical_weight,
            semantic_weight=1.0 - self.lexical_weight,
        )

    @property
    def stages(self) -> tuple[int, int]:
        """Candidates per leg, and candidates that are reranked: what a search's time depends on."""
        return self.window, self.top if self.blend else 0

    @property
    def canonical(self) -> Configuration:
        """The same search, with what makes no difference to it at its plainest."""
        plain: dict[str, Any] = {}
        if self.method != FusionMethod.RRF:
            plain["k"] = 60
        if self.method != FusionMethod.LINEAR:
            plain["normalizer"] = Normalizer.ROBUST
        if not self.blend:
            plain["top"] = 0
        return replace(self, **plain)

    def distance(self, other: Configuration) -> int:
        """Count the parameters in which two configurations differ."""
        return sum(getattr(self, f.name) != getattr(other, f.name) for f in fields(self))

    def to_dict(self) -> Json:
        """Return what a machine reads."""
        named = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "lexical"}
        return {
            "search_fields": list(self.lexical.fields),
            "match_type": self.lexical.match_type,
            **{name: str(v) if isinstance(v, str) else v for name, v in named.items()},
        }


@dataclass(frozen=True, slots=True)
class TunedSettings:
    """What a settings file says: one way to search, and what some kinds of queries have instead.

    Attributes:
        base: Of all queries.
        lexical_weights: By kind or language of queries.
        blends: The same for the share of the rerank score.
    """

    base: Configuration
    lexical_weights: Mapping[str, float] = field(default_factory=dict)
    blends: Mapping[str, float] = field(default_factory=dict)

    def of(self, text: str) -> Configuration:
        """Return how a query is searched; the narrowest group that is named decides.

        Example:
            >>> tuned = TunedSettings(Configuration(LexicalVariant(())), {"zh": 1.0})
            >>> tuned.of("手机壳").lexical_weight, tuned.of("phone case").lexical_weight
            (1.0, 0.5)
        """
        groups = groups_of(text)
        weight = _first(groups, self.lexical_weights, self.base.lexical_weight)
        blend = _first(groups, self.blends, self.base.blend)
        return replace(self.base, lexical_weight=weight, blend=blend).canonical

    def with_group(self, group: str, configuration: Configuration) -> TunedSettings:
        """Return the settings in which a group of queries has another weight and blend."""
        return replace(
            self,
            lexical_weights={**self.lexical_weights, group: configuration.lexical_weight},
            blends={**self.blends, group: configuration.blend},
        )


def _first(groups: Iterable[str], shares: Mapping[str, float], otherwise: float) -> float:
    return next((shares[group] for group in groups if group in shares), otherwise)
