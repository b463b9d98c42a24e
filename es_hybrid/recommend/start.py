"""The search for what a recommendation starts from: products, orders, and who it is for.

A shopper who is kept in an index comes with the same answer. Which products they know is not known
before, so Elasticsearch looks that up itself, by a terms query that names the shopper's document
(elastic.co, "Terms query", "Terms lookup"). It reads that document in real time, while the search sees
it as of the last refresh: a product that only the former knows was looked at just now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from es_hybrid.kept_shoppers import KeptShopper, together
from es_hybrid.rank.personal import Event, Shopper
from es_hybrid.recommend.request import RecommendRequest
from es_hybrid.recommend.seeds import Seed, read_seeds, seeds_body
from es_hybrid.recommend.table import read_rows, table_of
from es_hybrid.types import Json, Recommended

__all__ = ["Start", "Started", "read_start", "start_of"]


@dataclass(frozen=True, slots=True)
class Start:
    """One search.

    Attributes:
        index: Names that are searched.
        body: The request's.
        ids: Products to start from, as far as the request knows them.
        table: Of what was bought together; `None`: nobody asks.
        vector_field: Of the products; `None`: they have none.
        shopper: Whose document is wanted, too.
    """

    index: str
    body: Json = field(repr=False)
    ids: tuple[str, ...] = field(repr=False)
    table: str | None
    vector_field: str | None
    shopper: KeptShopper | None


@dataclass(frozen=True, slots=True)
class Started:
    """What was found.

    Attributes:
        request: With what is kept of its shopper.
        seeds: Products to start from.
        rows: Strengths of companions, by product in the cart.
    """

    request: RecommendRequest
    seeds: tuple[Seed, ...] = field(default=(), repr=False)
    rows: Mapping[str, Mapping[str, float]] = field(default_factory=dict, repr=False)


def start_of(
    request: RecommendRequest,
    *,
    fields: Sequence[str],
    vector_field: str | None,
    now_s: float,
    shopper: KeptShopper | None = None,
) -> Start:
    """Return the search; of size 0 where there is nothing to start from.

    Args:
        request: What was asked for.
        fields: What is wanted of each product.
        vector_field: Where its vector is.
        now_s: Seconds since the epoch.
        shopper: Whose document is fetched, too.

    Example:
        >>> from es_hybrid.recommend.request import read_recommend
        >>> request = read_recommend("products", like="p1")
        >>> start_of(request, fields=["title"], vector_field=None, now_s=0.0).body["query"]
        {'ids': {'values': ['p1']}}
    """
    ids = _ids(request, now_s=now_s)
    table = table_of(request.index) if request.asked is Recommended.BOUGHT_TOGETHER else None
    indices, size = [request.index], len(ids)
    wanted = [*ids]
    if table is not None:
        indices.append(table)
        size *= 2
        fields = [*fields, "with"]
    if shopper is not None:
        indices.append(shopper.settings.index)
        wanted.append(shopper.key)
        size += 1
        fields = [*fields, *shopper.fields]
    body = seeds_body(wanted, fields=fields, vector_field=vector_field) | {"size": size}
    if shopper is not None and request.asked is Recommended.FOR_YOU:
        body["size"] += shopper.settings.most_events
        body["query"] = {"bool": {"should": [body["query"], shopper.products_query]}}
    return Start(
        index=",".join(indices),
        body=body,
        ids=ids,
        table=table,
        vector_field=vector_field,
        shopper=shopper,
    )


def read_start(
    start: Start, hits: Sequence[Json], request: RecommendRequest, *, now_s: float
) -> Started:
    """Return what the search found.

    Args:
        start: What was sent.
        hits: Elasticsearch's.
        request: What was asked for.
        now_s: Seconds since the epoch.
    """
    table, shopper, ids = start.table, start.shopper, start.ids
    rows = {} if table is None else read_rows(hits, table=table)
    own = [hit for hit in hits if table is None or not hit["_index"].startswith(table)]
    if shopper is not None:
        document: Json = next((hit["_source"] for hit in own if hit["_id"] == shopper.key), {})
        own = [hit for hit in own if hit["_id"] != shopper.key]
        stored = shopper.read(document, now_s=now_s)
        if request.asked is Recommended.FOR_YOU and not stored.opted_out:
            told = {*_product_ids(document), *ids}
            late = (hit["_id"] for hit in own if hit["_id"] not in told)
            stored = _with_views(stored, late, now_s=now_s)
        request = replace(request, shopper=together(stored, request.shopper or Shopper()))
        ids = _ids(request, now_s=now_s)
    return Started(request, read_seeds(own, ids, vector_field=start.vector_field), rows)


def _ids(request: RecommendRequest, *, now_s: float) -> tuple[str, ...]:
    for_you = request.asked is Recommended.FOR_YOU
    return request.past_ids(now_s=now_s) if for_you else request.ids


def _product_ids(document: Mapping[str, Any]) -> Iterable[str]:
    events = document.get("events", ())
    return (event.get("product_id", "") for event in events if isinstance(event, Mapping))


def _with_views(shopper: Shopper, ids: Iterable[str], *, now_s: float) -> Shopper:
    views = tuple(Event("view", product_id=id_, at_s=now_s) for id_ in ids)
    return replace(shopper, events=(*views, *shopper.events))
