"""Reindexes in a process of its own, which kills itself at a sign of progress."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, ReindexProgress, Settings
from es_hybrid.indexing.reindex import changes
from es_hybrid.settings import IngestSettings
from es_hybrid.testing import HashEmbedder

DIMS = 16
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.soak.driver"])


def killer(after: int | None) -> Callable[[ReindexProgress], None]:
    """Return what kills this process, without a chance to clean up, after so many calls."""
    seen = 0

    def tell(_progress: ReindexProgress) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


def run(
    url: str, alias: str, verb: str, *, embeds: bool, ranges: int, kill_after: int | None
) -> None:
    """Do one verb; the exit code of the process says how it went."""
    changes._BUCKETS = ranges  # wide ranges, as an index of millions has them
    settings = Settings(ingest=IngestSettings(batch=20, timeout_s=10))
    embedder = HashEmbedder(DIMS) if embeds else None
    with (
        Elasticsearch(url, request_timeout=30) as es,
        HybridClient(es, settings=settings, embedder=embedder) as shop,
    ):
        tell = killer(kill_after)
        match verb:
            case "reindex":
                shop.reindex(shop.plan_reindex(alias), on_progress=tell)
            case "resume":
                shop.reindex(alias, resume=True, on_progress=tell)
            case "rollback":
                shop.rollback(alias, on_progress=tell)


def start(url: str, alias: str, verb: str, **options: Any) -> int:
    """Run a verb in a new process and return how it ended: 0, or -9 where it was killed."""
    process = _PROCESSES.Process(target=run, args=(url, alias, verb), kwargs=options)
    process.start()
    process.join(timeout=1200)  # a restart of the node may take minutes, and is waited for
    if process.is_alive():
        process.kill()
        process.join()
        print(f"{verb} of {alias} hung", file=sys.stderr)
        return 1
    return process.exitcode or 0
