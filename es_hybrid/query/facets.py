"""Check that a facet's count is what a shopper gets who clicks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from es_hybrid.query.plan import aggregations_of
from es_hybrid.types import Json


@dataclass(frozen=True, slots=True)
class FacetCheck:
    """One value of a facet, counted and clicked.

    Attributes:
        facet: Name of the aggregation.
        value: The bucket's key.
        count: What the facet says.
        hits: What the search narrowed to the value finds.
        added: How many of these no word of the query matches; they are in no lexical count.
    """

    facet: str
    value: Any
    count: int
    hits: int
    added: int = 0

    @property
    def agrees(self) -> bool:
        """Whether the words alone find as many as the facet says."""
        return self.hits - self.added == self.count


def facet_values(
    arguments: Mapping[str, Any], answer: Mapping[str, Any], *, buckets: int
) -> Iterator[tuple[str, str, Json]]:
    """Yield facet, field and bucket of each top-level `terms` aggregation of an answer.

    Args:
        arguments: As they were given to `search`.
        answer: The body it returned.
        buckets: How many of each facet.
    """
    body = {**(arguments.get("body") or {}), **arguments}
    for name, aggregation in aggregations_of(body).items():
        field = (aggregation.get("terms") or {}).get("field")
        counted = answer.get("aggregations", {}).get(name, {})
        if field is not None:
            for bucket in counted.get("buckets", ())[:buckets]:
                yield name, field, bucket


def narrowed(arguments: Mapping[str, Any], field: str, value: Any) -> Json:
    """Return the arguments of the same search, narrowed to one value and to one hit.

    Example:
        >>> narrowed({"query": {"match_all": {}}}, "brand", "Acme")["query"]["bool"]["filter"]
        [{'term': {'brand': 'Acme'}}]
    """
    body = arguments.get("body")
    holder = body if isinstance(body, Mapping) else arguments
    clause: Json = {"filter": [{"term": {field: value}}]}
    if holder.get("query"):
        clause["must"] = [holder["query"]]
    changed = {**holder, "query": {"bool": clause}, "size": 1}
    for name in ("aggs", "aggregations", "from", "from_"):
        changed.pop(name, None)
    return changed if holder is arguments else {**arguments, "body": changed}
