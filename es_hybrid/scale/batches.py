"""Batches of a distributed run: what each is called, and what they add up to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import orjson

from es_hybrid.indexing.report import MAX_FAILURES_KEPT, Failure, IngestReport
from es_hybrid.indexing.sources import FeedItem
from es_hybrid.types import Json

__all__ = ["batch_key", "from_json", "letter_key", "to_json", "total"]

_JSON = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY


def batch_key(run: str, items: Iterable[FeedItem]) -> str:
    """Return the id of a batch's checkpoint: by its content, as nothing else of it is stable.

    Args:
        run: Name of the run.
        items: The batch.

    Example:
        >>> batch_key("a", [{"id": 1}]) == batch_key("a", [{"id": 1}]) != batch_key("b", [{"id": 1}])
        True
    """
    digest = blake2b(run.encode("utf-8", "surrogatepass") + b"\0", digest_size=16)
    for item in items:
        digest.update(orjson.dumps(item, default=str, option=_JSON))
    return digest.hexdigest()


def letter_key(run: str, letter: bytes) -> str:
    """Return the id of a dead letter, so that a batch that is done again adds none."""
    return blake2b(
        run.encode("utf-8", "surrogatepass") + b"\0" + letter, digest_size=16
    ).hexdigest()


def to_json(report: IngestReport) -> Json:
    """Return a report as JSON that `from_json` reads."""
    return asdict(report)


def from_json(found: Mapping[str, Any]) -> IngestReport:
    """Return the report that `to_json` was given."""
    failures = tuple(Failure(**failure) for failure in found["failures"])
    return IngestReport(**{**found, "failures": failures, "warnings": tuple(found["warnings"])})


def total(reports: Iterable[IngestReport], *, elapsed_s: float) -> IngestReport:
    """Return the sum of the batches' reports; a warning that several have stands once.

    Example:
        >>> print(total([IngestReport(read=2, indexed=2), IngestReport(read=1, failed=1)], elapsed_s=3))
        3 read, 2 indexed, 0 unchanged, 1 failed, 3.0 s
    """
    numbers: Counter[str] = Counter()
    failures: list[Failure] = []
    warnings: dict[str, None] = {}
    for report in reports:
        numbers.update({name: n for name, n in asdict(report).items() if isinstance(n, int)})
        failures += report.failures[: MAX_FAILURES_KEPT - len(failures)]
        warnings |= dict.fromkeys(report.warnings)
    return IngestReport(
        **numbers, elapsed_s=elapsed_s, failures=tuple(failures), warnings=tuple(warnings)
    )
