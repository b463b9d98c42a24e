"""Every record of a chunk is counted once, and the report says what a person should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.actions import STALE, Decision, Step, VectorFields
from es_hybrid.indexing.feed import Chunk, Feed
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.outcomes import (
    DOWN,
    REFUSED,
    Planned,
    Written,
    actions_of,
    settle,
    warnings_of,
)
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.report import MAX_FAILURES_KEPT, Failure, IngestReport, Tally
from es_hybrid.indexing.sources import Preparation, Product, Rejected
from es_hybrid.types import Vector

VECTOR = np.ones(2, dtype=np.float32)
FIELDS = VectorFields("embedding", "m", packed=True)


def product(number: int, *, text: str = "t") -> Product:
    return Product(str(number), number, {"id": number}, b"{}", "d", text, "h" if text else None)


def written(
    rows: Sequence[tuple[Decision, Vector | str | None, str | None]],
    *,
    rejected: int = 0,
    superseded: int = 0,
) -> Written:
    chunk = Chunk(
        tuple(product(number) for number in range(len(rows))),
        tuple(Rejected(Failure(None, n, "broken")) for n in range(rejected)),
        superseded,
    )
    decisions, vectors, reasons = ([row[i] for row in rows] for i in range(3))
    return Written(Planned(chunk, decisions, vectors), reasons)  # type: ignore[arg-type]


def settled(found: Written, *, vectors: bool = True) -> tuple[IngestReport, list[Rejected], Tally]:
    tally, dead = Tally(), list[Rejected]()
    settle(found, tally, vectors=vectors, dead=dead.append)
    return tally.report(elapsed_s=1.0), dead, tally


decisions = st.builds(
    Decision,
    st.sampled_from(Step),
    embed=st.booleans(),
    same=st.booleans(),
    has_vector=st.booleans(),
)


@given(
    st.lists(
        st.tuples(decisions, st.sampled_from([None, DOWN, REFUSED]), st.none() | st.just("400 no")),
        max_size=10,
    ),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_the_numbers_always_add_up(
    rows: list[tuple[Decision, str | None, str | None]], rejected: int, superseded: int
) -> None:
    """Indexed, unchanged and failed are all that was read, and each failure has its dead letter."""
    report, dead, _ = settled(written(rows, rejected=rejected, superseded=superseded))
    assert report.read == report.indexed + report.unchanged + report.stale + report.failed
    assert report.read == len(rows) + rejected + superseded
    assert report.failed == len(dead) == len(report.failures)


@pytest.mark.parametrize(
    ("decision", "vector", "indexed", "without"),
    [
        (Decision(Step.REPLACE, embed=True), VECTOR, 1, 0),
        (Decision(Step.REPLACE, embed=True), DOWN, 1, 1),
        (Decision(Step.REPLACE, embed=True), None, 1, 1),
        (Decision(Step.REPLACE, embed=True, has_vector=True), DOWN, 1, 1),
        (Decision(Step.REPLACE, embed=True, same=True), DOWN, 0, 1),
        (Decision(Step.REPLACE, embed=True, same=True, has_vector=True), DOWN, 0, 0),
        (Decision(Step.KEEP_VECTOR, has_vector=True), None, 1, 0),
        (Decision(Step.UNCHANGED, same=True, has_vector=True), None, 0, 0),
    ],
)
def test_a_product_without_a_vector_is_counted(
    decision: Decision, vector: Vector | str | None, indexed: int, without: int
) -> None:
    """What is stored without a vector is counted, and what kept its old one is not."""
    report, _, _ = settled(written([(decision, vector, None)]))
    assert (report.indexed, report.unchanged) == (indexed, 1 - indexed)
    assert report.without_vector == without


def test_a_vector_that_was_known_is_not_counted_as_made() -> None:
    """Embedded counts calls to a model, reused what they were spared."""
    embed = Decision(Step.REPLACE, embed=True)
    found = written([(embed, VECTOR, None)] * 3)
    found = found._replace(planned=found.planned._replace(reused={1, 2}))
    report, _, _ = settled(found)
    assert (report.embedded, report.reused, report.without_vector) == (1, 2, 0)


def test_a_run_that_goes_on_counts_on() -> None:
    """The numbers of a checkpoint are where the next run begins; new ones are added."""
    tally = Tally.of({"indexed": 7, "failed": 2, "stale": 1})
    tally.fail(Failure("a", 1, "no"))
    assert tally.counts == {
        "indexed": 7,
        "unchanged": 0,
        "stale": 1,
        "failed": 3,
        "without_vector": 0,
        "embedded": 0,
        "reused": 0,
        "deleted": 0,
        "cut_texts": 0,
    }
    report = tally.report(elapsed_s=1.0)
    assert (report.read, report.failures_left_out) == (11, 2)


def test_what_is_stale_is_neither_stored_nor_lost() -> None:
    """Known beforehand or told by the server, a stale record is counted once and is no failure."""
    rows = [(Decision(Step.STALE), None, None), (Decision(Step.REPLACE), VECTOR, STALE)]
    report, dead, _ = settled(written(rows))
    assert (report.read, report.stale, report.indexed, report.failed, dead) == (2, 2, 0, 0, [])
    assert "2 stale" in str(report)


def test_with_a_feed_time_each_write_is_guarded() -> None:
    """Nothing is written by a plain index operation, which would not look at what is there."""
    rows = [
        (Decision(Step.STALE), None, None),
        (Decision(Step.UNCHANGED), None, None),
        (Decision(Step.UNCHANGED, touch=True), None, None),
        (Decision(Step.KEEP_VECTOR, touch=True), None, None),
        (Decision(Step.REPLACE, touch=True), VECTOR, None),
    ]
    found = dict(actions_of(written(rows).planned, FIELDS, feed_time="2026-11-21"))
    assert sorted(found) == [2, 3, 4]
    assert all(action.lines.startswith(b'{"update"') for action in found.values())
    assert [b'"keep":["embedding"' in found[place].lines for place in (2, 3, 4)] == [
        True,
        True,
        False,
    ]


def test_a_failed_embedding_does_not_rewrite_an_equal_product() -> None:
    """With the embedder down, a nightly feed of the same products writes nothing."""
    same = Decision(Step.REPLACE, embed=True, same=True)
    changed = Decision(Step.REPLACE, embed=True)
    found = written([(same, DOWN, None), (changed, DOWN, None)])
    assert [place for place, _ in actions_of(found.planned, FIELDS)] == [1]


def test_actions_follow_the_decisions() -> None:
    """Nothing for the unchanged, an update for what keeps its vector, the whole for the rest."""
    rows = [
        (Decision(Step.UNCHANGED), None, None),
        (Decision(Step.KEEP_VECTOR), None, None),
        (Decision(Step.REPLACE), VECTOR, None),
        (Decision(Step.REPLACE), None, None),
    ]
    found = dict(actions_of(written(rows).planned, FIELDS))
    assert sorted(found) == [1, 2, 3]
    assert found[1].lines.startswith(b'{"update"')
    assert b'"embedding":"' in found[2].lines
    assert b'"embedding"' not in found[3].lines


def test_warnings_name_causes_and_first_products() -> None:
    """The report names what went wrong once, how often and where first; not once a product."""
    down = Decision(Step.REPLACE, embed=True)
    _, _, tally = settled(written([(down, DOWN, None), (down, DOWN, None), (down, None, None)]))
    items = [{"id": "a"}, {"id": "a"}]
    prepare = Preparation(FieldMap(), BudgetedText(ProductText()))
    feed = Feed(items, prepare=prepare, batch=9, max_bytes=999)
    list(feed.segment())
    assert warnings_of(feed, tally, vectors=True, troubles=["the embedder failed: no answer"]) == [
        "the embedder failed: no answer",
        "1 records have an id that came before; the last one counts: a (lines 1 and 2)",
        "2 products: no vector, because the embedder failed; a later run adds it (first: 0)",
        "1 product: no vector, because no embedder is configured (first: 2)",
    ]
    assert "words only" in warnings_of(feed, Tally(), vectors=False, troubles=())[0]


def test_a_report_reads_like_a_sentence() -> None:
    """The report prints its four numbers and the time."""
    report = IngestReport(read=41_902, indexed=41_900, failed=2, elapsed_s=183.2)
    assert str(report) == "41,902 read, 41,900 indexed, 0 unchanged, 2 failed, 183 s"
    assert str(IngestReport(elapsed_s=0.44)).endswith("0.4 s")


def test_a_report_keeps_a_bounded_number_of_failures() -> None:
    """A feed of a million broken lines does not fill the memory."""
    tally = Tally()
    for number in range(MAX_FAILURES_KEPT + 5):
        tally.fail(Failure(None, number, "broken"))
    report = tally.report(elapsed_s=0.0)
    assert len(report.failures) == MAX_FAILURES_KEPT
    assert (report.failed, report.failures_left_out) == (MAX_FAILURES_KEPT + 5, 5)


def test_a_product_without_words_is_noted() -> None:
    """A product that has nothing to embed is told apart from one whose embedding failed."""
    chunk = Chunk((product(1, text=""),))
    found = Written(Planned(chunk, [Decision(Step.REPLACE)], [None]), [None])
    report, _, tally = settled(found)
    assert (report.indexed, report.without_vector) == (1, 1)
    assert tally.notes == {"no vector, because there is no text to embed": 1}
    assert warnings_of(no_feed(), tally, vectors=True, troubles=())[0].startswith("1 product: no")


def test_a_vector_that_was_brought_and_is_unusable_is_noted_once() -> None:
    """The note says what is wrong with the vector, not that nothing made another."""
    item = replace(product(1), note="the vector brought along is zero, NaN or infinite")
    decision = Decision(Step.REPLACE, embed=True)
    _, _, tally = settled(Written(Planned(Chunk((item,)), [decision], [None]), [None]))
    assert list(tally.notes) == [item.note]


def test_a_text_that_was_cut_is_counted_and_said_once() -> None:
    """The report names the setting, how many texts are longer, and the first of them."""
    long = {"id": "a", "title": "Boot", "description": "Dry. " * 400}
    prepare = Preparation(FieldMap(), BudgetedText(ProductText()), model="m", dims=2)
    feed = Feed([long, {"id": "b", "title": "Boot"}], prepare=prepare, batch=9, max_bytes=9999)
    (chunk,) = feed.segment()
    decisions = [Decision(Step.REPLACE, embed=True)] * 2
    report, _, tally = settled(Written(Planned(chunk, decisions, [VECTOR] * 2), [None] * 2))
    assert (report.cut_texts, report.embedded) == (1, 2)
    (warning,) = warnings_of(feed, tally, vectors=True, troubles=())
    assert warning.startswith("1 product: the text is longer than ES_HYBRID_EMBED__MAX_TOKENS")
    assert warning.endswith("(first: a)")


def test_a_lexical_index_misses_no_vector() -> None:
    """Without a vector field nothing is counted as missing."""
    report, _, _ = settled(written([(Decision(Step.REPLACE), None, None)]), vectors=False)
    assert (report.indexed, report.without_vector) == (1, 0)


def no_feed() -> Feed:
    return Feed(
        [], prepare=Preparation(FieldMap(), BudgetedText(ProductText())), batch=1, max_bytes=1
    )
