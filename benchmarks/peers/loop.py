"""The child's side of a peer's benchmark: told a lane, it searches every query once and says how long.

Runs in the peer's own environment, so that it imports neither es_hybrid nor anything of its tools.
One JSON object a line: the set-up comes first, then a lane at a time; `null` ends it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

Search = Callable[[str], list[str]]
"""From a query's text to the ids of its page."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the parent sends first.

    Attributes:
        url: Elasticsearch, or the proxy that counts bytes.
        index: In the layout that vector stores expect: `content`, `metadata`, `embedding`.
        own: The shop's own index, with its vectors in `embedding`.
        source: The shop's fields on a page; the first is the text that is searched.
        vectors: Query vectors by query text.
    """

    url: str
    index: str
    own: str
    source: list[str]
    vectors: Mapping[str, list[float]]


def serve(lanes: Callable[[Job], Mapping[str, Search]]) -> None:
    """Answer the parent until it says `null`.

    Args:
        lanes: Makes the searches of a job, by name.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not reach the parent as an answer
    given = json.loads(sys.stdin.readline())
    arrays = np.load(given["vectors"], allow_pickle=False)
    vectors = {
        text: row.tolist()
        for text, row in zip(arrays["texts"].tolist(), arrays["query_vectors"], strict=True)
    }
    places = given["index"], given["own"], given["source"]
    by_way = {way: dict(lanes(Job(given[way], *places, vectors))) for way in ("direct", "counted")}
    _say(answers, list(by_way["direct"]))
    for line in sys.stdin:
        asked = json.loads(line)
        if asked is None:
            return
        search = by_way[asked["way"]][asked["lane"]]
        _say(answers, _round(search, list(vectors), callers=asked["callers"]))


def _round(search: Search, texts: list[str], *, callers: int) -> dict[str, Any]:
    """Search every text once."""

    def one(text: str) -> tuple[list[str], float]:
        start_s = time.perf_counter()
        ids = search(text)
        return ids, (time.perf_counter() - start_s) * 1000

    cpu_s, start_s = time.process_time(), time.perf_counter()
    if callers == 1:
        found = [one(text) for text in texts]
    else:
        with ThreadPoolExecutor(callers) as pool:
            found = list(pool.map(one, texts))
    wall_s = time.perf_counter() - start_s
    return {
        "ms": [ms for _, ms in found],
        "cpu_ms": (time.process_time() - cpu_s) * 1000 / len(texts),
        "per_second": len(texts) / wall_s,
        "pages": {text: ids for text, (ids, _) in zip(texts, found, strict=True)},
    }


def _say(answers: Any, value: Any) -> None:
    answers.write(json.dumps(value) + "\n")
    answers.flush()
