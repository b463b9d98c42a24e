"""Writers and a reader beside a reindex, and what they were told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from elasticsearch import ApiError, Elasticsearch, TransportError

from tests.soak.histories import Document, History, Kind, Write

_PAUSE_S = 0.01


@dataclass(slots=True)
class Ledger:
    """What every product may be by now, by what its writer was told.

    Attributes:
        possible: The states of each product; more than one where an answer never came.
        acknowledged: Writes that were told to be done.
        refused: Writes that were told not to be done, by status.
        unknown: Writes whose answer never came.
        slowest_s: The longest that an acknowledged write took.
    """

    possible: dict[str, list[Document]]
    acknowledged: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    unknown: int = 0
    slowest_s: float = 0.0

    def note(self, write: Write, status: int, *, took_s: float) -> None:
        """Take note of an answer; status 0 for none."""
        before = self.possible[write.id]
        after = [write.applied(state) for state in before]
        if 200 <= status < 300 or (status == 404 and write.kind is Kind.DELETE):
            self.acknowledged += 1
            self.slowest_s = max(self.slowest_s, took_s)
            self.possible[write.id] = _distinct(after)
        elif status == 404 and None in before:
            self.acknowledged += 1
            self.possible[write.id] = [None]
        elif status in (0, 502, 503, 504, 429):
            self.unknown += 1
            self.possible[write.id] = _distinct([*before, *after])
        else:
            self.refused[status] = self.refused.get(status, 0) + 1


def _distinct(states: list[Document]) -> list[Document]:
    return [state for place, state in enumerate(states) if state not in states[:place]]


class Traffic:
    """Runs the writers and the reader of a history until told to stop."""

    def __init__(self, history: History, *, url: str, alias: str, ledger: Ledger) -> None:
        self.ledger = ledger
        self.failed_reads: list[str] = []
        self.reads = 0
        self.away = threading.Event()  # set while the node is told to be away
        self._url = url
        self._alias = alias
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._write, args=(history.writes(n),), daemon=True)
            for n in range(history.writers)
        ]
        self._threads.append(threading.Thread(target=self._read, daemon=True))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a writer waits for ever"

    def _client(self) -> Elasticsearch:
        return Elasticsearch(self._url, request_timeout=100, max_retries=0, retry_on_status=())

    def _write(self, writes: Iterator[Write]) -> None:
        with self._client() as es:
            for write in writes:
                if self._stop.is_set():
                    return
                began = time.monotonic()
                status = self._send(es, write)
                with self._lock:
                    self.ledger.note(write, status, took_s=time.monotonic() - began)
                time.sleep(_PAUSE_S if status else 0.2)

    def _send(self, es: Elasticsearch, write: Write) -> int:
        try:
            if write.in_bulk:
                answer = es.bulk(index=self._alias, operations=_bulk(write))
                return int(next(iter(answer["items"][0].values()))["status"])
            return _single(es, self._alias, write)
        except ApiError as error:
            return error.status_code
        except TransportError:
            return 0

    def _read(self) -> None:
        with self._client() as es:
            while not self._stop.is_set():
                away = self.away.is_set()
                try:
                    found = es.search(
                        index=self._alias, size=3, query={"match": {"name": "product"}}
                    )
                    complete = not found["_shards"]["failed"] and not found["timed_out"]
                    problem = None if complete else "incomplete"
                except (ApiError, TransportError) as error:
                    problem = repr(error)[:300]
                self.reads += 1
                if problem and not (away or self.away.is_set()):
                    self.failed_reads.append(problem)
                time.sleep(0.03)


def _single(es: Elasticsearch, alias: str, write: Write) -> int:
    match write.kind:
        case Kind.INDEX:
            return es.index(index=alias, id=write.id, document=write.fields).meta.status
        case Kind.DELETE:
            return es.delete(index=alias, id=write.id).meta.status
        case kind:
            upsert = kind is Kind.UPSERT
            return es.update(
                index=alias,
                id=write.id,
                doc=write.fields,
                doc_as_upsert=upsert,
                retry_on_conflict=3,
            ).meta.status


def _bulk(write: Write) -> list[dict[str, Any]]:
    match write.kind:
        case Kind.INDEX:
            return [{"index": {"_id": write.id}}, write.fields]
        case Kind.DELETE:
            return [{"delete": {"_id": write.id}}]
        case kind:
            upsert = kind is Kind.UPSERT
            head = {"update": {"_id": write.id, "retry_on_conflict": 3}}
            return [head, {"doc": write.fields, "doc_as_upsert": upsert}]
