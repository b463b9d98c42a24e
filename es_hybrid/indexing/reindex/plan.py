"""What a reindex will do, in words and as JSON, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from es_hybrid.types import Json

__all__ = ["CopyKind", "PlanKind", "ReindexPlan", "VectorNames"]


class PlanKind(StrEnum):
    """Why an index is built anew."""

    ADD_VECTORS = "add_vectors"
    """The index has no vectors yet; the shop's fields stay as they are."""
    NEW_VECTORS = "new_vectors"
    """Another model, other dims or another text: every document is embedded again."""
    NEW_MAPPING = "new_mapping"
    """Other fields or analysis; the vectors stay."""
    ROLLBACK = "rollback"
    """The index before takes its place again, with the writes since then."""


class CopyKind(StrEnum):
    """Who copies the documents."""

    SERVER = "server"
    """Elasticsearch's own `_reindex`: vectors stay."""
    CLIENT = "client"
    """Read here, embedded, written."""
    NONE = "none"
    """The documents are there already."""


@dataclass(frozen=True, slots=True)
class VectorNames:
    """Which fields of a document are ours.

    Attributes:
        vector: The `dense_vector` field.
        text_hash: Identifies text, model, dims and text version of the vector.
        model: Name of the model.
        dims: Length of the vector.
        language: Language of the text by its script; `None` where the mapping has it already.
    """

    vector: str = "embedding"
    text_hash: str = "embedding_text_hash"
    model: str = "embedding_model"
    dims: str = "embedding_dims"
    language: str | None = None

    @property
    def all(self) -> tuple[str, ...]:
        """Every name, without those that are not used."""
        found = (self.vector, self.text_hash, self.model, self.dims, self.language)
        return tuple(name for name in found if name)


@dataclass(frozen=True, slots=True)
class ReindexPlan:
    """A reindex that is about to be; `str()` says it in words, `to_json()` as JSON.

    Attributes:
        alias: The name that moves.
        kind: Why.
        old_index: What the alias points to now.
        old_uuid: Its UUID; another one later means that it is not the same index.
        new_index: What the alias will point to.
        copy: Who copies the documents.
        settings: Of the new index, when it is finished.
        mappings: Of the new index.
        aliases: Every alias of the old index with its filter and routing; all of them move.
        documents: How many there are now.
        model: Model of the new vectors; `None` without.
        dims: Their length; `None` without.
        names: Which fields are ours in the new index; `None` without vectors.
        old_names: The same in the old index; they are not copied when vectors are made anew.
        text_fields: Fields of the embedded text; empty for that of a product.
        text_version: Version of the embedded text.
        min_overlap: Share of the first 10 hits of probe queries that must be among the first 30.
        replaces_index: Whether `alias` is an index that gives its name to an alias.
        notes: What a person should know.
    """

    alias: str
    kind: PlanKind
    old_index: str
    old_uuid: str
    new_index: str
    copy: CopyKind
    settings: Json
    mappings: Json
    aliases: Mapping[str, Json]
    documents: int = 0
    model: str | None = None
    dims: int | None = None
    names: VectorNames | None = None
    old_names: VectorNames | None = None
    text_fields: tuple[str, ...] = ()
    text_version: str | None = None
    min_overlap: float = 0.5
    replaces_index: bool = False
    notes: tuple[str, ...] = field(default=())

    @property
    def kept_index(self) -> str:
        """Where the old documents are afterwards: the old index, or the copy that takes its place.

        Example:
            `products-20261121t101500-4f2a9c01-before`, where `products` itself was the index.
        """
        return f"{self.new_index}-before" if self.replaces_index else self.old_index

    @property
    def embeds(self) -> bool:
        """Whether every document needs a vector of this run."""
        return self.copy is CopyKind.CLIENT and self.model is not None

    def to_json(self) -> Json:
        """Return the plan as JSON; `from_json` reads it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        values = dict(content)
        for name in ("names", "old_names"):
            values[name] = VectorNames(**values[name]) if values[name] else None
        for name in ("text_fields", "notes"):
            values[name] = tuple(values[name])
        values |= {"kind": PlanKind(values["kind"]), "copy": CopyKind(values["copy"])}
        return cls(**values)

    def __str__(self) -> str:
        return "\n".join(_sentences(self))


_WHY = {
    PlanKind.ADD_VECTORS: "give it vectors; the shop's fields stay as they are",
    PlanKind.NEW_VECTORS: "make its vectors anew",
    PlanKind.NEW_MAPPING: "give it a new mapping",
    PlanKind.ROLLBACK: "go back to the index before",
}


def _sentences(plan: ReindexPlan) -> list[str]:
    said = [
        f"reindex {plan.alias}: {_WHY[plan.kind]}",
        f"  from  {plan.old_index}, {plan.documents:,} documents",
        f"  to    {plan.new_index}",
        f"  copy  {_copying(plan)}",
    ]
    if plan.names and plan.model:
        said.append(f"  ours  {', '.join(plan.names.all)}")
    if plan.text_fields:
        said.append(f"  text  {', '.join(plan.text_fields)}")
    meta = plan.mappings.get("_meta", {}).get("es_hybrid", {})
    for name in ("search_fields", "code_fields", "rerank_fields", "id_field"):
        if plan.kind is PlanKind.ADD_VECTORS:
            value = meta.get(name) or "none"
            shown = value if isinstance(value, str) else ", ".join(value)
            said.append(f"        {name}: {shown}")
    said.append(
        "  check UUIDs, count, sampled documents, dims,"
        f" probe queries with at least {plan.min_overlap:.0%} of the old hits"
    )
    said.append(f"  move  {', '.join(sorted(plan.aliases) or [plan.alias])}, in one step")
    said.append(f"  keep  {plan.kept_index}, closed to writes, for rollback")
    return said + [f"  note  {note}" for note in plan.notes]


def _copying(plan: ReindexPlan) -> str:
    match plan.copy:
        case CopyKind.SERVER:
            return "by Elasticsearch's own _reindex; nothing is embedded"
        case CopyKind.CLIENT:
            return f"read, embedded with {plan.model} ({plan.dims} dims), written"
        case CopyKind.NONE:
            return "only what was written since it was left"
