"""Scores an ensemble of regression trees over all candidates at once.

A tree is not walked. Every comparison of every tree is made for every candidate in one go; each
one that fails rules leaves out, as a mask of bits, and the first leaf that is left is the tree's
(QuickScorer: Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.types import Scores

__all__ = ["MAX_LEAVES", "Forest", "Split", "Tree"]

MAX_LEAVES = 64
"""Leaves of one tree, at most: one bit each."""


@dataclass(frozen=True, slots=True)
class Split:
    """One comparison: `x[feature] <= threshold` goes left.

    Attributes:
        feature: Column.
        threshold: Of the comparison.
        missing_left: Whether NaN goes left.
        left_leaves: The leaves below its left side, as numbers from the left.
    """

    feature: int
    threshold: float
    missing_left: bool
    left_leaves: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree: its comparisons, and its leaves' values from left to right."""

    splits: tuple[Split, ...]
    values: tuple[float, ...]


class Forest:
    """A sum of trees.

    Args:
        trees: At least one, of at most 64 leaves each.

    Raises:
        ValueError: A tree is too large, or has leaves without a comparison that parts them.

    Example:
        >>> stump = Tree((Split(0, 0.5, True, (0, 1)),), (1.0, 3.0))
        >>> Forest([stump]).scores(np.array([[0.2], [0.9], [np.nan]])).tolist()
        [1.0, 3.0, 1.0]
    """

    def __init__(self, trees: Sequence[Tree]) -> None:
        for tree in trees:
            if not 1 <= len(tree.values) <= MAX_LEAVES or len(tree.splits) != len(tree.values) - 1:
                raise ValueError(f"a tree has 1 to {MAX_LEAVES} leaves and a split fewer")
        self._constant = sum(tree.values[0] for tree in trees if not tree.splits)
        grown = [tree for tree in trees if tree.splits]
        # Every tree has as many comparisons; those it lacks leave nothing out. All first ones come
        # first, so that what the comparisons of a tree leave is found by a few long operations.
        self._width = width = max((len(tree.splits) for tree in grown), default=0)
        padded = [_padded(tree.splits, width) for tree in grown]
        splits = [split for turn in zip(*padded, strict=True) for split in turn]
        self._features = np.array([split.feature for split in splits], dtype=np.intp)
        self._thresholds = np.array([split.threshold for split in splits])[:, None]
        self._missing_left = np.array([split.missing_left for split in splits], dtype=bool)[:, None]
        self._bits: Any = next(kind for kind in _WORDS if width < 8 * np.dtype(kind).itemsize)
        all_leaves = np.iinfo(self._bits).max
        masks = [_left_out(split) ^ all_leaves for split in splits]
        self._masks = np.array(masks, dtype=self._bits)[:, None]
        self._values = np.zeros((len(grown), width + 1))
        for row, tree in zip(self._values, grown, strict=True):
            row[: len(tree.values)] = tree.values
        self._first_leaf = np.arange(len(grown))[:, None] * (width + 1)
        feature_of, self._tree_of, asks = _questions(grown, width)
        self._begins = np.flatnonzero(np.diff(feature_of, prepend=-1))
        self._asked_for = feature_of[self._begins]
        self._asks: Any = np.where(asks, all_leaves, 0).astype(self._bits)
        self._asks_not: Any = ~self._asks

    def scores(self, rows: NDArray[np.float64]) -> Scores:
        """Return the sum of all trees for each row.

        Args:
            rows: Shape `(n, features)`; NaN is "not known".

        Returns:
            Shape `(n,)`.
        """
        if not len(self._values) or not len(rows):
            return np.full(len(rows), float(self._constant))
        found = self._found(np.bitwise_and.reduce(self._kept(rows), axis=0))
        return np.asarray(found.sum(axis=0) + self._constant)

    def effects(self, rows: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what each feature does to each row's score: with its own value, less with another.

        Only a tree that asks for a feature is asked again, and of its comparisons only those.

        Args:
            rows: Shape `(n, features)`; NaN is "not known".
            other: The value that each feature has instead, shape `(features,)`.

        Returns:
            Shape `(features, n)`.

        Example:
            >>> stump = Tree((Split(0, 0.5, True, (0, 1)),), (1.0, 3.0))
            >>> Forest([stump]).effects(np.array([[0.2, 0.0], [0.9, 0.0]]), np.array([0.2, 0.0])).tolist()
            [[0.0, 2.0], [0.0, 0.0]]
        """
        effects = np.zeros((rows.shape[1], len(rows)))
        if not len(self._values) or not len(rows):
            return effects
        kept, instead = self._kept(rows), self._kept(other[None])
        others = np.bitwise_and.reduce(kept.take(self._tree_of, axis=1) | self._asks, axis=0)
        asked = np.bitwise_and.reduce(instead.take(self._tree_of, axis=1) | self._asks_not, axis=0)
        found = self._found(np.bitwise_and.reduce(kept, axis=0)).take(self._tree_of, axis=0)
        found -= self._values.take(self._first_leaf[self._tree_of] + _lowest(others & asked))
        effects[self._asked_for] = np.add.reduceat(found, self._begins)
        return effects

    def _found(self, alive: Any) -> NDArray[np.float64]:
        """Return each tree's value for each row, given the leaves that are left."""
        return self._values.take(self._first_leaf + _lowest(alive))

    def _kept(self, rows: NDArray[np.float64]) -> Any:
        """Return the leaves that each comparison leaves, as bits, shape `(width, trees, n)`."""
        # Candidates last: each comparison reads one stretch of memory.
        columns = np.ascontiguousarray(rows.T)
        left = columns.take(self._features, axis=0) <= self._thresholds
        missing = np.isnan(columns)
        if missing.any():
            left |= missing.take(self._features, axis=0) & self._missing_left
        # All bits where the row goes left, the mask alone where it goes right.
        kept = self._masks | np.negative(left.astype(self._bits))
        return kept.reshape(self._width, -1, len(rows))


_WORDS = (np.uint8, np.uint16, np.uint32, np.uint64)
_NO_SPLIT = Split(0, 0.0, missing_left=True, left_leaves=(0, 0))


def _questions(trees: Sequence[Tree], width: int) -> tuple[Any, Any, Any]:
    """Return all pairs of a feature and a tree that asks for it, by feature.

    Returns:
        The features and the trees, shape `(pairs,)`, and which of a tree's comparisons are of the
        feature, shape `(width, pairs, 1)`.
    """
    pairs = sorted({(s.feature, place) for place, tree in enumerate(trees) for s in tree.splits})
    asks = np.zeros((width, len(pairs), 1), dtype=bool)
    for pair, (feature, place) in enumerate(pairs):
        splits = trees[place].splits
        asks[: len(splits), pair, 0] = [split.feature == feature for split in splits]
    features, places = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return features, places, asks


def _lowest(bits: Any) -> NDArray[np.intp]:
    """Return the number of the lowest bit that is set."""
    lowest = bits & (~bits + bits.dtype.type(1))
    # A power of two up to 2^63 is exact as a float, so its exponent is the leaf's number.
    leaves: NDArray[np.intp] = np.frexp(lowest.astype(np.float64))[1] - 1
    return leaves


def _padded(splits: Sequence[Split], width: int) -> list[Split]:
    return [*splits, *[_NO_SPLIT] * (width - len(splits))]


def _left_out(split: Split) -> int:
    """Return, as bits, the leaves that a row cannot reach once it goes right here."""
    first, end = split.left_leaves
    return ((1 << (end - first)) - 1) << first


def to_json(trees: Sequence[Tree]) -> list[dict[str, Any]]:
    """Return trees as JSON.

    Example:
        >>> to_json([Tree((), (1.0,))])
        [{'splits': [], 'values': [1.0]}]
    """
    return [
        {
            "splits": [
                [s.feature, s.threshold, s.missing_left, *s.left_leaves] for s in tree.splits
            ],
            "values": list(tree.values),
        }
        for tree in trees
    ]


def from_json(trees: Sequence[Mapping[str, Any]]) -> list[Tree]:
    """Return the trees that `to_json` wrote.

    Raises:
        KeyError, TypeError, ValueError: They were not.

    Example:
        >>> from_json([{"splits": [[0, 0.5, True, 0, 1]], "values": [1.0, 3.0]}])[0].values
        (1.0, 3.0)
    """
    return [
        Tree(
            tuple(
                Split(int(feature), float(threshold), bool(missing), (int(first), int(end)))
                for feature, threshold, missing, first, end in tree["splits"]
            ),
            tuple(map(float, tree["values"])),
        )
        for tree in trees
    ]
