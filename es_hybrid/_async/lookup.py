"""What a chunk of products needs: compared with what is stored, and given its vectors."""

from __future__ import annotations

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.target import Target
from es_hybrid.indexing.actions import decide, read_stored
from es_hybrid.indexing.outcomes import Planned
from es_hybrid.indexing.sources import Chunk
from es_hybrid.types import Vector


async def plan_chunk(es: AsyncElasticsearch, chunk: Chunk, target: Target) -> Planned:
    """Compare the products with what is stored."""
    stored = {}
    if target.look_up and chunk.products:
        answer = await es.mget(
            index=target.info.index,
            ids=[product.id for product in chunk.products],
            source_includes=["document_hash", "embedding_text_hash"],
            filter_path=["docs._id", "docs.found", "docs._source"],
        )
        stored = read_stored(answer.body)
    vectors = target.vector is not None
    found = [decide(p, stored.get(p.id), vectors=vectors) for p in chunk.products]
    return Planned(chunk, found)


async def add_vectors(planned: Planned, target: Target) -> Planned:
    """Add the vectors: those brought along, and those of texts that are new."""
    products = planned.chunk.products
    found: list[Vector | str | None] = [product.vector for product in products]
    places = [place for place, decision in enumerate(planned.decisions) if decision.embed]
    if target.embedder is not None and places:
        made = await target.embedder.of([products[place].text for place in places])
        for place, vector in zip(places, made, strict=True):
            found[place] = vector
    return planned._replace(vectors=found)
