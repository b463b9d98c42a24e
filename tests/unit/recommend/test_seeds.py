"""The products that a recommendation starts from."""

from __future__ import annotations

import numpy as np
import pytest

from es_hybrid.recommend.seeds import Seed, mean_vector, read_seeds, seeds_body

HITS = [
    {"_id": "b", "_source": {"title": "Lamp"}, "fields": {"embedding": [0.0, 2.0]}},
    {"_id": "a", "_source": {"brand": {"name": "Acme"}}, "fields": {"embedding": [[1.0, 0.0]]}},
]


def test_seeds_come_in_the_order_they_were_named() -> None:
    """A deleted product is left out, and one that was named twice comes once."""
    seeds = read_seeds(HITS, ["a", "gone", "b", "a"], vector_field="embedding")
    assert [seed.id for seed in seeds] == ["a", "b"]
    assert seeds[0].vector is not None
    assert seeds[0].vector.tolist() == [1.0, 0.0]


def test_vectors_are_asked_for_by_fields() -> None:
    """Not by `_source`, where newer servers leave them out."""
    body = seeds_body(["a"], fields=["title"], vector_field="embedding")
    assert body["fields"] == ["embedding"]
    assert body["_source"] == ["title"]


def test_a_long_vector_does_not_outweigh_a_short_one() -> None:
    """Directions are averaged, by weight, whatever the stored lengths."""
    seeds = read_seeds(HITS, ["a", "b"], vector_field="embedding")
    mean = mean_vector(seeds)
    assert mean is not None
    assert mean.tolist() == pytest.approx([0.7071, 0.7071], abs=1e-4)
    weighed = mean_vector(seeds, [3.0, 1.0])
    assert weighed is not None
    assert weighed[0] > weighed[1]
    assert np.linalg.norm(weighed) == pytest.approx(1.0)


def test_no_direction() -> None:
    """Seeds without vectors, or that point against each other, have none."""
    assert mean_vector([Seed("a", {})]) is None
    against = [Seed("a", {}, np.array([1.0, 0.0])), Seed("b", {}, np.array([-1.0, 0.0]))]
    assert mean_vector(against) is None


def test_values_are_texts() -> None:
    """A nested or flat name, one value or several, or none."""
    (seed,) = read_seeds(HITS[1:], ["a"], vector_field=None)
    assert seed.values("brand.name") == ("Acme",)
    assert seed.values("missing.name") == ()
    assert Seed("x", {"a.b": [1, None, 2]}).values("a.b") == ("1", "2")
