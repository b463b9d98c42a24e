"""What a feed lacks is told from what it holds, what is newer, and what would be too much."""

from __future__ import annotations

import orjson
import pytest

from es_hybrid.errors import ConfigurationError, DeletesRefused
from es_hybrid.indexing.actions import NOT_FOUND, item_reasons
from es_hybrid.indexing.deletes import (
    DeleteReport,
    Held,
    check_share,
    delete_action,
    highest_request,
    missing_of,
    page_request,
    read_highest,
    read_page,
    require_ids,
    too_many,
)


def test_what_the_feed_lacks_and_no_newer_feed_wrote_is_missing() -> None:
    """An older feed's gaps say nothing of what a newer feed has brought."""
    page = [Held("a", 1, 1), Held("b", 2, 1, "2026-11-21"), Held("c", 3, 1, "2026-11-19")]
    assert [held.id for held in missing_of(page, {"a"}, feed_time=None)] == ["b", "c"]
    assert [held.id for held in missing_of(page, set(), feed_time="2026-11-20")] == ["a", "c"]


@pytest.mark.parametrize(
    ("missing", "stored", "share", "refused"),
    [
        (0, 0, 0.1, False),
        (0, 100, 0.0, False),
        (1, 100, 0.0, True),
        (10, 100, 0.1, False),
        (11, 100, 0.1, True),
        (100, 100, 1.0, False),
    ],
)
def test_a_share_of_the_index_may_go(
    missing: int, stored: int, share: float, refused: bool
) -> None:
    """The limit itself is allowed, one more is not, and the reason names both numbers."""
    reason = too_many(missing, stored=stored, share=share)
    assert (reason is not None) is refused
    if reason is not None:
        assert f"{missing} of {stored} products" in reason


def test_shares_and_unnamed_records_are_checked() -> None:
    """A share in percent by mistake would delete everything; a nameless record may be any."""
    with pytest.raises(ConfigurationError, match=r"max_delete_share is 10"):
        check_share(10)
    with pytest.raises(DeletesRefused, match="2 records"):
        require_ids(2)
    check_share(0)
    require_ids(0)


def test_a_delete_names_the_version_that_was_seen() -> None:
    """Elasticsearch refuses it where the document has changed; that is not tried again."""
    action = delete_action("a", held=Held("a", 7, 2))
    assert orjson.loads(action.lines) == {
        "delete": {"_id": "a", "if_seq_no": 7, "if_primary_term": 2}
    }
    assert orjson.loads(delete_action("a").lines) == {"delete": {"_id": "a"}}
    conflict = {
        "status": 409,
        "error": {"type": "version_conflict_engine_exception", "reason": "x"},
    }
    items = [
        {"delete": {"status": 200, "result": "deleted"}},
        {"delete": {"status": 404, "result": "not_found"}},
        {"delete": conflict},
        {"index": conflict},
        {"delete": {"status": 404, "error": {"type": "index_not_found_exception", "reason": "x"}}},
    ]
    found = item_reasons({"items": items}, 5)
    assert found[:2] == [None, (False, NOT_FOUND)]
    assert [reason[0] for reason in found[2:] if reason] == [False, True, False]


def test_a_scan_stays_below_what_was_there_when_the_run_began() -> None:
    """Pages go on after the last document seen, and never reach later writes."""
    request = page_request(1, after=10, upto=50)
    assert request["preference"] == "_shards:1"
    assert request["query"] == {"range": {"_seq_no": {"gt": 10, "lte": 50}}}
    hit = {"_id": "a", "_seq_no": 12, "_primary_term": 1, "_source": {"feed_time": "2026"}}
    assert read_page({"hits": {"hits": [hit]}}) == [Held("a", 12, 1, "2026")]
    assert read_highest({"hits": {"hits": []}}) == -1
    assert read_highest({"hits": {"hits": [{"sort": [9]}]}}) == 9


def test_a_report_reads_like_a_sentence() -> None:
    """The numbers stand where a person looks for them."""
    report = DeleteReport(asked=1200, deleted=1190, missing=9, failed=1, elapsed_s=1.25)
    assert str(report) == "1,200 asked, 1,190 deleted, 9 missing, 1 failed, 1.2 s"


def test_the_highest_number_of_a_shard_is_asked_of_that_shard() -> None:
    """Sequence numbers count by shard."""
    request = highest_request(2)
    assert (request["preference"], request["size"]) == ("_shards:2", 1)
    assert request["sort"] == [{"_seq_no": "desc"}]
