"""What a distributed run keeps in Elasticsearch: batches that are done, and dead letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from es_hybrid._sync.read_index import read_index
from es_hybrid.errors import IngestError
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem, Record
from es_hybrid.readers.ndjson import parse_line
from es_hybrid.scale.batches import from_json, letter_key, to_json

__all__ = ["DEAD_LETTERS", "RUNS", "Ledger", "read_dead_letters"]

RUNS = "es-hybrid-runs"
"""Index of the batches that are done."""
DEAD_LETTERS = "es-hybrid-dead-letters"
"""Index of what could not be stored."""

_LETTERS_AT_ONCE = 500
_KEYWORD = {"type": "keyword"}
_KEPT: Mapping[str, Any] = {"type": "keyword", "index": False, "doc_values": False}


class Ledger:
    """The two indices, for one run.

    Args:
        es: Where; neither changed nor closed.
        run: Name of the run.
        index: What the run writes.
        runs: Name of the index of batches.
        dead_letters: Name of the index of dead letters.

    Example:
        ledger = Ledger(es, run="2026-11-21", index="products")
    """

    def __init__(
        self,
        es: Elasticsearch,
        *,
        run: str,
        index: str,
        runs: str = RUNS,
        dead_letters: str = DEAD_LETTERS,
    ) -> None:
        self._es = es
        self._run = run
        self._index = index
        self._runs = runs
        self._dead_letters = dead_letters

    def create(self) -> None:
        """Make both indices where they are missing."""
        fields = {"run": _KEYWORD, "index": _KEYWORD}
        reason = {"id": _KEYWORD, "reason": {"type": "text"}, "letter": _KEPT}
        for name, own in ((self._runs, {"report": _KEPT}), (self._dead_letters, reason)):
            if self._es.indices.exists(index=name):
                continue
            try:
                self._es.indices.create(
                    index=name,
                    mappings={"dynamic": False, "properties": {**fields, **own}},
                    settings={"number_of_shards": 1, "auto_expand_replicas": "0-1"},
                )
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":
                    raise

    def done(self, key: str) -> IngestReport | None:
        """Return the report of a batch that is done; `None` where it is not."""
        try:
            held = self._es.get(index=self._runs, id=key)
        except NotFoundError:
            return None
        return from_json(orjson.loads(held["_source"]["report"]))

    def finish(self, key: str, report: IngestReport) -> None:
        """Note that a batch is done; its products and its dead letters are stored by then."""
        document = {
            "run": self._run,
            "index": self._index,
            "report": orjson.dumps(to_json(report)).decode("utf-8"),
        }
        self._es.index(index=self._runs, id=key, document=document)

    def keep(self, letters: Path) -> None:
        """Store the lines of a dead-letter file.

        Raises:
            IngestError: Elasticsearch did not take one of them; nothing says that it was kept.
        """
        if not letters.exists():
            return
        lines = letters.read_bytes().splitlines()
        for start in range(0, len(lines), _LETTERS_AT_ONCE):
            operations: list[Mapping[str, Any]] = []
            for line in lines[start : start + _LETTERS_AT_ONCE]:
                letter = orjson.loads(line)["dead_letter"]
                operations.append({"index": {"_id": letter_key(self._run, line)}})
                operations.append(
                    {
                        "run": self._run,
                        "index": self._index,
                        "id": letter["id"],
                        "reason": letter["reason"],
                        "letter": line.decode("utf-8"),
                    }
                )
            answer = self._es.bulk(index=self._dead_letters, operations=operations)
            if answer["errors"]:
                raise IngestError(
                    f"dead letters could not be kept in {self._dead_letters}",
                    hint="run the same again: what is stored is not written twice",
                )


def read_dead_letters(
    es: Elasticsearch, run: str, *, dead_letters: str = DEAD_LETTERS
) -> Iterator[FeedItem]:
    """Yield what a run could not store, as a feed that can be ingested again.

    Args:
        es: Where.
        run: Name of the run.
        dead_letters: Index of dead letters.

    Raises:
        ConfigurationError: There is no such index.

    Example:
        shop.ingest("products", read_dead_letters(es, "2026-11-21"))
    """
    es.indices.refresh(index=dead_letters, ignore_unavailable=True)
    for item in read_index(es, dead_letters, query={"term": {"run": run}}):
        if isinstance(item, Record):
            yield parse_line(item.line, item.product["letter"].encode("utf-8"))
