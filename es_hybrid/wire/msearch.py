"""`_msearch` lines and answers, without a network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from es_hybrid.types import NAMED_QUERY, Hit, Json, LegName, LegResult, hits_of

_ORJSON = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS

_NO_FIELDS: Mapping[str, Sequence[Any]] = {}

_ANSWER = (
    "took error status responses.took responses.timed_out responses.terminated_early"
    " responses.num_reduce_phases responses._shards responses._clusters responses.status"
    " responses.error responses.aggregations responses.suggest responses.profile"
    " responses.hits.total responses.hits.hits._index responses.hits.hits._id"
    " responses.hits.hits._score responses.hits.hits.fields responses.hits.hits.matched_queries"
)
ANSWER_PATHS = _ANSWER.replace(" ", ",")
"""`filter_path` of a search for candidates: all that is used and nothing more."""

DOCUMENT_PATHS = "responses.hits.hits._source"
"""What is added where candidates bring their documents along."""


def encode(value: Any) -> bytes:
    """Return JSON bytes of a body that may hold numpy arrays, dates, decimals.

    What orjson refuses, such as a lone surrogate, goes through the standard library as the official
    client would send it, so that the server answers what it would have answered.

    Example:
        >>> encode({"size": 3})
        b'{"size":3}'
    """
    try:
        return orjson.dumps(value, default=_default, option=_ORJSON)
    except orjson.JSONEncodeError:
        text = json.dumps(value, default=_default, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "surrogatepass")


def decode(line: bytes) -> Any:
    """Return the value of bytes that `encode` made."""
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line.decode("utf-8", "surrogatepass"))


def as_text(value: Any) -> str:
    """Return JSON that can be printed; a lone surrogate is escaped."""
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"))


def msearch_lines(searches: Iterable[tuple[Json, Json]]) -> bytes:
    r"""Return the NDJSON body of header and body pairs.

    Example:
        >>> msearch_lines([({"index": "products"}, {"size": 1})])
        b'{"index":"products"}\n{"size":1}\n'
    """
    lines = [encode(line) for pair in searches for line in pair]
    return b"\n".join(lines) + b"\n"


def read_leg(
    leg: LegName,
    response: Mapping[str, Any],
    *,
    id_field: str | None,
    documents: bool = False,
) -> LegResult:
    """Read one search's answer.

    Args:
        leg: Which list it is; named queries are read as the other leg's scores.
        response: One entry of `responses`, or a whole `_search` answer.
        id_field: Doc-value field that holds the id, `None` where `_id` was fetched.
        documents: Whether to keep the hits as they came.
    """
    error = response.get("error")
    if error is not None:
        return LegResult(leg, error=error, status=int(response.get("status", 500)))
    hits = response.get("hits", {})
    rest = {name: value for name, value in response.items() if name not in ("hits", "status")}
    rest["total"] = hits.get("total")
    found = hits.get("hits", ())
    kept = {(hit["_index"], hit["_id"]): hit for hit in found} if documents else {}
    return LegResult(leg, _READERS[leg](found, id_field), rest, documents=kept)


def read_native(
    leg: LegName,
    response: Mapping[str, Any],
    *,
    id_field: str | None,
    documents: bool = False,
) -> LegResult:
    """Read the answer of a search whose legs Elasticsearch fused itself."""
    result = read_leg(leg, response, id_field=id_field, documents=documents)
    if leg is not LegName.LEXICAL or result.error is not None:
        return result
    lexical = _named(response["hits"]["hits"], NAMED_QUERY[LegName.LEXICAL])
    native = tuple(
        hit._replace(native_score=hit.lexical_score, lexical_score=score)
        for hit, score in zip(result.hits, lexical, strict=True)
    )
    return replace(result, hits=native)


def _lexical_hits(hits: Sequence[Json], id_field: str | None) -> tuple[Hit, ...]:
    fields = [hit.get("fields", _NO_FIELDS) for hit in hits]
    return hits_of(
        [hit["_index"] for hit in hits],
        _ids(hits, fields, id_field),
        lexical_scores=[hit.get("_score") for hit in hits],
        semantic_scores=_named(hits, NAMED_QUERY[LegName.SEMANTIC]),
        lexical_ranks=range(1, len(hits) + 1),
        fields=fields,
    )


def _semantic_hits(hits: Sequence[Json], id_field: str | None) -> tuple[Hit, ...]:
    fields = [hit.get("fields", _NO_FIELDS) for hit in hits]
    scores = [hit.get("_score") for hit in hits]
    own = NAMED_QUERY[LegName.SEMANTIC]
    if None not in _named(hits[:1], own):
        scores = _named(hits, own)  # the exact ones, of a server that cannot rescore
    return hits_of(
        [hit["_index"] for hit in hits],
        _ids(hits, fields, id_field),
        lexical_scores=_named(hits, NAMED_QUERY[LegName.LEXICAL]),
        semantic_scores=scores,
        semantic_ranks=range(1, len(hits) + 1),
        fields=fields,
    )


def _code_hits(hits: Sequence[Json], id_field: str | None) -> tuple[Hit, ...]:
    fields = [hit.get("fields", _NO_FIELDS) for hit in hits]
    keys = zip(hits, _ids(hits, fields, id_field), fields, strict=True)
    return tuple(Hit(hit["_index"], id_, fields=own, code=True) for hit, id_, own in keys)


def _pin_hits(hits: Sequence[Json], id_field: str | None) -> tuple[Hit, ...]:
    own = NAMED_QUERY[LegName.LEXICAL]
    fields = [hit.get("fields", _NO_FIELDS) for hit in hits]
    # Without include_named_queries_score there is a list of names: matched, score unknown.
    scores = [
        named.get(own) if type(named) is dict else 0.0 if own in named else None
        for named in (hit.get("matched_queries", ()) for hit in hits)
    ]
    return hits_of(
        [hit["_index"] for hit in hits],
        _ids(hits, fields, id_field),
        lexical_scores=scores,
        fields=fields,
    )


_READERS = {
    LegName.LEXICAL: _lexical_hits,
    LegName.SEMANTIC: _semantic_hits,
    LegName.CODE: _code_hits,
    LegName.PIN: _pin_hits,
}


def _ids(
    hits: Sequence[Json], fields: Sequence[Mapping[str, Sequence[Any]]], id_field: str | None
) -> list[str]:
    if id_field is None:
        return [hit["_id"] for hit in hits]
    return [own[id_field][0] for own in fields]


def _named(hits: Sequence[Json], name: str) -> list[float | None]:
    """Return a named query's score of each hit, `None` where it does not match."""
    # Without include_named_queries_score there is a list of names, which says nothing of scores.
    return [
        named.get(name) if type(named := hit.get("matched_queries")) is dict else None
        for hit in hits
    ]


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, UUID):
        return str(value)
    for name in ("to_dict", "tolist", "isoformat"):
        method = getattr(value, name, None)
        if callable(method):
            return method()
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"a value of type {type(value).__name__} cannot be sent as JSON")
