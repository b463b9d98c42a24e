"""A learned ranking: the relevance so far, corrected by what the features of a candidate say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.errors import ConfigurationError
from es_hybrid.rank.features import FEATURES, PRODUCT_FIELDS, PROPERTY_OF, features
from es_hybrid.rank.normalize import minmax
from es_hybrid.rank.trees import Forest, Tree, from_json, to_json
from es_hybrid.types import Correction, Evidence, Json, Scores

__all__ = ["FORMAT", "LearnedModel", "OtherFeatures", "read_model", "standardised"]

FORMAT = 2
"""Version of the file: of its layout, and of what its features mean."""

_ABOVE_NOTHING = 1e-9
_FARTHEST = 3.0
_NO_SPREAD = 1e-12
_TELLING = 1e-6


class OtherFeatures(ConfigurationError):
    """A model was trained on features that this version does not compute."""


@dataclass(frozen=True, slots=True)
class LearnedModel:
    """Weights and trees over the features, added to the relevance that the untrained stages gave.

    A model that knows nothing new says nothing, and the order stays as it was: training on few or
    shallow judgments must not lose what retrieval and reranking know.

    Attributes:
        name: Said in answers and logs, such as `toys-2026-11-21`.
        trees: Corrections by comparisons.
        weights: Corrections by feature; each is multiplied by the feature, standardised within the
            candidates of the query.
        relevance_weight: What the untrained relevance, 0 to 1, counts in the same unit.
        fields: Doc-value field of each product property.
        expects: Features that every query of the training knew; without one of them, the model
            would rank by what it never saw.
        validation: How it did on queries that it had not seen; for people and for the guard.
        digest: Of the content, where it was read from a file; tells two models of one name apart.

    Example:
        >>> from es_hybrid.rank.trees import Split
        >>> from es_hybrid.types import Hit
        >>> rating = FEATURES.index("rating")
        >>> model = LearnedModel("demo", (Tree((Split(rating, 4.0, True, (0, 1)),), (0.0, 2.0)),))
        >>> hits = [Hit("i", "a", fields={"rating": [3.1]}), Hit("i", "b", fields={"rating": [4.9]})]
        >>> evidence = Evidence("shoe", hits, np.ones(2), np.array([0.9, 0.8]))
        >>> model.correct(evidence).relevance.tolist()
        [1e-09, 1.0]
    """

    name: str
    trees: tuple[Tree, ...] = ()
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    relevance_weight: float = 4.0
    fields: Mapping[str, str] = field(default_factory=lambda: PRODUCT_FIELDS)
    expects: tuple[str, ...] = ()
    validation: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""
    _forest: Forest = field(init=False, repr=False, compare=False)
    _used: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not (self.relevance_weight > 0.0 and self.weights.keys() <= set(FEATURES)):
            raise ValueError("weights are of features, and the relevance's is above 0")
        object.__setattr__(self, "_forest", Forest(self.trees))
        split = {FEATURES[each.feature] for tree in self.trees for each in tree.splits}
        used = split.union(name for name, weight in self.weights.items() if weight)
        object.__setattr__(self, "_used", tuple(name for name in FEATURES if name in used))

    @property
    def version(self) -> str:
        """What answers and explanations call it: its name, and what its content comes down to."""
        return f"{self.name}@{self.digest}" if self.digest else self.name

    @property
    def used(self) -> tuple[str, ...]:
        """The features that it goes by, in the order of `FEATURES`."""
        return self._used

    @property
    def needed(self) -> tuple[str, ...]:
        """Those of them that every query of the training knew."""
        return tuple(name for name in self._used if name in self.expects)

    @property
    def reads(self) -> tuple[str, ...]:
        """Doc-value fields that its features are computed from."""
        return tuple(dict.fromkeys(self._fields_of(self._used)))

    @property
    def needs(self) -> tuple[str, ...]:
        """Those of them that an index must have."""
        return tuple(dict.fromkeys(self._fields_of(self.needed)))

    def correct(self, evidence: Evidence) -> Correction:
        """Return the corrected relevance of each candidate.

        Where a needed feature is known of no candidate, it is the untrained relevance.
        """
        rows = features(evidence, fields=self.fields, wanted=self._used)
        lacking = tuple(
            name
            for name in self.needed
            if name not in PROPERTY_OF and np.isnan(rows[:, FEATURES.index(name)]).all()
        )
        if lacking:
            return Correction(rows, evidence.relevance, lacking)
        scaled = self._scaled(rows)
        return Correction(rows, self._corrected(rows, scaled, evidence.relevance), scaled=scaled)

    def of_rows(self, rows: NDArray[np.float64], relevance: Scores) -> Scores:
        """Return the corrected relevance, given the features.

        Args:
            rows: All candidates of one query, shape `(n, 23)`, see `features`.
            relevance: Of the untrained order, 0 to 1, shape `(n,)`.
        """
        return self._corrected(rows, self._scaled(rows), relevance)

    def _corrected(
        self, rows: NDArray[np.float64], scaled: NDArray[np.float64] | None, relevance: Scores
    ) -> Scores:
        weighed = 0.0 if scaled is None else scaled @ np.array(list(self.weights.values()))
        raw = self.relevance_weight * relevance + self._forest.scores(rows) + weighed
        # Boosts multiply what comes out: the worst candidate must still be more than nothing.
        return _ABOVE_NOTHING + (1.0 - _ABOVE_NOTHING) * minmax(np.asarray(raw))

    def contributions(
        self, correction: Correction, positions: Sequence[int]
    ) -> list[Mapping[str, float]]:
        """Return what each feature did to some of the candidates, in units of relevance.

        What a candidate's correction would lose if it had the middle value of the query's
        candidates instead of its own: of a sum of weights exactly its summand, and of trees the
        same question asked of them.

        Args:
            correction: What the model made of all candidates.
            positions: Of which it is told.

        Returns:
            One mapping a position, the largest effect first; features that did nothing are left out.
        """
        if not positions or not self._used:
            return [{} for _ in positions]
        places, names, rows = list(positions), self._used, correction.rows
        middle, at = _middle(rows)
        effect = self._forest.effects(rows[places], middle)
        if correction.scaled is not None:
            weighed = _columns_of(self.weights)
            # What is standardised keeps its order, and so its middle one.
            own, usual = (
                correction.scaled[places],
                correction.scaled[at[weighed], range(len(weighed))],
            )
            effect[weighed] += ((own - usual) * list(self.weights.values())).T
        effect = effect[_columns_of(names)]
        effect /= self.relevance_weight
        size = np.abs(effect)
        most_first = np.argsort(-size, axis=0, kind="stable").T.tolist()
        telling = (size > _TELLING).sum(axis=0).tolist()
        return [
            {names[turn]: each[turn] for turn in turns[:count]}
            for turns, count, each in zip(most_first, telling, effect.T.tolist(), strict=True)
        ]

    def to_dict(self) -> Json:
        """Return the model as JSON, as its file holds it."""
        return {
            "es_hybrid_model": FORMAT,
            "name": self.name,
            "features": list(FEATURES),
            "fields": dict(self.fields),
            "expects": list(self.expects),
            "relevance_weight": self.relevance_weight,
            "weights": dict(self.weights),
            "validation": dict(self.validation),
            "trees": to_json(self.trees),
        }

    def _fields_of(self, names: Sequence[str]) -> Iterator[str]:
        for name in names:
            found = self.fields.get(PROPERTY_OF.get(name, ""))
            if found is not None:
                yield found

    def _scaled(self, rows: NDArray[np.float64]) -> NDArray[np.float64] | None:
        return standardised(rows[:, _columns_of(self.weights)]) if self.weights else None


def standardised(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column less its mean, in standard deviations, cut at 3; 0 for what is not known.

    Args:
        rows: Shape `(n, columns)`.

    Example:
        >>> standardised(np.array([[1.0], [3.0], [np.nan]]))[:, 0].tolist()
        [-1.0, 1.0, 0.0]
    """
    known = ~np.isnan(rows)
    counts = np.maximum(known.sum(axis=0), 1)
    values = np.where(known, rows, 0.0)
    away = np.where(known, values - values.sum(axis=0) / counts, 0.0)
    spread = np.sqrt((away * away).sum(axis=0) / counts)
    scaled = away / np.where(spread > _NO_SPREAD, spread, np.inf)
    return np.clip(scaled, -_FARTHEST, _FARTHEST)


_COLUMNS = {name: column for column, name in enumerate(FEATURES)}


def _columns_of(names: Iterable[str]) -> list[int]:
    return [_COLUMNS[name] for name in names]


def read_model(content: Any, *, source: str = "the model", digest: str = "") -> LearnedModel:
    """Return the model that a file holds.

    Args:
        content: The parsed JSON.
        source: Its name, for the error.
        digest: Of the file.

    Raises:
        OtherFeatures: It is of features that this version does not compute.
        ConfigurationError: It is no model, or damaged.

    Example:
        >>> read_model(LearnedModel("none").to_dict()).name
        'none'
    """
    hint = "train it again with es-hybrid train"
    if not isinstance(content, Mapping) or "es_hybrid_model" not in content:
        raise ConfigurationError(f"{source} is not a ranking model", hint=hint)
    if content["es_hybrid_model"] != FORMAT or content.get("features") != list(FEATURES):
        raise OtherFeatures(f"{source} was trained by another version", hint=hint)
    try:
        weights = {str(name): float(weight) for name, weight in content["weights"].items()}
        return LearnedModel(
            name=str(content["name"]),
            trees=tuple(from_json(content["trees"])),
            weights=weights,
            relevance_weight=float(content["relevance_weight"]),
            fields={str(name): str(found) for name, found in content["fields"].items()},
            expects=tuple(map(str, content["expects"])),
            validation=dict(content.get("validation") or {}),
            digest=digest,
        )
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ConfigurationError(
            f"{source} is damaged: {type(error).__name__}", hint=hint
        ) from None


def _middle(rows: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the middle one of each column's known values, 0 where none is known, and where it is."""
    ordered = np.sort(rows, axis=0)  # NaN comes last
    counts = (~np.isnan(rows)).sum(axis=0)
    found = ordered[np.maximum(counts - 1, 0) // 2, np.arange(rows.shape[1])]
    return np.where(counts > 0, found, 0.0), (rows == found).argmax(axis=0)
