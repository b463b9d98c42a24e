"""A learned ranking: the relevance so far, corrected by what the features of a candidate say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.errors import ConfigurationError
from es_hybrid.rank.features import FEATURES, PRODUCT_FIELDS, Evidence, features
from es_hybrid.rank.normalize import minmax
from es_hybrid.rank.trees import Forest, Tree, from_json, to_json
from es_hybrid.types import Json, Scores

__all__ = ["FORMAT", "LearnedModel", "read_model"]

FORMAT = 1
"""Version of the file's layout."""

_ABOVE_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """Trees over the features, added to the relevance that the untrained stages gave.

    A model that knows nothing new says nothing, and the order stays as it was: training on few or
    shallow judgments must not lose what retrieval and reranking know.

    Attributes:
        name: Said in answers and logs, such as `toys-2026-11-21`.
        trees: The corrections.
        relevance_weight: What the untrained relevance, 0 to 1, counts in the trees' unit.
        fields: Doc-value field of each product property.
        validation: How it did on queries that it had not seen; for people and for the guard.

    Example:
        >>> from es_hybrid.rank.trees import Split
        >>> from es_hybrid.types import Hit
        >>> rating = FEATURES.index("rating")
        >>> model = LearnedModel("demo", (Tree((Split(rating, 4.0, True, (0, 1)),), (0.0, 2.0)),))
        >>> hits = [Hit("i", "a", fields={"rating": [3.1]}), Hit("i", "b", fields={"rating": [4.9]})]
        >>> model.relevance(Evidence("shoe", hits, np.ones(2), np.array([0.9, 0.8]))).tolist()
        [1e-09, 1.0]
    """

    name: str
    trees: tuple[Tree, ...]
    relevance_weight: float = 4.0
    fields: Mapping[str, str] = field(default_factory=lambda: PRODUCT_FIELDS)
    validation: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    _forest: Forest = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_forest", Forest(self.trees))

    def relevance(self, evidence: Evidence) -> Scores:
        """Return the corrected relevance of each candidate, above 0 and up to 1, shape `(n,)`."""
        return self.of_rows(features(evidence, fields=self.fields), evidence.relevance)

    def of_rows(self, rows: NDArray[np.float64], relevance: Scores) -> Scores:
        """Return the corrected relevance, given the features.

        Args:
            rows: Shape `(n, 23)`, see `features`.
            relevance: Of the untrained order, 0 to 1, shape `(n,)`.
        """
        raw = self.relevance_weight * relevance + self._forest.scores(rows)
        # Boosts multiply what comes out: the worst candidate must still be more than nothing.
        return _ABOVE_NOTHING + (1.0 - _ABOVE_NOTHING) * minmax(np.asarray(raw))

    def to_dict(self) -> Json:
        """Return the model as JSON, as its file holds it."""
        return {
            "es_hybrid_model": FORMAT,
            "name": self.name,
            "features": list(FEATURES),
            "fields": dict(self.fields),
            "relevance_weight": self.relevance_weight,
            "validation": dict(self.validation),
            "trees": to_json(self.trees),
        }


def read_model(content: Any, *, source: str = "the model") -> LearnedModel:
    """Return the model that a file holds.

    Args:
        content: The parsed JSON.
        source: Its name, for the error.

    Raises:
        ConfigurationError: It is no model, or of features that this version does not compute.

    Example:
        >>> read_model(LearnedModel("none", ()).to_dict()).name
        'none'
    """
    hint = "train it again with es-hybrid train"
    if not isinstance(content, Mapping) or content.get("es_hybrid_model") != FORMAT:
        raise ConfigurationError(f"{source} is not a ranking model of this version", hint=hint)
    if content.get("features") != list(FEATURES):
        raise ConfigurationError(f"{source} was trained on other features", hint=hint)
    try:
        return LearnedModel(
            name=str(content["name"]),
            trees=tuple(from_json(content["trees"])),
            relevance_weight=float(content["relevance_weight"]),
            fields={str(name): str(found) for name, found in content["fields"].items()},
            validation=dict(content.get("validation") or {}),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"{source} is damaged: {type(error).__name__}", hint=hint
        ) from None
