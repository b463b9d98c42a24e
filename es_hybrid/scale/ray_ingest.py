"""Runs read, embed and write on Ray Data; Ray comes with the extra `ray`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import orjson
from elasticsearch import Elasticsearch

from es_hybrid._sync.client import HybridClient
from es_hybrid.errors import ConfigurationError, HybridError, IngestError, missing_extra
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.outcomes import owes_vectors
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.protocols import Embedder
from es_hybrid.readers.parquet import arrow_items
from es_hybrid.scale.batches import batch_key, from_json, to_json, total
from es_hybrid.scale.ledger import DEAD_LETTERS, RUNS, Ledger
from es_hybrid.settings import Settings

__all__ = ["ingest_with_ray"]


@dataclass(frozen=True, slots=True)
class _Job:
    """What each worker is told; it is sent to other machines."""

    index: str
    run: str
    settings: Settings
    fields: FieldMap | str | None
    id_field: str
    connect: Callable[[], Elasticsearch] | None
    embedder: Callable[[], Embedder] | None
    runs: str
    dead_letters: str

    def open(self) -> Elasticsearch:
        """Connect as the job says: by its own function, or by the settings."""
        if self.connect is not None:
            return self.connect()
        if not self.settings.es_url:
            raise ConfigurationError(
                "no Elasticsearch address is set", hint="set ES_HYBRID_ES_URL or pass connect"
            )
        key = self.settings.es_api_key
        return Elasticsearch(self.settings.es_url, api_key=key.get_secret_value() if key else None)

    def ledger(self, es: Elasticsearch) -> Ledger:
        """Return what is kept of the run."""
        return Ledger(
            es, run=self.run, index=self.index, runs=self.runs, dead_letters=self.dead_letters
        )


def ingest_with_ray(
    dataset: Any,
    index: str,
    *,
    run: str,
    settings: Settings | None = None,
    workers: int = 2,
    batch: int = 2000,
    fields: FieldMap | str | None = None,
    id_field: str = "id",
    connect: Callable[[], Elasticsearch] | None = None,
    embedder: Callable[[], Embedder] | None = None,
    runs: str = RUNS,
    dead_letters: str = DEAD_LETTERS,
    on_progress: Callable[[IngestReport], None] | None = None,
    **ray_options: Any,
) -> IngestReport:
    """Write a Ray dataset of products into an index, on as many workers as there are.

    Each worker is an actor with its own connections. A batch that is stored is noted in
    Elasticsearch, and so are its dead letters, before Ray learns of it. A worker that dies is
    started again by Ray, and does only the batch again that was under way, which writes nothing
    twice. A run that was stopped goes on under the same name.

    Args:
        dataset: A `ray.data.Dataset`, a row a product. An id must not come twice: batches are
            written in any order.
        index: An alias or index that `create_index` made.
        run: Names the run; batches that are done under this name are skipped.
        settings: Of the models and of Elasticsearch; the `ES_HYBRID_*` environment unless given.
        workers: Actors at once, at most.
        batch: Products per batch.
        fields: Where source fields go, as for `shop.ingest`.
        id_field: Source field of the id.
        connect: Opens Elasticsearch in a worker; by the settings unless given.
        embedder: Makes a worker's embedder; the settings' server unless given.
        runs: Index of the batches that are done.
        dead_letters: Index of what cannot be stored; see `read_dead_letters`.
        on_progress: Called with the numbers so far after each batch.
        **ray_options: For the actors, such as `num_gpus=1`; those of `Dataset.map_batches`.

    Returns:
        What was done, batches of an earlier run of this name included, in numbers that add up.

    Raises:
        ConfigurationError: Ray is not installed, or there is no such index.
        IngestError: Elasticsearch failed for good.

    Example:
        report = ingest_with_ray(ray.data.read_parquet("s3://shop/"), "products", run="2026-11-21")
    """
    ray = _package()
    started = time.monotonic()
    job = _Job(
        index, run, settings or Settings(), fields, id_field, connect, embedder, runs, dead_letters
    )
    with job.open() as es:
        job.ledger(es).create()
        numbers = dataset.map_batches(
            _Worker,
            fn_constructor_args=(job,),
            batch_size=batch,
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=workers, initial_size=workers),
            **ray_options,
        )
        reports: list[IngestReport] = []
        before = 0
        try:
            for row in numbers.iter_rows():
                reports.append(from_json(orjson.loads(row["report"])))
                before += row["before"]
                if on_progress is not None:
                    on_progress(total(reports, elapsed_s=time.monotonic() - started))
        except ray.exceptions.RayError as error:
            raise _cause(error, run) from error
        es.indices.refresh(index=[index, dead_letters])
    report = total(reports, elapsed_s=time.monotonic() - started)
    if before:
        note = f"{before:,} batches were done before, under the name {run}"
        report = replace(report, warnings=(*report.warnings, note))
    return report


def _package() -> ModuleType:
    try:
        import ray.data  # noqa: PLC0415 - an extra
    except ModuleNotFoundError as error:
        raise missing_extra(error, user="an ingest on Ray", extra="ray") from None
    found: ModuleType = ray
    return found


def _cause(error: Exception, run: str) -> HybridError:
    """Return what failed in a worker, without Ray's layers around it."""
    found = getattr(error, "cause", None) or error
    if isinstance(found, HybridError):
        return found
    return IngestError(
        f"a worker failed: {type(found).__name__}",
        hint=f"the same run={run!r} goes on where it stopped",
    )


class _Worker:
    """One actor: an open shop that writes batches."""

    def __init__(self, job: _Job) -> None:
        self._job = job
        es = job.open()
        self._ledger = job.ledger(es)
        self._shop = HybridClient(
            es, settings=job.settings, embedder=job.embedder() if job.embedder else None
        )

    def __call__(self, table: Any) -> dict[str, list[Any]]:
        """Write a `pyarrow.Table` of products and return its report."""
        items = [item for part in table.to_batches() for item in arrow_items(part, 1)]
        key = batch_key(self._job.run, items)
        done = self._ledger.done(key)
        report = self._write(items, key) if done is None else done
        return {
            "report": [orjson.dumps(to_json(report)).decode("utf-8")],
            "before": [int(done is not None)],
        }

    def _write(self, items: Sequence[FeedItem], key: str) -> IngestReport:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            letters = folder / "dead.ndjson"
            report = self._shop.ingest(
                self._job.index,
                items,
                fields=self._job.fields,
                id_field=self._job.id_field,
                dead_letter=letters,
                refresh=False,
            )
            self._ledger.keep(letters)
        if not owes_vectors(report):  # else the same run makes them later
            self._ledger.finish(key, report)
        return report
