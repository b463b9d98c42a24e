"""One answered search as a record in the shape of User Behavior Insights, schema 1.3.0.

The shape: https://github.com/o19s/ubi, `schema/1.3.0/query.request.schema.json`. What UBI has no
name for stands below `query_attributes`, which its schema leaves open for that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from es_hybrid._version import __version__
from es_hybrid.logs.privacy import Privacy
from es_hybrid.query.log_options import LogOptions
from es_hybrid.query.request import SearchRequest
from es_hybrid.rank.parts import HitParts
from es_hybrid.response import HybridInfo
from es_hybrid.types import Json

__all__ = [
    "EXPLORED",
    "Searched",
    "Source",
    "is_logged",
    "new_id",
    "query_record",
    "stamp",
    "taken",
]

EXPLORED = "explored"
"""Mark of a product that was given its place to be tried out."""


@dataclass(frozen=True, slots=True)
class Source:
    """Whose log it is.

    Attributes:
        application: UBI's name of the shop, or of a part of it.
        models: Names of the models in use, by stage.
        privacy: What may be known of shoppers.
        with_parts: Whether each product's scores are logged.
    """

    application: str | None = None
    models: Mapping[str, str] = field(default_factory=dict)
    privacy: Privacy = field(default_factory=Privacy)
    with_parts: bool = True


@dataclass(frozen=True, slots=True)
class Searched:
    """What is kept of a search until it is written; no document is.

    Attributes:
        at_s: Seconds since the epoch.
        query_id: What events refer to.
        asked: What the request told the log.
        index: Index or alias.
        text: The shopper's words.
        from_: First product of the page, from 0.
        size: Products per page.
        shown: Ids and scores of the page, best first.
        total: Matching products; `None` where they were not counted.
        took_ms: Wall-clock milliseconds.
        info: What es_hybrid did; `None` where another search answered.
        teams: Of interleaved rankings: which one each product came from, by id.
    """

    at_s: float
    query_id: str
    asked: LogOptions
    index: str | None
    text: str | None
    from_: int
    size: int
    shown: Sequence[tuple[str, float | None]]
    total: int | None
    took_ms: float
    info: HybridInfo | None = None
    teams: Mapping[str, str] = field(default_factory=dict)


def new_id() -> str:
    """Return a unique id, as UBI wants them."""
    return str(uuid4())


def stamp(at_s: float) -> str:
    """Return seconds since the epoch as UBI writes a time.

    Example:
        >>> stamp(0.25)
        '1970-01-01T00:00:00.250Z'
    """
    moment = datetime.fromtimestamp(at_s, UTC).isoformat(timespec="milliseconds")
    return moment.replace("+00:00", "Z")


def is_logged(request: SearchRequest) -> bool:
    """Say whether a search belongs into the log.

    Those with words and a page do, and those of which the request tells the log something.
    """
    log = request.options.log
    if log is False or not request.enabled:
        return False
    return isinstance(log, LogOptions) or (request.text is not None and request.size > 0)


def taken(body: Any) -> tuple[list[tuple[str, float | None]], int | None]:
    """Return ids and scores of a page, and the total, from a body in Elasticsearch's shape.

    Example:
        >>> taken({"hits": {"total": {"value": 9}, "hits": [{"_id": "a", "_score": 2.0}]}})
        ([('a', 2.0)], 9)
    """
    found = body.get("hits") if isinstance(body, Mapping) else None
    hits = found if isinstance(found, Mapping) else {}
    total = hits.get("total")
    if isinstance(total, Mapping):
        total = total.get("value")
    shown = [(str(hit.get("_id", "")), hit.get("_score")) for hit in hits.get("hits", ())]
    return shown, None if total is None else int(total)


def query_record(searched: Searched, source: Source) -> Json:
    """Return the record of a search.

    Example:
        >>> searched = Searched(0.0, "q1", LogOptions(), "products", "boot", 0, 10, [("a", 1.0)], 1, 9.5)
        >>> record = query_record(searched, Source("shop"))
        >>> record["query_response_hit_ids"], record["user_query"], "user_id" in record
        (['a'], '', False)
    """
    asked, privacy = searched.asked, source.privacy
    time = stamp(searched.at_s)
    ids = {
        f"{kind}_id": privacy.id(kind, value)
        for kind, value in (
            ("client", asked.client),
            ("session", asked.session),
            ("user", asked.user),
        )
    }
    record = {
        "@timestamp": time,
        "timestamp": time,
        "application": source.application,
        "query_id": searched.query_id,
        **ids,
        "user_query": privacy.words(searched.text),
        "object_id_field": "_id",
        "query_response_id": new_id(),
        "query_response_hit_ids": [id_ for id_, _ in searched.shown],
        "query_attributes": _attributes(searched, source),
    }
    return {name: value for name, value in record.items() if value is not None}


def _attributes(searched: Searched, source: Source) -> Json:
    shown = _shown(searched, with_parts=source.with_parts)
    found = {
        "index": searched.index,
        "from": searched.from_,
        "size": searched.size,
        **_side(searched, source),
        "total": searched.total,
        "returned": len(searched.shown),
        "zero_results": _found_nothing(searched),
        "took_ms": round(searched.took_ms, 3),
        "release": __version__,
        **(_done(searched.info, source) if searched.info else {}),
        "explored": sum(EXPLORED in each for each in shown),
        "shown": shown,
    }
    return {name: value for name, value in found.items() if value is not None}


def _side(searched: Searched, source: Source) -> Json:
    """Return on which side of an experiment a search was: as was assigned, or as the caller said."""
    assigned = searched.info.experiment if searched.info else None
    said = searched.asked.experiment
    if assigned is None:
        return {"experiment": said.name, "variant": said.variant} if said else {}
    return {
        "experiment": assigned.experiment,
        "variant": str(assigned.variant),
        "unit": source.privacy.id("unit", assigned.unit),
        "failed": assigned.failed,
    }


def _found_nothing(searched: Searched) -> bool:
    if searched.total is not None:
        return searched.total == 0
    failed = searched.info and searched.info.experiment and searched.info.experiment.failed
    return not (searched.shown or searched.from_ or failed)


def _done(info: HybridInfo, source: Source) -> Json:
    remembered = info.remembered.answer
    return {
        "plan": str(info.plan),
        "reason": None if info.reason is None else str(info.reason),
        "level": None if info.level is None else str(info.level),
        # Those of a remembered answer are the times of the search that made it.
        "timings_ms": None if remembered else _rounded_times(info),
        # Details may quote what a server said of a query.
        "degraded": [{"stage": str(d.stage), "reason": str(d.reason)} for d in info.degraded],
        "reranked": info.reranked,
        "added": info.added,
        "remembered": remembered,
        "models": dict(source.models),
        "rules": info.rules,
        "learned": info.learned,
        "recommended": str(info.recommendation.made) if info.recommendation else None,
    }


def _rounded_times(info: HybridInfo) -> Json:
    return {str(stage): round(ms, 3) for stage, ms in info.timings_ms.items()}


def _shown(searched: Searched, *, with_parts: bool) -> list[Json]:
    info = searched.info
    by_id = {part.hit.id: part for part in info.parts.values()} if info and with_parts else {}
    tried_out = frozenset(info.explored) if info else frozenset()
    teams = searched.teams or (info.experiment.teams if info and info.experiment else {})
    shown = []
    for position, (id_, score) in enumerate(searched.shown, start=searched.from_ + 1):
        one: Json = {"object_id": id_, "position": position}
        if with_parts and score is not None:
            one["score"] = score
        if id_ in by_id:
            one |= _parts(by_id[id_])
        if id_ in tried_out:
            one[EXPLORED] = True
        if id_ in teams:
            one["team"] = str(teams[id_])
        shown.append(one)
    return shown


def _parts(part: HitParts) -> Json:
    # Not `to_dict`: half of its time goes into the sentence for a person.
    found: Json = {}
    hit = part.hit
    if hit.lexical_score is not None:
        found["lexical"] = {"rank": hit.lexical_rank, "score": _rounded(hit.lexical_score)}
    if hit.semantic_score is not None:
        found["semantic"] = {"rank": hit.semantic_rank, "score": _rounded(hit.semantic_score)}
    found["fused"] = _rounded(part.fused)
    if part.rerank is not None:
        found["rerank"] = _rounded(part.rerank)
    if part.learned is not None:
        found["learned"] = part.learned.to_dict()
    found["relevance"] = _rounded(part.relevance)
    found["boost"] = _rounded(part.boost)
    if part.factors:
        found["factors"] = {name: _rounded(factor) for name, factor in part.factors.items()}
    if part.moves:
        found["moves"] = [move.to_dict() for move in part.moves]
    return found


def _rounded(value: float) -> float:
    return round(float(value), 6)
