"""Look at where searches are logged: the privileges to append, the streams and their templates."""

from __future__ import annotations

import os
from collections.abc import Iterator

import elasticsearch

from es_hybrid.checks import Check, Status
from es_hybrid.indexing.roles import RoleName, lacking, load_role, privileges_asked
from es_hybrid.logs import Stream, stream_name, template_name
from es_hybrid.settings import LogSettings

__all__ = ["check_log"]

_NAME = "log"


def check_log(es: elasticsearch.Elasticsearch, settings: LogSettings) -> Iterator[Check]:
    """Yield what is wrong with the log, or that it is sound; nothing where none is kept."""
    if settings.to == "files":
        yield _directory(settings)
    if settings.to != "elasticsearch":
        return
    role = load_role(RoleName.LOGGER, streams=settings.streams)
    try:
        missing = lacking(role, es.security.has_privileges(**privileges_asked(role)).body)
    except elasticsearch.ApiError:
        missing = ()  # security is off
    except elasticsearch.TransportError:
        return  # told already
    if missing:
        yield Check(
            _NAME,
            Status.PROBLEM,
            f"the key may not append to the log: lacks {'; '.join(missing)}",
            "es-hybrid roles logger prints the whole role; grant it beside reader",
        )
    for stream in Stream:
        yield _stream(es, settings.streams, stream)


def _directory(settings: LogSettings) -> Check:
    place = settings.directory
    nearest = next((p for p in (place, *place.parents) if p.exists()), None) if place else None
    if nearest is None or not nearest.is_dir() or not os.access(nearest, os.W_OK):
        hint = "let the shop's user write there, or name another LOG__DIRECTORY"
        return Check(_NAME, Status.PROBLEM, f"{place} cannot be written to", hint)
    return Check(_NAME, Status.OK, f"files in {place}")


def _stream(es: elasticsearch.Elasticsearch, prefix: str, stream: Stream) -> Check:
    name = stream_name(prefix, stream)
    setup = "run es-hybrid logs setup, with a key that has manage_index_templates on the cluster"
    try:
        found = es.indices.resolve_index(name=name, expand_wildcards="all").body
    except elasticsearch.NotFoundError:
        found = {}
    except elasticsearch.AuthorizationException:
        detail = f"whether {name} is there cannot be told: lacks view_index_metadata on it"
        return Check(_NAME, Status.NOTE, detail, "a logger needs no more; ask with another key")
    if found.get("data_streams"):
        return Check(_NAME, Status.OK, f"data stream {name}")
    if found.get("indices") or found.get("aliases"):
        return Check(
            _NAME,
            Status.PROBLEM,
            f"{name} is no data stream, and records cannot be appended to it",
            "rename what is there, or set ES_HYBRID_LOG__STREAMS to another beginning",
        )
    try:
        es.indices.get_index_template(name=template_name(prefix, stream))
    except elasticsearch.NotFoundError:
        return Check(_NAME, Status.PROBLEM, f"no index template makes {name}", setup)
    except elasticsearch.AuthorizationException:
        detail = f"{name} is not there yet, and this key may not look for its index template"
        return Check(_NAME, Status.NOTE, detail, setup)
    return Check(_NAME, Status.OK, f"the first record makes the data stream {name}")
