"""What a chunk of products needs: compared with what is stored, and given its vectors."""

from __future__ import annotations

from es_hybrid._async.target import Target
from es_hybrid.indexing.actions import Decision, Step, decide, read_stored
from es_hybrid.indexing.feed import Chunk
from es_hybrid.indexing.feed_times import is_gone
from es_hybrid.indexing.outcomes import Planned
from es_hybrid.types import Vector


async def plan_chunk(chunk: Chunk, target: Target) -> Planned:
    """Compare the products with what is stored."""
    stored = {}
    if target.look_up and chunk.products:
        docs = await target.documents.of(
            [product.id for product in chunk.products],
            includes=["document_hash", "embedding_text_hash", "feed_time"],
        )
        stored = read_stored(docs)
    vectors = target.vector is not None
    times = {"feed_time": target.feed_time, "complete": target.info.meta.complete_feed_time}
    found = [
        Decision(Step.STALE)
        if is_gone(stored.get(p.id), **times)
        else decide(p, stored.get(p.id), vectors=vectors, feed_time=target.feed_time)
        for p in chunk.products
    ]
    return Planned(chunk, found)


async def add_vectors(planned: Planned, target: Target) -> Planned:
    """Add the vectors: those brought along, those that are known, and those of new texts."""
    products = planned.chunk.products
    vectors: list[Vector | str | None] = [product.vector for product in products]
    places = [place for place, decision in enumerate(planned.decisions) if decision.embed]
    if target.texts is None or not places:
        return planned._replace(vectors=vectors)
    wanted = [products[place] for place in places]
    found, known = await target.texts.of(wanted, look_up=target.look_up)
    for place, vector in zip(places, found, strict=True):
        vectors[place] = vector
    reused = {place for place, was_known in zip(places, known, strict=True) if was_known}
    return planned._replace(vectors=vectors, reused=reused)
