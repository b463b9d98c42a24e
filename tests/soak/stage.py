"""Plays one history on a real node, and judges how it ended."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from elasticsearch import ApiError, Elasticsearch, TransportError

from es_hybrid.indexing.reindex.lock import LOCK_INDEX
from tests.soak import driver
from tests.soak.cutting import cutting_proxy
from tests.soak.histories import Document, History
from tests.soak.writers import Ledger, Traffic

_OURS = "embedding"
_RESTART_S = 900.0  # within which a node that is restarted answers, on the busiest machine
MAPPING = {
    "properties": {
        "name": {"type": "text"},
        "price": {"type": "keyword"},
        "stock": {"type": "keyword"},
    }
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a history ended.

    Attributes:
        lost: Products that are not what their writer was told.
        resurrected: Products that are there and should not be.
        failed_reads: What the reader was told in place of an answer.
        problems: What else is wrong.
        ledger: What the writers were told.
        runs: Processes that worked on it, killed ones included.
        reads: Answers that the reader got.
    """

    seed: int
    lost: tuple[str, ...]
    resurrected: tuple[str, ...]
    failed_reads: tuple[str, ...]
    problems: tuple[str, ...]
    ledger: Ledger
    runs: int
    reads: int
    took_s: float

    @property
    def good(self) -> bool:
        """Whether nothing was lost, resurrected or unreadable."""
        return not (self.lost or self.resurrected or self.failed_reads or self.problems)

    def __str__(self) -> str:
        ledger = self.ledger
        return (
            f"seed {self.seed}: {len(self.lost)} lost, {len(self.resurrected)} resurrected,"
            f" {len(self.failed_reads)} failed reads of {self.reads}, {self.runs} runs,"
            f" {ledger.acknowledged} writes, refused {ledger.refused}, {ledger.unknown} unanswered,"
            f" slowest {ledger.slowest_s:.2f} s, {self.took_s:.1f} s"
            + "".join(
                f"\n    {problem}"
                for problem in (
                    *self.problems,
                    *self.lost[:5],
                    *self.resurrected[:5],
                    *self.failed_reads[:3],
                )
            )
        )


def play(history: History, *, url: str, restart: Callable[[], None] | None = None) -> Verdict:
    """Play a history and judge it.

    Args:
        history: What happens.
        url: The node.
        restart: Kills the node and starts it again; needed where the history has a restart.
    """
    alias = f"soak-{uuid4().hex[:10]}"
    began = time.monotonic()
    with Elasticsearch(url, request_timeout=60, max_retries=10, retry_on_timeout=True) as es:
        try:
            ledger = _begin(es, alias, history)
            with Traffic(history, url=url, alias=alias, ledger=ledger) as traffic:
                runs, problems = _act(history, url, alias, traffic, restart)
            lost, resurrected = _compare(es, alias, ledger)
            problems += _stray(es, alias, history)
            return Verdict(
                history.seed,
                tuple(lost),
                tuple(resurrected),
                tuple(traffic.failed_reads),
                tuple(problems),
                ledger,
                runs,
                traffic.reads,
                time.monotonic() - began,
            )
        finally:
            for index in es.indices.get(index=f"{alias}*", expand_wildcards="all").body:
                es.indices.delete(index=index)
            es.options(ignore_status=404).delete(index=LOCK_INDEX, id=alias)


def _begin(es: Elasticsearch, alias: str, history: History) -> Ledger:
    es.indices.create(
        index=f"{alias}-first",
        mappings=MAPPING,
        aliases={alias: {}},
        settings={"number_of_shards": history.shards, "number_of_replicas": 0},
    )
    possible: dict[str, list[Document]] = {}
    operations = []
    for number in range(history.products + 10):
        product = {"name": f"product {number}", "price": f"first-{number}"}
        there = number < history.products
        possible[f"p{number}"] = [product if there else None]
        operations += [{"index": {"_id": f"p{number}"}}, product] if there else []
    es.bulk(index=alias, operations=operations, refresh=True)
    return Ledger(possible)


def _act(
    history: History,
    url: str,
    alias: str,
    traffic: Traffic,
    restart: Callable[[], None] | None,
) -> tuple[int, list[str]]:
    chance = random.Random(f"{history.seed}/act")
    runs, problems = 0, []
    with cutting_proxy(url) as proxy:
        timers = [threading.Timer(after, proxy.cut) for after in history.cuts]
        if history.restart_s is not None and restart is not None:

            def bounce() -> None:
                traffic.away.set()
                restart()
                traffic.away.clear()

            timers.append(threading.Timer(history.restart_s, bounce))
        for timer in timers:
            timer.daemon = True
            timer.start()
        verbs = ["reindex", *(["rollback"] if history.goes_back else [])]
        time.sleep(chance.uniform(0.0, 0.3))
        for first in verbs:
            verb = first
            kills = list(history.kills) if verb == "reindex" else list(history.kills[:1])
            for kill in [*kills, None]:
                runs += 1
                ended = driver.start(
                    proxy.url,
                    alias,
                    verb,
                    embeds=history.embeds,
                    ranges=history.ranges,
                    kill_after=kill,
                )
                if ended != -9:
                    break
                verb = _again(url, alias, verb)
                time.sleep(chance.uniform(0.0, 0.3))
            if ended:
                problems.append(f"{verb} ended with {ended}")
                break
        for timer in timers:
            timer.join()
        time.sleep(chance.uniform(0.0, 0.3))
    return runs, problems


def _again(url: str, alias: str, verb: str) -> str:
    """Return what a person would type after a kill."""
    if verb == "rollback":
        return verb
    with Elasticsearch(url, request_timeout=60, max_retries=0, retry_on_status=()) as es:
        deadline = time.monotonic() + _RESTART_S
        while True:
            try:
                held = es.options(ignore_status=404).get(index=LOCK_INDEX, id=alias)
                break
            except (ApiError, TransportError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
    begun = (held.body.get("_source") or {}).get("status") == "running"
    return "resume" if begun else "reindex"


def _compare(es: Elasticsearch, alias: str, ledger: Ledger) -> tuple[list[str], list[str]]:
    lost, resurrected = [], []
    es.indices.refresh(index=alias)
    found = es.mget(index=alias, ids=list(ledger.possible))["docs"]
    for doc in found:
        actual: Document = None
        if doc["found"]:
            actual = {k: v for k, v in doc["_source"].items() if not k.startswith(_OURS)}
        possible = ledger.possible[doc["_id"]]
        if actual in possible:
            continue
        said = f"{doc['_id']} is {actual}, told {possible}"
        (resurrected if possible == [None] else lost).append(said)
    hits = es.search(index=alias, size=1000, source=False)["hits"]["hits"]
    there = {doc["_id"] for doc in found if doc["found"]}
    if (seen := {hit["_id"] for hit in hits}) != there:
        lost.append(f"searches find {sorted(seen ^ there)} otherwise than gets")
    return lost, resurrected


def _stray(es: Elasticsearch, alias: str, history: History) -> list[str]:
    """Look for what should not be left behind."""
    problems = []
    behind = es.indices.get_alias(name=alias).body
    if len(behind) != 1:
        problems.append(f"the alias is on {sorted(behind)}")
    (index,) = list(behind)[:1]
    if (index == f"{alias}-first") != history.goes_back:
        problems.append(f"the alias is on {index}")
    settings = es.indices.get_settings(index=index)[index]["settings"]["index"]
    if settings.get("blocks") or settings.get("write"):
        problems.append(f"{index} is not open: {settings}")
    if len(es.indices.get(index=f"{alias}*", expand_wildcards="all").body) != 2:
        problems.append("indices are left over")
    return problems
