"""Scoring an ensemble of trees."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.rank.trees import MAX_LEAVES, Forest, Split, Tree, from_json, to_json

FEATURES = 3


def walked(tree: Tree, row: list[float]) -> float:
    """Score one row by going from the root down, as the trees are drawn."""

    def leaf(first: int, end: int) -> int:
        if end - first == 1:
            return first
        split = next(s for s in tree.splits if s.left_leaves[0] == first and _root(s, first, end))
        value = row[split.feature]
        left = split.missing_left if math.isnan(value) else value <= split.threshold
        return leaf(first, split.left_leaves[1]) if left else leaf(split.left_leaves[1], end)

    def _root(split: Split, first: int, end: int) -> bool:
        inside = [s for s in tree.splits if first <= s.left_leaves[0] and s.left_leaves[1] < end]
        return split == max(
            (s for s in inside if s.left_leaves[0] == first), key=lambda s: s.left_leaves[1]
        )

    return tree.values[leaf(0, len(tree.values))]


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Grow a tree of any shape, its leaves numbered from left to right."""
    splits: list[Split] = []
    leaves = draw(st.integers(1, 20))

    def grow(first: int, end: int) -> None:
        if end - first == 1:
            return
        cut = draw(st.integers(first + 1, end - 1))
        splits.append(
            Split(
                draw(st.integers(0, FEATURES - 1)),
                draw(st.sampled_from([-1.0, 0.0, 0.5, 2.0])),
                draw(st.booleans()),
                (first, cut),
            )
        )
        grow(first, cut)
        grow(cut, end)

    grow(0, leaves)
    return Tree(tuple(splits), tuple(float(n + 1) for n in range(leaves)))


ROWS = st.lists(
    st.lists(
        st.sampled_from([-2.0, -1.0, 0.0, 0.3, 0.5, 1.0, 2.0, 9.0, math.nan]),
        min_size=FEATURES,
        max_size=FEATURES,
    ),
    min_size=1,
    max_size=8,
)


@given(st.lists(trees(), min_size=1, max_size=5), ROWS)
def test_equals_walking_every_tree(grown: list[Tree], rows: list[list[float]]) -> None:
    """All candidates get the scores that walking each tree from its root gives, NaN included."""
    expected = [sum(walked(tree, row) for tree in grown) for row in rows]
    assert Forest(grown).scores(np.array(rows)).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("leaves", [15, 16, 17, 31, 33, 63, 64])
def test_every_leaf_of_a_wide_tree_is_found(leaves: int) -> None:
    """The last leaf of a tree that fills its word of bits is as good as the first."""
    splits = tuple(Split(0, float(n), True, (n, n + 1)) for n in range(leaves - 1))
    forest = Forest([Tree(splits, tuple(map(float, range(leaves))))])
    rows = np.arange(leaves, dtype=np.float64)[:, None]
    assert forest.scores(rows).tolist() == list(range(leaves))


def test_no_tree_and_no_row() -> None:
    """A model without trees corrects nothing, and no candidate is no score."""
    assert Forest([]).scores(np.zeros((2, 3))).tolist() == [0.0, 0.0]
    stump = Tree((Split(0, 0.0, True, (0, 1)),), (1.0, 2.0))
    assert Forest([stump]).scores(np.zeros((0, 3))).shape == (0,)


def test_refuses_a_tree_that_does_not_fit() -> None:
    """A tree of too many leaves, or with a leaf that no split parts, is refused when loaded."""
    wide = Tree(tuple(Split(0, 0.0, True, (n, n + 1)) for n in range(MAX_LEAVES)), (0.0,) * 65)
    for tree in (wide, Tree((), (1.0, 2.0))):
        with pytest.raises(ValueError, match="leaves"):
            Forest([tree])


@given(st.lists(trees(), max_size=3))
def test_a_file_holds_trees_unchanged(grown: list[Tree]) -> None:
    """What is written and read again is the same model."""
    assert from_json(to_json(grown)) == grown


@given(st.lists(trees(), min_size=1, max_size=5), ROWS, ROWS)
def test_effects_are_what_another_value_of_one_feature_changes(
    grown: list[Tree], rows: list[list[float]], others: list[list[float]]
) -> None:
    """A feature's effect is the score less that of the same row with the other value in its place."""
    forest, own, other = Forest(grown), np.array(rows), np.array(others[0])
    effects = forest.effects(own, other)
    for feature in range(FEATURES):
        swapped = own.copy()
        swapped[:, feature] = other[feature]
        expected = forest.scores(own) - forest.scores(swapped)
        assert effects[feature].tolist() == pytest.approx(expected.tolist())
