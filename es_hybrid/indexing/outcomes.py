"""A chunk on its way through the pipeline, and what came of each of its products."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from es_hybrid.indexing.actions import (
    STALE,
    Action,
    Decision,
    Step,
    VectorFields,
    index_action,
    keep_vector_action,
)
from es_hybrid.indexing.feed import Chunk, Feed
from es_hybrid.indexing.feed_times import guarded_action
from es_hybrid.indexing.report import Failure, IngestReport, Tally
from es_hybrid.indexing.sources import Product, Rejected
from es_hybrid.types import Vector

__all__ = [
    "CUT",
    "DOWN",
    "REFUSED",
    "Planned",
    "Written",
    "actions_of",
    "owes_vectors",
    "settle",
    "warnings_of",
]

REFUSED = "the embedder refuses the text; found by words only"
DOWN = "no vector, because the embedder failed; a later run adds it"
NO_EMBEDDER = "no vector, because no embedder is configured"
NO_TEXT = "no vector, because there is no text to embed"
CUT = (
    "the text is longer than ES_HYBRID_EMBED__MAX_TOKENS; only its beginning, cut at a sentence,"
    " is embedded"
)


class Planned(NamedTuple):
    """A chunk, with what to do for each product, and the vectors or why there is none.

    Attributes:
        chunk: The products.
        decisions: One a product.
        vectors: One a product.
        reused: Places of the products whose vector was not made for them.
    """

    chunk: Chunk
    decisions: Sequence[Decision]
    vectors: Sequence[Vector | str | None] = ()
    reused: Collection[int] = ()


class Written(NamedTuple):
    """A chunk that is done, with one reason per product: `None` where all is well."""

    planned: Planned
    reasons: Sequence[str | None]


def actions_of(
    planned: Planned, vector: VectorFields | None, *, feed_time: str | None = None
) -> Iterator[tuple[int, Action]]:
    """Yield the bulk items of a chunk, each with its product's place.

    Args:
        planned: The chunk.
        vector: How a vector is written; `None` when the index has none.
        feed_time: When the feed was made; then nothing newer is overwritten.
    """
    rows = zip(planned.chunk.products, planned.decisions, planned.vectors, strict=True)
    for place, (product, decision, found) in enumerate(rows):
        step = _step(decision, found)
        if step is Step.STALE or (step is Step.UNCHANGED and not decision.touch):
            continue
        added = None
        if vector is not None and found is not None and not isinstance(found, str):
            added = vector.of(found, text_hash=product.text_hash)
        if feed_time is not None:
            keep = vector.field if vector is not None and added is None else None
            yield place, guarded_action(product, added, keep=keep, feed_time=feed_time)
        elif step is Step.KEEP_VECTOR and vector is not None:
            yield place, keep_vector_action(product, field=vector.field)
        else:
            yield place, index_action(product, added)


def settle(
    written: Written, tally: Tally, *, vectors: bool, dead: Callable[[Rejected], None]
) -> None:
    """Count what came of a chunk.

    Args:
        written: The chunk.
        tally: Counts the run.
        vectors: Whether the index has a vector field.
        dead: Takes each record that was not stored.
    """
    planned, chunk = written.planned, written.planned.chunk
    tally.unchanged += chunk.superseded
    for rejected in chunk.rejected:
        tally.fail(rejected.failure)
        dead(rejected)
    rows = zip(chunk.products, planned.decisions, planned.vectors, written.reasons, strict=True)
    for place, (product, decision, found, reason) in enumerate(rows):
        if decision.step is Step.STALE or reason == STALE:
            tally.stale += 1
            continue
        if reason is not None:
            rejected = Rejected(Failure(product.id, product.line, reason), product.source)
            tally.fail(rejected.failure)
            dead(rejected)
            continue
        if _step(decision, found) is Step.UNCHANGED:
            tally.unchanged += 1
        else:
            tally.indexed += 1
        if vectors:
            _settle_vector(product, decision, found, tally, reused=place in planned.reused)


def warnings_of(feed: Feed, tally: Tally, *, vectors: bool, troubles: Sequence[str]) -> list[str]:
    """Return what a person should know of a run besides the numbers."""
    found = []
    if not vectors:
        found.append("the index has no vector field: products are found by words only")
    found += troubles
    if feed.duplicates:
        examples = ", ".join(
            f"{product_id} (lines {first} and {last})"
            for product_id, first, last in feed.duplicate_lines
        )
        more = ", …" if feed.duplicates > len(feed.duplicate_lines) else ""
        found.append(
            f"{feed.duplicates:,} records have an id that came before; the last one counts: "
            f"{examples}{more}"
        )
    found += [
        f"{count:,} {'product' if count == 1 else 'products'}: {what} "
        f"(first: {tally.first_ids[what]})"
        for what, count in tally.notes.items()
    ]
    return found


def owes_vectors(report: IngestReport) -> bool:
    """Tell whether products lack vectors that the embedder would make later."""
    return any(DOWN in warning for warning in report.warnings)


def _step(decision: Decision, found: Vector | str | None) -> Step:
    """Return what is done: an unchanged product is not written for a vector that failed."""
    missing = found is None or isinstance(found, str)
    return Step.UNCHANGED if decision.embed and decision.same and missing else decision.step


def _settle_vector(
    product: Product,
    decision: Decision,
    found: Vector | str | None,
    tally: Tally,
    *,
    reused: bool,
) -> None:
    if product.note is not None:
        tally.note(product.note, product.id)
    if product.was_cut:
        tally.cut_texts += 1
        tally.note(CUT, product.id)
    if found is not None and not isinstance(found, str):
        tally.embedded += decision.embed and not reused
        tally.reused += reused
        return
    if decision.embed and (found is not None or product.note is None):
        tally.note(found or NO_EMBEDDER, product.id)
    elif not decision.has_vector and not product.text and product.note is None:
        tally.note(NO_TEXT, product.id)
    kept = decision.has_vector and _step(decision, found) is not Step.REPLACE
    tally.without_vector += not kept
