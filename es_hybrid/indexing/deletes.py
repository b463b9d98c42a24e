"""What is deleted, and what is not: of a feed that lacks a product, and of a list of ids."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from es_hybrid.errors import ConfigurationError, DeletesRefused
from es_hybrid.indexing.actions import Action
from es_hybrid.indexing.report import Failure
from es_hybrid.types import Json

__all__ = [
    "DeleteReport",
    "Held",
    "check_share",
    "delete_action",
    "highest_request",
    "missing_of",
    "page_request",
    "read_highest",
    "read_page",
    "require_ids",
    "too_many",
]

PAGE = 5000
"""Documents of one page of a scan."""


@dataclass(frozen=True, slots=True)
class DeleteReport:
    """What deleting by id did: `asked = deleted + missing + failed`.

    Attributes:
        asked: Ids, each once.
        deleted: Products that are gone now.
        missing: Ids that no product had.
        failed: Products that could not be deleted.
        elapsed_s: Seconds.
        failures: The first 1,000 of them.

    Example:
        >>> print(DeleteReport(asked=3, deleted=2, missing=1))
        3 asked, 2 deleted, 1 missing, 0 failed, 0.0 s
    """

    asked: int = 0
    deleted: int = 0
    missing: int = 0
    failed: int = 0
    elapsed_s: float = 0.0
    failures: tuple[Failure, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.asked:,} asked, {self.deleted:,} deleted, {self.missing:,} missing, "
            f"{self.failed:,} failed, {self.elapsed_s:.1f} s"
        )


class Held(NamedTuple):
    """A stored document, and which version of it was seen."""

    id: str
    seq_no: int
    primary_term: int
    feed_time: str = ""


def check_share(share: float) -> None:
    """Refuse a share that is none.

    Raises:
        ConfigurationError: It is not from 0 to 1.
    """
    if not 0 <= share <= 1:
        raise ConfigurationError(
            f"max_delete_share is {share}", hint="a share from 0 to 1, such as 0.1 for 10 %"
        )


def delete_action(
    product_id: str, *, held: Held | None = None, routing: str | None = None
) -> Action:
    """Return the bulk item that deletes a product.

    Args:
        product_id: Its `_id`.
        held: As it was seen; then nothing is deleted that was written since.
        routing: Of its own, where it has one.
    """
    head: Json = {"_id": product_id}
    if routing is not None:
        head["routing"] = routing
    if held is not None:
        head |= {"if_seq_no": held.seq_no, "if_primary_term": held.primary_term}
    return Action(product_id, orjson.dumps({"delete": head}, option=orjson.OPT_APPEND_NEWLINE))


def highest_request(shard: int) -> Json:
    """Return the search for the highest sequence number of a shard."""
    return {
        "preference": f"_shards:{shard}",
        "size": 1,
        "sort": [{"_seq_no": "desc"}],
        "source": False,
        "track_total_hits": False,
        "allow_partial_search_results": False,
    }


def read_highest(answer: Mapping[str, Any]) -> int:
    """Return the sequence number of an answer to `highest_request`; -1 for an empty shard."""
    hits = answer["hits"]["hits"]
    return int(hits[0]["sort"][0]) if hits else -1


def page_request(shard: int, *, after: int, upto: int) -> Json:
    """Return the search for the next documents of a shard, in the order of their last change.

    A document that changes meanwhile gets a number beyond `upto`, and is not seen.

    Args:
        shard: Its number.
        after: Sequence number of the last document seen; -1 at the beginning.
        upto: Highest sequence number that counts.
    """
    return {
        "preference": f"_shards:{shard}",
        "size": PAGE,
        "query": {"range": {"_seq_no": {"gt": after, "lte": upto}}},
        "sort": [{"_seq_no": "asc"}],
        "source": ["feed_time"],
        "seq_no_primary_term": True,
        "track_total_hits": False,
        "allow_partial_search_results": False,
    }


def read_page(answer: Mapping[str, Any]) -> list[Held]:
    """Return the documents of an answer to `page_request`."""
    return [
        Held(
            str(hit["_id"]),
            int(hit["_seq_no"]),
            int(hit["_primary_term"]),
            (hit.get("_source") or {}).get("feed_time") or "",
        )
        for hit in answer["hits"]["hits"]
    ]


def missing_of(
    page: Iterable[Held], feed: Container[str], *, feed_time: str | None
) -> Sequence[Held]:
    """Return the documents that a feed lacks, without those that a newer feed has written."""
    return [
        held
        for held in page
        if held.id not in feed and (feed_time is None or held.feed_time <= feed_time)
    ]


def require_ids(unnamed: int) -> None:
    """Refuse to tell what a feed lacks where some of its records have no readable id.

    Raises:
        DeletesRefused: There are some.
    """
    if unnamed:
        raise DeletesRefused(
            f"{unnamed:,} records of the feed have no readable id, so what it lacks is not known",
            hint="nothing was deleted; mend the records and run the whole feed again",
        )


def too_many(missing: int, *, stored: int, share: float) -> str | None:
    """Return why so many are not deleted; `None` where they may be.

    Example:
        >>> too_many(30, stored=100, share=0.1)
        '30 of 100 products (30.0 %) are not in the feed, 10.0 % may be deleted at once'
    """
    if missing <= share * stored:
        return None
    return (
        f"{missing:,} of {stored:,} products ({missing / max(stored, 1):.1%}) are not in the feed, "
        f"{share:.1%} may be deleted at once"
    ).replace("%", " %")
