"""Look at one index: its vector field, the model its vectors come from, and how many have one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import elasticsearch

from es_hybrid.checks import Check, Status
from es_hybrid.cli.failures import sentence
from es_hybrid.indexing.first_load import first_load_since
from es_hybrid.indexing.mapping import read_meta
from es_hybrid.indexing.reindex.settings import is_gate_closed
from es_hybrid.settings import Settings

__all__ = ["check_index", "vector_fields"]


def check_index(
    es: elasticsearch.Elasticsearch, index: str, *, settings: Settings, dims: int | None
) -> Iterator[Check]:
    """Yield what an index holds, compared with the embedder.

    Args:
        es: An open client.
        index: Index or alias.
        settings: Those in force.
        dims: Length of the embedder's vectors, where it answered.
    """
    try:
        mappings = es.indices.get_mapping(index=index).body
    except elasticsearch.AuthorizationException as error:
        # Whether that is too little, the check of privileges has said.
        yield Check("index", Status.NOTE, f"not looked at: {sentence(error)}")
        return
    except elasticsearch.ApiError as error:
        yield Check("index", Status.PROBLEM, sentence(error))
        return
    yield from _held(es, index)
    yield from _names(es, index)
    for name, found in mappings.items():
        yield _origin(name, found["mappings"])
        yield from _check_one(es, name, found["mappings"], settings, dims)


def vector_fields(properties: Mapping[str, Any], prefix: str = "") -> dict[str, Mapping[str, Any]]:
    """Return every `dense_vector` field of a mapping, by its full name.

    Example:
        >>> vector_fields({"text": {"properties": {"vector": {"type": "dense_vector"}}}})
        {'text.vector': {'type': 'dense_vector'}}
    """
    fields: dict[str, Mapping[str, Any]] = {}
    for name, field in properties.items():
        if field.get("type") == "dense_vector":
            fields[prefix + name] = field
        fields |= vector_fields(field.get("properties", {}), f"{prefix}{name}.")
    return fields


def _check_one(
    es: elasticsearch.Elasticsearch,
    index: str,
    mapping: Mapping[str, Any],
    settings: Settings,
    dims: int | None,
) -> Iterator[Check]:
    since = first_load_since(mapping)
    if since is not None:
        yield _first_load(index, since)
    fields = vector_fields(mapping.get("properties", {}))
    meta = mapping.get("_meta", {}).get("es_hybrid", {})
    named = settings.index.vector_field or meta.get("vector_field")
    chosen = named or next(iter(fields), None)
    if chosen is None or chosen not in fields:
        detail = f"{index} has no dense_vector field{f' {chosen}' if chosen else ''}"
        yield Check(
            "index", Status.NOTE, detail, "searches are lexical; es-hybrid reindex adds vectors"
        )
        return
    if len(fields) > 1 and not named:
        hint = "set ES_HYBRID_INDEX__VECTOR_FIELD to the one to search"
        yield Check("index", Status.NOTE, f"{index} has {len(fields)} vector fields", hint)
    yield _vector_field(index, chosen, fields[chosen], dims)
    yield _model(index, meta, settings)
    yield _coverage(es, index, chosen)


def _held(es: elasticsearch.Elasticsearch, index: str) -> Iterator[Check]:
    """Look whether a reindex that was stopped while it moved the alias left writes waiting."""
    try:
        live = es.indices.get_settings(index=index).body
    except elasticsearch.ApiError:
        return  # a key that may not look; the mapping was read all the same
    for name, found in live.items():
        if is_gate_closed(found["settings"]["index"]):
            detail = f"writes to {name} wait: a reindex moves the alias, or was stopped doing it"
            hint = f"if none runs any more: es-hybrid reindex {index} --resume"
            yield Check("reindex", Status.PROBLEM, detail, hint)


def _names(es: elasticsearch.Elasticsearch, index: str) -> Iterator[Check]:
    """Say what stands behind a name, and under which other names it is known."""
    try:
        found = es.indices.get_alias(index=index).body
    except elasticsearch.ApiError:
        return  # a key that may not look; the mapping was read all the same
    said = [
        f"{name} (aliases: {', '.join(sorted(each['aliases'])) or 'none'})"
        for name, each in sorted(found.items())
    ]
    if len(found) > 1:
        hint = "searches see all of them; ingest and reindex want one"
        yield Check("aliases", Status.NOTE, "; ".join(said), hint)
    else:
        yield Check("aliases", Status.OK, "; ".join(said))


def _origin(index: str, mapping: Mapping[str, Any]) -> Check:
    """Say which mapping an index was made from, and by which version."""
    meta = read_meta(mapping)
    if meta is None:
        hint = "es-hybrid reindex gives it one that says which fields and which model it has"
        return Check("mapping", Status.OK, f"{index} is the shop's own", hint)
    made_by = f", made by {meta.made_by}" if meta.made_by else ""
    text = f", texts of version {meta.text_version}" if meta.text_version else ""
    return Check(
        "mapping", Status.OK, f"{index}: {meta.mapping}, version {meta.version}{text}{made_by}"
    )


def _first_load(index: str, since: str) -> Check:
    detail = f"refreshes and replicas of {index} are off: its first load began {since}"
    hint = "if it runs no more, it was cut off: the next ingest, update or backfill restores them"
    return Check("first load", Status.PROBLEM, detail, hint)


def _vector_field(index: str, name: str, field: Mapping[str, Any], dims: int | None) -> Check:
    length = field.get("dims")
    kind = field.get("index_options", {}).get("type", "the version's default type")
    element = field.get("element_type", "float")
    similarity = field.get("similarity", "cosine")
    detail = f"{index}: {name}, {length} dims, {similarity}, {element}, {kind}"
    if not field.get("index", True):
        return Check("vectors", Status.NOTE, f"{detail}, not indexed", "kNN needs index: true")
    if None not in (dims, length) and dims != length:
        wrong = f"{detail}; the embedder gives {dims}"
        hint = "set ES_HYBRID_EMBED__DIMS, or ingest into an index of the embedder's dims"
        return Check("vectors", Status.PROBLEM, wrong, hint)
    return Check("vectors", Status.OK, detail)


def _model(index: str, meta: Mapping[str, Any], settings: Settings) -> Check:
    stored, asked = meta.get("model"), settings.embed.model
    if not stored:
        return Check("model", Status.OK, f"{index} does not say which model made its vectors")
    if asked and stored != asked:
        detail = f"{index} holds vectors of {stored}, queries are embedded with {asked}"
        hint = "set ES_HYBRID_EMBED__MODEL, or ingest again: vectors of two models do not compare"
        return Check("model", Status.PROBLEM, detail, hint)
    return Check("model", Status.OK, f"{index} holds vectors of {stored}")


def _coverage(es: elasticsearch.Elasticsearch, index: str, field: str) -> Check:
    try:
        total = es.count(index=index)["count"]
        with_vector = es.count(index=index, query={"exists": {"field": field}})["count"]
    except elasticsearch.AuthorizationException as error:
        return Check("products", Status.NOTE, f"not counted: {sentence(error)}")
    except elasticsearch.ApiError as error:
        return Check("products", Status.PROBLEM, sentence(error))
    detail = f"{total:,} in {index}, {with_vector:,} with a vector"
    if with_vector == total:
        return Check("products", Status.OK, detail)
    hint = "products without one are found by their words; es-hybrid warm --products embeds them"
    return Check("products", Status.NOTE, detail, hint)
