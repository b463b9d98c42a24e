"""How one document is carried from an index into the next: what stays, what is embedded again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from es_hybrid.indexing.actions import Action, VectorFields, sanitize_reason
from es_hybrid.indexing.product import BudgetedText, text_hash
from es_hybrid.indexing.reindex.plan import VectorNames
from es_hybrid.types import Json, Vector

__all__ = [
    "Carried",
    "Found",
    "Target",
    "carry",
    "found_of",
    "is_stale",
    "names_documents",
    "outcomes",
    "refusal",
    "update_action",
    "write_action",
]


class Found(NamedTuple):
    """A document as it was found in the index it comes from."""

    id: str
    routing: str | None
    version: int
    seq_no: int
    source: Json
    primary_term: int = 1


@dataclass(frozen=True, slots=True)
class Target:
    """The index that documents are carried into.

    Attributes:
        names: Our fields in it; `None` without vectors.
        foreign: Our fields in the index they come from, which do not go over as they are.
        model: Of its vectors.
        dims: Of its vectors.
        text: Builds the text.
        packed: Whether it takes base64.
        language: Tells the language of a text.
    """

    names: VectorNames | None
    foreign: tuple[str, ...]
    model: str | None
    dims: int | None
    text: BudgetedText
    packed: bool
    language: Callable[[str], str]

    def hash_of(self, text: str) -> str:
        """Return what identifies the vector of a text here."""
        return text_hash(text, model=self.model, dims=self.dims, version=self.text.version)

    def vector_fields(self, vector: Vector, *, text: str, hash_: str) -> Json:
        """Return what is added to a document that has a vector."""
        if self.names is None:
            return {}
        made = VectorFields(self.names.vector, self.model, self.packed)
        found = made.of(vector, text_hash=hash_)
        ours = {
            self.names.vector: found[self.names.vector],
            self.names.text_hash: hash_,
            self.names.dims: found["embedding_dims"],
            self.names.model: self.model,
        }
        if self.names.language:
            ours[self.names.language] = self.language(text)
        return ours


class Carried(NamedTuple):
    """A document on its way: complete, or with a text that needs a vector first."""

    found: Found
    document: Json
    text: str = ""
    text_hash: str | None = None
    was_cut: bool = False

    @property
    def pending(self) -> bool:
        """Whether a vector is missing."""
        return self.text_hash is not None


def found_of(hit: Mapping[str, Any]) -> Found:
    """Read a search hit."""
    return Found(
        str(hit["_id"]),
        hit.get("_routing"),
        int(hit.get("_version", 1)),
        int(hit.get("_seq_no", -1)),
        hit.get("_source") or {},
        int(hit.get("_primary_term", 1)),
    )


def carry(found: Found, target: Target, held: Mapping[str, Any] | None, *, stays: bool) -> Carried:
    """Return what goes into the target for a document.

    Args:
        found: The document.
        target: Where it goes.
        held: Our fields as the target holds them for this id; `None` where it holds nothing.
        stays: Whether vectors go over as they are.
    """
    if stays:
        return Carried(found, found.source)
    dropped = {*target.foreign, *(target.names.all if target.names else ())}
    document = {k: v for k, v in found.source.items() if k not in dropped}
    text, was_cut = target.text.cut(document) if target.names else ("", False)
    if target.names is None or not text:
        return Carried(found, document)
    wanted = target.hash_of(text)
    if held and held.get(target.names.text_hash) == wanted and held.get(target.names.vector):
        kept = {name: held[name] for name in target.names.all if name in held}
        return Carried(found, document | kept)
    return Carried(found, document, text, wanted, was_cut)


def write_action(carried: Carried, *, versioned: bool = True) -> Action:
    """Return the bulk item that writes a document with the version it has where it comes from.

    A shop that versions its writes itself goes on being protected from stale ones.

    Args:
        carried: The document.
        versioned: `False` gives it the next version here instead. A document that was deleted and
            made again after `index.gc_deletes` begins at version 1 again, and would be refused.
    """
    found = carried.found
    head: Json = {"_id": found.id}
    if found.routing is not None:
        head["routing"] = found.routing
    if versioned:
        head |= {"version": found.version, "version_type": "external_gte"}
    return Action(found.id, b"%b\n%b\n" % (orjson.dumps({"index": head}), _dumps(carried.document)))


def _dumps(document: Json) -> bytes:
    try:
        return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:  # a number of more than 64 bits
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def is_stale(found: Found, text: str, target: Target) -> bool:
    """Tell whether a document has a text whose vector it does not have."""
    if not text or target.names is None:
        return False
    held = found.source.get(target.names.text_hash)
    return held != target.hash_of(text) or not found.source.get(target.names.vector)


def update_action(found: Found, ours: Mapping[str, Any]) -> Action:
    """Return the bulk item that adds our fields, if the document is still as it was found."""
    head: Json = {
        "_id": found.id,
        "if_seq_no": found.seq_no,
        "if_primary_term": found.primary_term,
    }
    if found.routing is not None:
        head["routing"] = found.routing
    body = orjson.dumps({"doc": ours}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Action(found.id, b"%b\n%b\n" % (orjson.dumps({"update": head}), body))


def names_documents(failures: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a copy ended because of documents, and not because a node was away.

    Example:
        >>> names_documents([{"id": "7", "status": 400}]), names_documents([{"status": 503}])
        (True, False)
    """
    return any("id" in failure and int(failure.get("status", 400)) < 429 for failure in failures)


def refusal(failures: Sequence[Mapping[str, Any]], error: Mapping[str, Any] | None) -> str:
    """Return why Elasticsearch's own copy ended, without what the document holds."""
    cause = (failures[0].get("cause") if failures else error) or {}
    reason = sanitize_reason(str(cause.get("type", "")), str(cause.get("reason", "")))
    return f"document {failures[0].get('id')}: {reason}" if failures else reason


def outcomes(answer: Mapping[str, Any], ids: Sequence[str]) -> Iterable[tuple[str, int, str]]:
    """Yield id, status and reason of each item; an item without an answer has 503."""
    items = list(answer.get("items") or ())
    for place, product_id in enumerate(ids):
        item: Mapping[str, Any] = items[place] if place < len(items) else {}
        result: Mapping[str, Any] = next(iter(item.values()), {})
        error = result.get("error") or {}
        reason = sanitize_reason(str(error.get("type", "")), str(error.get("reason", "")))
        status = int(result.get("status", 503))
        # A delete of what is not there is done.
        yield product_id, 200 if status == 404 and not error else status, reason
