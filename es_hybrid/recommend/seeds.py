"""The products that a recommendation starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from es_hybrid.types import Json, Vector

__all__ = ["Seed", "mean_vector", "read_seeds", "seeds_body"]


@dataclass(frozen=True, slots=True)
class Seed:
    """A product that a shopper looked at, bought, or put into the cart.

    Attributes:
        id: Its id.
        source: What was fetched of it.
        vector: Its stored vector, shape `(dims,)`; `None` where it has none.
    """

    id: str
    source: Mapping[str, Any] = field(repr=False)
    vector: Vector | None = field(default=None, repr=False)

    def values(self, field: str) -> tuple[str, ...]:
        """Return a field's values as texts; a dotted name may be spelt nested or flat."""
        value: Any = self.source
        if field in self.source:
            value = self.source[field]
        else:
            for part in field.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
        values = value if isinstance(value, (list, tuple)) else [value]
        return tuple(str(one) for one in values if one is not None)


def seeds_body(ids: Sequence[str], *, fields: Sequence[str], vector_field: str | None) -> Json:
    """Return the search that fetches seeds.

    Args:
        ids: Document ids.
        fields: What is wanted of each.
        vector_field: Where its vector is; asked for by `fields`, because Elasticsearch 9.2 and
            newer leave vectors out of `_source`.

    Example:
        >>> seeds_body(["7"], fields=["title"], vector_field=None)["query"]
        {'ids': {'values': ['7']}}
    """
    return {
        "query": {"ids": {"values": list(ids)}},
        "size": len(ids),
        "track_total_hits": False,
        "_source": list(fields),
        **({"fields": [vector_field]} if vector_field else {}),
    }


def read_seeds(
    hits: Sequence[Json], ids: Sequence[str], *, vector_field: str | None
) -> tuple[Seed, ...]:
    """Return the seeds that were found, in the order they were named.

    Args:
        hits: Elasticsearch's.
        ids: As they were asked for.
        vector_field: As it was asked for.
    """
    found = {hit["_id"]: hit for hit in hits}
    return tuple(
        Seed(
            id=id_,
            source=found[id_].get("_source", {}),
            vector=_vector(found[id_].get("fields", {}).get(vector_field)),
        )
        for id_ in dict.fromkeys(ids)
        if id_ in found
    )


def mean_vector(seeds: Sequence[Seed], weights: Sequence[float] | None = None) -> Vector | None:
    """Return the direction between the seeds, of length 1; `None` where none has a vector.

    Args:
        seeds: With or without vectors.
        weights: Of each; all the same unless given.

    Example:
        >>> seeds = [Seed("a", {}, np.array([1, 0])), Seed("b", {}, np.array([0, 1])), Seed("c", {})]
        >>> [round(float(part), 2) for part in mean_vector(seeds)]
        [0.71, 0.71]
    """
    counts = [1.0] * len(seeds) if weights is None else list(weights)
    rows = [
        (seed.vector / max(float(np.linalg.norm(seed.vector)), 1e-12), weight)
        for seed, weight in zip(seeds, counts, strict=True)
        if seed.vector is not None and weight > 0.0
    ]
    if not rows:
        return None
    mean = np.sum([row * weight for row, weight in rows], axis=0)
    length = float(np.linalg.norm(mean))
    return None if length < 1e-9 else np.asarray(mean / length, dtype=np.float32)


def _vector(values: Any) -> Vector | None:
    if not values:
        return None
    found = np.asarray(values, dtype=np.float32)
    # Elasticsearch puts a field's value into a list; a vector is one value.
    return found[0] if found.ndim == 2 else found
