"""Where a log is read: the data streams of the settings, or files."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import elasticsearch

from es_hybrid import ConfigurationError, HybridError
from es_hybrid.cli.connect import open_elasticsearch
from es_hybrid.cli.output import Output
from es_hybrid.logs import Stream, read_files, stream_name
from es_hybrid.logs.history import History, read_history
from es_hybrid.settings import Settings
from es_hybrid.types import zoned

__all__ = ["SCORES", "LogSource", "add_source_arguments", "load_history", "moment", "read_log"]

_AGE = re.compile(r"(\d+(?:\.\d+)?)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_PAGE = 1000
_KEPT = "5m"
SCORES = tuple(
    f"shown.{part}"
    for part in (
        "lexical",
        "semantic",
        "fused",
        "rerank",
        "learned",
        "relevance",
        "boost",
        "factors",
        "moves",
    )
)
"""What made each product's score: most of a log, and no report reads it."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """Which part of which log is read.

    Attributes:
        paths: NDJSON files or directories; none: where the settings log to.
        since: From when on.
        until: Up to when.
        application: Of which alone.
        left_out: Attributes of searches that are not fetched.
    """

    paths: Sequence[str] = ()
    since: datetime | None = None
    until: datetime | None = None
    application: str | None = None
    left_out: Sequence[str] = SCORES


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what all that read a log take."""
    parser.add_argument(
        "--from",
        dest="source",
        action="append",
        metavar="PATH",
        help="NDJSON file or directory; repeatable (default: where the settings log to)",
    )
    parser.add_argument(
        "--since",
        type=moment,
        metavar="TIME",
        help="such as 7d, 24h, or 2026-11-21T00:00:00Z (default: all)",
    )
    parser.add_argument("--until", type=moment, metavar="TIME", help="the same (default: now)")
    parser.add_argument("--application", metavar="NAME", help="only this application's records")


def moment(value: str) -> datetime:
    """Read a time, or how long ago it was.

    Example:
        >>> moment("2026-11-21").isoformat()
        '2026-11-21T00:00:00+00:00'
    """
    age = _AGE.fullmatch(value)
    if age:
        return datetime.now(UTC) - timedelta(**{_UNITS[age[2]]: float(age[1])})
    return zoned(datetime.fromisoformat(value))


def load_history(args: argparse.Namespace, settings: Settings, out: Output) -> History:
    """Read the log that the arguments name, and join its searches and events.

    Raises:
        HybridError: There is no log, or nothing in it.
    """
    source = LogSource(args.source or (), args.since, args.until, args.application)
    history = read_log(source, settings, out)
    if not (history.searches or history.recommendations):
        raise HybridError(
            "there are no searches in this log", hint="look at --since, --application and --from"
        )
    return history


def read_log(source: LogSource, settings: Settings, out: Output) -> History:
    """Read a log and join its searches and events.

    Raises:
        HybridError: There is no log.
    """
    with out.progress("read log") as progress:

        def counted() -> Iterator[Mapping[str, Any]]:
            for number, record in enumerate(_records(source, settings), start=1):
                if number % _PAGE == 0:
                    progress.done(number)
                yield record

        return read_history(counted())


def _records(source: LogSource, settings: Settings) -> Iterator[Mapping[str, Any]]:
    paths = source.paths
    if not paths and settings.log.to == "files":
        paths = [str(settings.log.directory)]
    if not paths:
        with open_elasticsearch(settings) as es:
            yield from _of_streams(es, source, settings.log.streams)
        return
    for path in paths:
        for record in read_files(path):
            if _is_asked_for(record, source):
                yield record


def _is_asked_for(record: Mapping[str, Any], source: LogSource) -> bool:
    if source.application and record.get("application") != source.application:
        return False
    if source.since is None and source.until is None:
        return True
    try:
        at = moment(str(record.get("@timestamp") or record.get("timestamp")))
    except ValueError:
        return False
    late_enough = source.since is None or at >= source.since
    return late_enough and (source.until is None or at < source.until)


def _of_streams(
    es: elasticsearch.Elasticsearch, source: LogSource, prefix: str
) -> Iterator[Mapping[str, Any]]:
    for stream in Stream:
        name = stream_name(prefix, stream)
        try:
            yield from _of_stream(es, name, source)
        except elasticsearch.NotFoundError:
            if stream is Stream.QUERIES:
                raise ConfigurationError(
                    f"there is no data stream {name}", hint="docs/logs.md says how to log"
                ) from None


def _filters(source: LogSource) -> list[dict[str, Any]]:
    filters: list[dict[str, Any]] = []
    if source.application:
        filters.append({"term": {"application": source.application}})
    bounds = {"gte": source.since, "lt": source.until}
    asked = {name: at.isoformat() for name, at in bounds.items() if at is not None}
    return [*filters, {"range": {"@timestamp": asked}}] if asked else filters


def _of_stream(
    es: elasticsearch.Elasticsearch, name: str, source: LogSource
) -> Iterator[Mapping[str, Any]]:
    opened = es.open_point_in_time(index=name, keep_alive=_KEPT)
    pit = {"id": opened["id"], "keep_alive": _KEPT}
    after: list[Any] | None = None
    try:
        while True:
            answer = es.search(
                pit=pit,
                query={"bool": {"filter": _filters(source)}},
                sort=[{"@timestamp": "asc"}],
                size=_PAGE,
                search_after=after,
                track_total_hits=False,
                source_excludes=[f"query_attributes.{name}" for name in source.left_out],
            )
            hits = answer["hits"]["hits"]
            if not hits:
                return
            yield from (hit["_source"] for hit in hits)
            after, pit = hits[-1]["sort"], {**pit, "id": answer["pit_id"]}
    finally:
        es.options(ignore_status=404).close_point_in_time(id=pit["id"])
