"""Queries and vectors of a benchmark, and the index that is made for it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, load_vectors, read_products
from es_hybrid.evaluate import (
    JudgedQuery,
    Judgments,
    read_judgments,
    read_queries,
    read_query_vectors,
    relevance_threshold,
)
from es_hybrid.types import TextKind, Vector, Vectors

MODEL = "benchmark"
"""Names the vectors' model; no profile is known for it, so that both legs weigh the same."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Files that the caller brought.

    Attributes:
        products: NDJSON or CSV.
        queries: `query_id,query`.
        qrels: `query_id,product_id,grade`, or `None`.
        vectors: `.npz` with vectors of products and queries.
        fields: Field map, such as `brand=supplier`.
        id_field: Source field of the id.
    """

    products: Path
    queries: Path
    qrels: Path | None
    vectors: Path
    fields: str
    id_field: str


@dataclass(frozen=True, slots=True)
class Material:
    """What one part of the benchmark searches with.

    Attributes:
        title: Says what the vectors are.
        dims: Their length.
        queries: Each text once.
        vectors: Query vectors by text.
        judgments: Empty where the vectors mean nothing.
        product_vectors: By product id.
        most: Products that are indexed, at most.
    """

    title: str
    dims: int
    queries: Sequence[JudgedQuery]
    vectors: Mapping[str, Vector]
    product_vectors: Mapping[str, Vector]
    judgments: Judgments = field(default_factory=dict)
    most: int | None = None

    @property
    def texts(self) -> list[str]:
        """The queries' words."""
        return [query.text for query in self.queries]


class Drawn(Mapping[str, Vector]):
    """A random unit vector for any product id, the same one each time."""

    def __init__(self, dims: int) -> None:
        self.dims = dims

    def __getitem__(self, product_id: str) -> Vector:
        return drawn(product_id, self.dims)

    def __contains__(self, product_id: object) -> bool:
        return isinstance(product_id, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return True


def drawn(name: str, dims: int) -> Vector:
    """Return a unit vector that depends on the name alone."""
    seed = list(name.encode())
    vector = np.random.default_rng(seed).standard_normal(dims, dtype=np.float32)
    return vector / np.linalg.norm(vector)


def judged(catalogue: Catalogue) -> Material:
    """Return the catalogue with its own vectors and judgments.

    Queries without a product that is relevant are searched, and left out of the mean.
    """
    by_id = read_query_vectors(catalogue.vectors)
    queries = _once([q for q in read_queries(catalogue.queries) if q.id in by_id])
    vectors = {query.text: by_id[query.id] for query in queries}
    product_vectors = load_vectors(catalogue.vectors)
    return Material(
        title=f"{product_vectors.dims} dims, the catalogue's vectors",
        dims=product_vectors.dims,
        queries=queries,
        vectors=vectors,
        product_vectors=product_vectors,
        judgments=_relevant(read_judgments(catalogue.qrels)) if catalogue.qrels else {},
    )


def synthetic(catalogue: Catalogue, *, dims: int, most: int) -> Material:
    """Return the catalogue's texts with drawn vectors: fit for times and bytes, not for relevance."""
    queries = _once(read_queries(catalogue.queries))
    return Material(
        title=f"{dims} dims, drawn vectors, {most} products at most",
        dims=dims,
        queries=queries,
        vectors={query.text: drawn(query.text, dims) for query in queries},
        product_vectors=Drawn(dims),
        most=most,
    )


def _once(queries: Sequence[JudgedQuery]) -> list[JudgedQuery]:
    return list({query.text: query for query in queries}.values())


def _relevant(judgments: Judgments) -> Judgments:
    least = relevance_threshold(judgments)
    return {query: grades for query, grades in judgments.items() if max(grades.values()) >= least}


class KnownVectors:
    """An embedder that looks vectors up, so that no model is timed."""

    model = MODEL

    def __init__(self, vectors: Mapping[str, Vector]) -> None:
        self._vectors = vectors

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:  # noqa: ARG002
        """Return the vectors that belong to the texts."""
        return np.stack([self._vectors[text] for text in texts])


class AsyncKnownVectors(KnownVectors):
    """The same, awaited."""

    async def embed(  # type: ignore[override]
        self, texts: Sequence[str], *, kind: TextKind, timeout_s: float
    ) -> Vectors:
        """Return the vectors that belong to the texts."""
        return KnownVectors.embed(self, texts, kind=kind, timeout_s=timeout_s)


@dataclass(frozen=True, slots=True)
class Indices:
    """Where a part searches.

    Attributes:
        own: Alias of the index that es_hybrid made.
        peers: Index of the same products and vectors in the layout that vector stores expect.
        count: Products in each.
    """

    own: str
    peers: str
    count: int


@contextmanager
def indexed(es: Elasticsearch, catalogue: Catalogue, material: Material) -> Iterator[Indices]:
    """Make both indices, merged to one segment each, and delete them at the end."""
    own = f"benchmark-{uuid.uuid4().hex[:8]}"
    peers = f"{own}-peers"
    shop = HybridClient(es, settings=Settings())
    made = shop.create_index(own, dims=material.dims, model=MODEL)
    try:
        report = shop.ingest(
            own,
            islice(read_products(catalogue.products), material.most),
            fields=catalogue.fields,
            id_field=catalogue.id_field,
            vectors=material.product_vectors,
            model=MODEL,
        )
        _copy_for_peers(es, made, peers)
        for index in (made, peers):
            es.options(request_timeout=600).indices.forcemerge(index=index, max_num_segments=1)
            es.indices.refresh(index=index)
        yield Indices(own, peers, report.indexed)
    finally:
        es.indices.delete(index=made)
        es.indices.delete(index=peers, ignore_unavailable=True)


_LAYOUT = """
Map from = ctx._source;
Map to = new HashMap();
to.id = from.id;
to.content = from.title + '. ' + (from.brand == null ? '' : from.brand) + '. '
  + (from.description == null ? '' : from.description);
to.metadata = ['id': from.id, 'title': from.title, 'brand': from.brand, 'price': from.price];
to.embedding = from.embedding;
ctx._source = to;
"""


def _copy_for_peers(es: Elasticsearch, made: str, peers: str) -> None:
    """Copy the products as vector stores keep them: one text, one object, one vector."""
    properties = es.indices.get_mapping(index=made)[made]["mappings"]["properties"]
    fields: dict[str, Any] = {
        "id": {"type": "keyword"},
        "content": {"type": "text"},
        "metadata": {"type": "object", "enabled": False},
        "embedding": properties["embedding"],
    }
    es.indices.create(
        index=peers,
        settings={"number_of_shards": 1, "number_of_replicas": 0},
        mappings={"dynamic": False, "properties": fields},
    )
    es.options(request_timeout=600).reindex(
        source={"index": made, "size": 500},
        dest={"index": peers},
        script={"source": _LAYOUT},
        refresh=True,
    )
