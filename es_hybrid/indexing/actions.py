"""What to write for a product, as lines of a bulk request, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
import orjson

from es_hybrid._retry import BUSY_STATUSES
from es_hybrid.indexing.brought import packed
from es_hybrid.indexing.sources import Product
from es_hybrid.types import Json, Vector

__all__ = [
    "KEEP_VECTOR",
    "NOT_FOUND",
    "STALE",
    "VECTOR_FIELDS",
    "Action",
    "Decision",
    "Step",
    "Stored",
    "VectorFields",
    "body_end",
    "decide",
    "index_action",
    "item_reasons",
    "keep_vector_action",
    "read_stored",
    "sanitize_reason",
    "script_action",
    "worst_status",
]


class Step(StrEnum):
    """What happens to one product."""

    UNCHANGED = "unchanged"
    """Nothing is written."""
    STALE = "stale"
    """Nothing is written: what is stored comes from a newer feed."""
    KEEP_VECTOR = "keep_vector"
    """The document is replaced on the server, its vector stays."""
    REPLACE = "replace"
    """The document is written whole."""


class Stored(NamedTuple):
    """What the index knows of a product."""

    document_hash: str | None
    text_hash: str | None
    feed_time: str | None = None


class Decision(NamedTuple):
    """What to do with one product.

    Attributes:
        step: What is written.
        embed: Whether its text needs a vector first.
        same: Whether the stored document is the same.
        has_vector: Whether the stored document has a vector.
        touch: Whether the feed's time is newer than the stored one, and is to be kept.
    """

    step: Step
    embed: bool = False
    same: bool = False
    has_vector: bool = False
    touch: bool = False


class Action(NamedTuple):
    """One item of a bulk request, both lines of it."""

    id: str
    lines: bytes


@dataclass(frozen=True, slots=True)
class VectorFields:
    """How a vector is written.

    Attributes:
        field: The `dense_vector` field.
        model: Kept beside the vector.
        packed: Whether the server takes base64 (9.3 and newer); a list of numbers otherwise.
    """

    field: str
    model: str | None
    packed: bool

    def of(self, vector: Vector, *, text_hash: str | None) -> Json:
        """Return what is added to a document that has a vector."""
        value: Any = np.ascontiguousarray(vector, dtype=np.float32)
        if self.packed:  # measured at 384 dims: 10 µs against 32 µs as a list, a third of the bytes
            value = packed(value)
        fields: Json = {self.field: value, "embedding_dims": len(vector)}
        if self.model:
            fields["embedding_model"] = self.model
        return fields | {"embedding_text_hash": text_hash}


def decide(
    product: Product, stored: Stored | None, *, vectors: bool, feed_time: str | None = None
) -> Decision:
    """Return what to do with a product, given what is stored under its id.

    Args:
        product: As it came.
        stored: As the index has it; `None` when it has not.
        vectors: Whether the index has a vector field.
        feed_time: When the feed was made, as `feed_time_text` gives it; `None` does not ask.
    """
    held_time = (stored.feed_time if stored is not None else None) or ""
    if feed_time is not None and held_time > feed_time:
        return Decision(Step.STALE)
    same = stored is not None and stored.document_hash == product.document_hash
    held = stored.text_hash if stored is not None and vectors else None
    same_text = held is not None and held == product.text_hash
    embed = False
    if not vectors:
        step = Step.UNCHANGED if same else Step.REPLACE
    elif product.vector is not None:
        step = Step.UNCHANGED if same and same_text else Step.REPLACE
    elif same_text:
        step = Step.UNCHANGED if same else Step.KEEP_VECTOR
    else:
        embed = bool(product.text)
        step = Step.UNCHANGED if same and not embed else Step.REPLACE
    touch = feed_time is not None and held_time != feed_time
    return Decision(step, embed=embed, same=same, has_vector=held is not None, touch=touch)


def index_action(product: Product, added: Mapping[str, Any] | None = None) -> Action:
    """Return the bulk item that writes a product whole, with its vector's fields in `added`."""
    extra = orjson.dumps(
        {"document_hash": product.document_hash, **(added or {})},
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    head = orjson.dumps({"index": {"_id": product.id}})
    return Action(product.id, b"%b\n%b,%b\n" % (head, product.body[:-1], extra[1:]))


VECTOR_FIELDS = ("embedding_dims", "embedding_model", "embedding_text_hash")
"""What is kept beside a vector."""

# Compiled once by the server, because what differs is in the parameters. A partial document would
# leave behind what the product no longer has.
KEEP_VECTOR = (
    "Map old = new HashMap(); old.putAll(ctx._source); ctx._source.clear();"
    " ctx._source.putAll(params.doc);"
    " if (old.embedding_text_hash == params.text_hash) {"
    " for (name in params.keep) { if (old.containsKey(name)) { ctx._source[name] = old[name] } } }"
)


def keep_vector_action(product: Product, *, field: str) -> Action:
    """Return the bulk item that replaces a document but not the vector of its unchanged text.

    Should the stored text have changed since it was looked at, the vector is dropped: a later run
    makes a new one. Elasticsearch 9.2 and newer leave vectors out of `_source` in answers, but not
    in updates (checked on 9.4.3 and 8.14.1).
    """
    keep = [field, *VECTOR_FIELDS]
    hashes = orjson.dumps({"document_hash": product.document_hash})
    document = b"%b,%b" % (product.body[:-1], hashes[1:])
    rest = orjson.dumps({"keep": keep, "text_hash": product.text_hash})
    params = b'{"doc":%b,%b' % (document, rest[1:])
    return script_action(product.id, KEEP_VECTOR, params, upsert=True)


def script_action(product_id: str, source: str, params: bytes, *, upsert: bool) -> Action:
    """Return the bulk item that runs a script on a document.

    Args:
        product_id: Its `_id`.
        source: Painless.
        params: As JSON.
        upsert: Whether the script makes the document where there is none.
    """
    head = orjson.dumps({"update": {"_id": product_id, "retry_on_conflict": 3}})
    made = b',"scripted_upsert":true,"upsert":{}' if upsert else b""
    script = b'{"script":{"source":%b,"params":%b}%b}' % (orjson.dumps(source), params, made)
    return Action(product_id, b"%b\n%b\n" % (head, script))


def body_end(actions: Sequence[Action], start: int, *, most: int, max_bytes: int) -> int:
    """Return where the bulk request that begins at `start` ends; what is too large goes alone.

    Example:
        >>> body_end([Action("a", b"12345"), Action("b", b"123"), Action("c", b"1")], 0, most=9, max_bytes=8)
        2
    """
    size = 0
    for end in range(start, min(start + most, len(actions))):
        size += len(actions[end].lines)
        if size > max_bytes and end > start:
            return end
    return min(start + most, len(actions))


STALE = "stale: what is stored comes from a newer feed"
"""The reason of an item that a script left as it was."""
NOT_FOUND = "404 there is no such product"
"""The reason of a delete or an update that found nothing."""
_GONE = "document_missing_exception"
TRANSIENT = BUSY_STATUSES | {409}
"""Statuses of a write that may succeed later. 409: another writer came first, and a second try starts
from what that one left."""


def item_reasons(answer: Mapping[str, Any], count: int) -> list[tuple[bool, str] | None]:
    """Return one entry per item: `None` when stored, else whether to try again, and the reason.

    Args:
        answer: The body of a bulk response.
        count: Items of the request; an item without an answer is tried again.
    """
    items = answer.get("items") or []
    found = [_reason(*next(iter(item.items()), ("", {}))) for item in items[:count]]
    return found + [(True, "no answer for this item")] * (count - len(found))


def worst_status(results: Iterable[tuple[bool, str] | None]) -> int | None:
    """Return 429 where an item was rejected because the server is busy, else any item's status.

    Example:
        >>> worst_status([None, (True, "409 conflict"), (True, "429 busy")])
        429
    """
    found = {int(r[1][:3]) for r in results if r is not None and r[0] and r[1][:3].isdigit()}
    return 429 if 429 in found else next(iter(found), None)


def _reason(kind: str, result: Mapping[str, Any]) -> tuple[bool, str] | None:
    status = int(result.get("status", 0))
    if 200 <= status < 300:
        return (False, STALE) if result.get("result") == "noop" else None
    error = result.get("error") or {}
    if status == 404 and error.get("type", _GONE) == _GONE:
        return False, NOT_FOUND
    reason = sanitize_reason(str(error.get("type", "")), str(error.get("reason", "")))
    changed = kind == "delete" and status == 409  # it named a version, and there is a newer one
    return status in TRANSIENT and not changed, f"{status} {reason}".strip()


_PREVIEW = re.compile(r"[.,;]?\s*Preview of .*", re.DOTALL | re.IGNORECASE)
_INPUT = re.compile(r"For input string: .*", re.DOTALL)
_LONG_QUOTE = re.compile(r"(\[|'|\")[^\]'\"]{80,}")


def sanitize_reason(kind: str, reason: str) -> str:
    """Return Elasticsearch's reason without the document's content that it quotes.

    Example:
        >>> sanitize_reason("document_parsing_exception",
        ...                 "failed to parse field [price]. Preview of field's value: 'secret'")
        'document_parsing_exception: failed to parse field [price]'
    """
    for pattern, by in ((_PREVIEW, ""), (_INPUT, ""), (_LONG_QUOTE, r"\1…")):
        reason = pattern.sub(by, reason)
    return f"{kind}: {reason}"[:300].rstrip(": ")


def read_stored(docs: Iterable[Mapping[str, Any]]) -> dict[str, Stored]:
    """Return what is stored, by id."""
    return {
        str(doc["_id"]): Stored(
            (doc.get("_source") or {}).get("document_hash"),
            (doc.get("_source") or {}).get("embedding_text_hash"),
            (doc.get("_source") or {}).get("feed_time"),
        )
        for doc in docs
    }
