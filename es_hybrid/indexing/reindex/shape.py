"""From an index as it is to the plan of the next one."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.first_load import first_load_since
from es_hybrid.indexing.mapping import MADE_BY, IndexMeta, fill_mapping, read_meta
from es_hybrid.indexing.reindex.fields import free_names, guess, vector_properties
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind, ReindexPlan, VectorNames
from es_hybrid.indexing.reindex.settings import kept
from es_hybrid.indexing.reindex.texts import text_builder
from es_hybrid.token_budget import MAX_TOKENS
from es_hybrid.types import Json

__all__ = ["Live", "Wanted", "names_of", "plan_of", "text_fields_of"]

OVERRIDES = ("search_fields", "code_fields", "rerank_fields", "text_fields", "id_field")


@dataclass(frozen=True, slots=True)
class Live:
    """An index as it is.

    Attributes:
        alias: The name that was asked for.
        index: The index behind it.
        body: Its `aliases`, `mappings` and `settings`, as `indices.get` returns them.
        documents: How many it holds.
    """

    alias: str
    index: str
    body: Mapping[str, Any]
    documents: int

    @property
    def mappings(self) -> Mapping[str, Any]:
        """Its mapping."""
        found: Mapping[str, Any] = self.body["mappings"]
        return found

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its settings, below `index`."""
        found: Mapping[str, Any] = self.body["settings"]["index"]
        return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the next index shall be.

    Attributes:
        new_index: Its name.
        template: A mapping as `load_mapping` returns it; `None` keeps the present one.
        model: Model of the embedder; `None` without one.
        dims: Length of its vectors.
        similarity: Of the vector field; `None` keeps the present one.
        index_options: Of the vector field; `None` keeps the present ones.
        max_tokens: Of an embedded text, at most.
        fields: What is known better than it can be guessed, by the names of `OVERRIDES`.
        min_overlap: See `ReindexPlan`.
        replaces_index: See `ReindexPlan`.
    """

    new_index: str
    template: Mapping[str, Any] | None = None
    model: str | None = None
    dims: int | None = None
    similarity: str | None = None
    index_options: Mapping[str, Any] | None = None
    max_tokens: int = MAX_TOKENS
    fields: Mapping[str, Any] | None = None
    min_overlap: float = 0.5
    replaces_index: bool = False


def names_of(mappings: Mapping[str, Any]) -> VectorNames | None:
    """Return which fields of an index are ours; `None` where it has no vectors of ours."""
    meta = read_meta(mappings)
    if meta is None or meta.vector_field is None:
        return None
    stored = mappings["_meta"]["es_hybrid"].get("stored") or {}
    return VectorNames(**{"vector": meta.vector_field, **stored})


def text_fields_of(mappings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that an index says its embedded text is made of; empty for a product's."""
    meta = mappings.get("_meta", {}).get("es_hybrid", {})
    return tuple(meta.get("text_fields") or ())


def plan_of(live: Live, wanted: Wanted) -> ReindexPlan:
    """Return the plan; nothing is asked and nothing written.

    Raises:
        ConfigurationError: The index cannot be reindexed, and why.
    """
    _refuse(live)
    meta = read_meta(live.mappings)
    if meta is None and wanted.template is None:
        mappings, names, text_fields = _foreign(live, wanted)
        settings, kind = kept(live.settings), PlanKind.ADD_VECTORS
    else:
        mappings, settings, text_fields = _ours(live, wanted, meta)
        names, kind = names_of(mappings), PlanKind.NEW_MAPPING
    new = read_meta(mappings)
    stays = _vectors_stay(meta, new, names_of(live.mappings), names)
    makes = names is not None and wanted.model is not None and not stays
    if makes and kind is PlanKind.NEW_MAPPING:
        kind = PlanKind.NEW_VECTORS
    return ReindexPlan(
        alias=live.alias,
        kind=kind,
        old_index=live.index,
        old_uuid=str(live.settings["uuid"]),
        new_index=wanted.new_index,
        copy=CopyKind.CLIENT if makes else CopyKind.SERVER,
        settings=settings,
        mappings=mappings,
        aliases=dict(live.body.get("aliases") or {}),
        documents=live.documents,
        model=new.model if new else None,
        dims=new.dims if new else None,
        names=names,
        old_names=names_of(live.mappings),
        text_fields=text_fields,
        text_version=new.text_version if new else None,
        min_overlap=wanted.min_overlap,
        replaces_index=wanted.replaces_index,
        notes=tuple(_notes(live, wanted, names=names, stays=stays)),
    )


def _refuse(live: Live) -> None:
    settings = live.settings
    if str(settings.get("disable_sequence_numbers", "false")) == "true":
        raise ConfigurationError(
            f"{live.index} has no sequence numbers, by which changes are found",
            hint="it cannot be reindexed while it is written to",
        )
    since = first_load_since(live.mappings)
    if since is not None:
        raise ConfigurationError(
            f"{live.index} is being filled for the first time, since {since}",
            hint="wait until that ends; if it was killed, the next command that writes, such as"
            " es-hybrid ingest or update, brings its settings back",
        )
    if live.mappings.get("_source", {}).get("enabled") is False:
        raise ConfigurationError(
            f"{live.index} keeps no _source, so its documents cannot be copied",
            hint="ingest the feed into a new index instead",
        )


def _foreign(live: Live, wanted: Wanted) -> tuple[Json, VectorNames | None, tuple[str, ...]]:
    mappings: Json = copy.deepcopy(dict(live.mappings))
    found: dict[str, Any] = {**guess(mappings), "id_field": None}
    found |= {k: v for k, v in (wanted.fields or {}).items() if v is not None}
    names = free_names(mappings) if wanted.model and wanted.dims else None
    text_fields = tuple(found["text_fields"]) if names else ()
    similarity = wanted.similarity or "cosine"
    if names and wanted.dims:
        mappings.setdefault("properties", {}).update(
            vector_properties(
                names, dims=wanted.dims, similarity=similarity, index_options=wanted.index_options
            )
        )
    builder = text_builder(text_fields, max_tokens=wanted.max_tokens)
    stored = (
        {"text_hash": names.text_hash, "model": names.model, "dims": names.dims} if names else {}
    )
    mappings.setdefault("_meta", {})["es_hybrid"] = {
        "mapping": "own",
        "version": 1,
        "made_by": MADE_BY,
        "model": wanted.model if names else None,
        "dims": wanted.dims if names else None,
        "similarity": similarity if names else None,
        "text_version": builder.version if names else None,
        "vector_field": names.vector if names else None,
        "stored": {**stored, "language": names.language} if names else {},
        **{name: found[name] for name in OVERRIDES},
    }
    return mappings, names, text_fields


def _ours(live: Live, wanted: Wanted, meta: IndexMeta | None) -> tuple[Json, Json, tuple[str, ...]]:
    dims = wanted.dims or (meta.dims if meta else None)
    model = wanted.model or (meta.model if meta else None)
    similarity = wanted.similarity or (meta.similarity if meta else None) or "cosine"
    if wanted.template is not None:
        money = live.mappings.get("_meta", {}).get("es_hybrid", {}).get("money") or {}
        body = fill_mapping(
            wanted.template,
            dims=dims,
            model=model if dims else None,
            similarity=similarity,
            index_options=wanted.index_options,
            money=money,
            text_version=text_builder((), max_tokens=wanted.max_tokens).version,
        )
        mappings, settings = body["mappings"], body.get("settings") or {}
        text_fields = text_fields_of(mappings)
    else:
        mappings, settings = copy.deepcopy(dict(live.mappings)), kept(live.settings)
        text_fields = text_fields_of(mappings)
        _renew(mappings, wanted, dims=dims, model=model, similarity=similarity)
    block = mappings["_meta"]["es_hybrid"]
    block["made_by"] = MADE_BY
    if meta and meta.complete_feed_time:  # an older feed must not bring back what a newer one lacks
        block["complete_feed_time"] = meta.complete_feed_time
    if wanted.model:
        version = text_builder(text_fields, max_tokens=wanted.max_tokens).version
        block["text_version"] = version
    elif meta and meta.text_version:  # nothing is embedded: the vectors are of the text as it was
        block["text_version"] = meta.text_version
    return mappings, settings, text_fields


def _renew(
    mappings: Json, wanted: Wanted, *, dims: int | None, model: str | None, similarity: str
) -> None:
    """Give a live mapping of ours the vectors that are wanted."""
    block = mappings["_meta"]["es_hybrid"]
    if dims is None or model is None:
        return
    names = names_of(mappings) or VectorNames()
    old = mappings.get("properties", {}).get(names.vector, {})
    options = wanted.index_options or old.get("index_options")
    mappings["properties"].update(
        vector_properties(names, dims=dims, similarity=similarity, index_options=options)
    )
    block |= {"model": model, "dims": dims, "similarity": similarity, "vector_field": names.vector}


def _vectors_stay(
    old: IndexMeta | None,
    new: IndexMeta | None,
    old_names: VectorNames | None,
    names: VectorNames | None,
) -> bool:
    if old is None or new is None or names is None or old_names != names:
        return False
    return (old.model, old.dims, old.text_version) == (new.model, new.dims, new.text_version)


def _notes(live: Live, wanted: Wanted, *, names: VectorNames | None, stays: bool) -> list[str]:
    notes = []
    if names is None:
        notes.append("no embedder is configured and there are no vectors: searched by words only")
    elif wanted.model is None and not stays:
        notes.append("no embedder is configured: vectors are copied as they are")
    others = sorted(set(live.body.get("aliases") or {}) - {live.alias})
    if others:
        notes.append(f"{live.index} has other aliases, which move too: {', '.join(others)}")
    if wanted.replaces_index:
        notes.append(
            f"{live.alias} is an index: at the swap, writes are refused (403) for the seconds that"
            f" a clone of it takes; the clone is kept for rollback"
        )
    else:
        notes.append(
            f"write to {live.alias}, never to {live.index}: it takes no writes after the swap"
        )
    if "final_pipeline" in live.settings or "default_pipeline" in live.settings:
        notes.append("ingest pipelines are not run again on what is copied")
    return notes
