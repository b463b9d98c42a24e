"""Variety by a field, and by vectors."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.policies import Diversity
from es_hybrid.rank.diversity import by_field, pool_size
from es_hybrid.types import Hit


@given(
    st.lists(st.sampled_from(["A", "B", "C", ""]), max_size=20),
    st.lists(st.sampled_from([1.0, 0.9, 0.7, 0.7, 0.1, 0.0]), min_size=20, max_size=20),
    st.sampled_from([0.1, 0.5, 1.0]),
    st.integers(1, 8),
)
def test_each_place_goes_to_the_best_of_what_is_left(
    brands: list[str], scores: list[float], strength: float, first: int
) -> None:
    """What stands above of the same value lowers a product, and ties keep their order."""
    wanted = Diversity("brand", strength, first)
    hits = [
        Hit("i", str(place), fields={"brand": [brand]} if brand else {})
        for place, brand in enumerate(brands)
    ]
    falling = sorted(scores[: len(hits)], reverse=True)
    gains = dict(enumerate(falling[: pool_size(wanted)]))
    expected: list[int] = []
    while gains and len(expected) < first:
        best = min(gains, key=lambda place: (-gains[place], place))
        expected.append(best)
        del gains[best]
        for place in gains:
            gains[place] *= (
                1.0 - strength if brands[best] and brands[place] == brands[best] else 1.0
            )
    found = by_field(range(len(hits)), falling, hits, wanted)
    assert found[: len(expected)] == expected
    assert found[len(expected) :] == [p for p in range(len(hits)) if p not in expected]
