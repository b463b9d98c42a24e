"""Changes of some fields of a product: what is written, and what is refused.

An update leaves the vector and everything else of the document where it is, so it must not change
the text that the vector stands for. The document's hash goes along: it is made anew from what is
stored and what changes, so that the next full feed sees what it would have seen had it written the
product itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from es_hybrid.indexing.actions import NOT_FOUND, Action, Decision, Step, script_action
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.feed import Chunk
from es_hybrid.indexing.feed_times import IS_NEWER
from es_hybrid.indexing.fields import OWN_FIELDS, FieldMap
from es_hybrid.indexing.outcomes import Planned
from es_hybrid.indexing.product import TextBuilder, document_hash
from es_hybrid.indexing.sources import FeedItem, Product, Rejected, prepared
from es_hybrid.types import Json

__all__ = ["ChangePreparation", "Document", "Updates", "plan_updates", "read_documents"]

# The hash is only written where the document is still the one that it was made from; without one,
# the next full feed writes the product whole.
_SCRIPT = (
    f"if (params.feed_time != null && {IS_NEWER}) {{ ctx.op = 'none' }} else {{"
    " ctx._source.putAll(params.changes);"
    " if (params.now != null && ctx._source.document_hash == params.was)"
    " { ctx._source.document_hash = params.now } else { ctx._source.remove('document_hash') }"
    " if (params.feed_time != null) { ctx._source.feed_time = params.feed_time } }"
)
_ATTRIBUTES = "attributes"
_CURRENCY = "currency"


@dataclass(frozen=True, slots=True)
class ChangePreparation:
    """How a row of changes becomes one that is ready to be compared and written.

    Attributes:
        fields: Where each source field goes. A field that is empty or null is left as it is.
    """

    fields: FieldMap

    def __call__(self, item: FeedItem, *, position: int) -> Product | Rejected:
        """Return the changes of a row as the body of a product, or why there are none."""
        return prepared(item, position=position, id_of=self.fields.id_of, make=self._changes)

    def _changes(self, product_id: str, line: int, source: Mapping[str, Any]) -> Product:
        changes = self.fields.document(source)
        unknown = changes.pop(_ATTRIBUTES, None)
        if unknown is not None:
            raise BadValue(_unknown(next(iter(unknown)), self.fields))
        return Product(product_id, line, source, orjson.dumps(changes), document_hash="")


class Document(NamedTuple):
    """A product as it is stored.

    Attributes:
        content: What the shop said of it.
        document_hash: Kept with it.
        has_vector: Whether a vector stands for its text.
        feed_time: Of the feed that wrote it last.
    """

    content: Json
    document_hash: str | None
    has_vector: bool
    feed_time: str | None


class Updates(NamedTuple):
    """What is done with a chunk of changes.

    Attributes:
        planned: The chunk, with a decision a row.
        reasons: Why a row is refused; `None` where it is not.
        actions: Bulk items by the place of their row.
    """

    planned: Planned
    reasons: list[str | None]
    actions: dict[int, Action]


def plan_updates(
    chunk: Chunk,
    stored: Mapping[str, Document],
    *,
    fields: FieldMap,
    text: TextBuilder,
    feed_time: str | None = None,
) -> Updates:
    """Decide what is written for each row.

    Args:
        chunk: As `ChangePreparation` prepares it.
        stored: Documents by id.
        fields: Where each source field goes.
        text: Builds the text that is embedded.
        feed_time: When the changes were made; then nothing newer is overwritten.
    """
    decisions: list[Decision] = []
    reasons: list[str | None] = []
    actions: dict[int, Action] = {}
    for place, row in enumerate(chunk.products):
        document = stored.get(row.id)
        step = Step.REPLACE
        reason: str | None = NOT_FOUND
        if document is not None:
            changes = _changed(row, document.content, fields=fields)
            reason = _refusal(document, changes, text=text)
            step = _step(document, changes, feed_time=feed_time)
            is_newer = feed_time is not None and document.feed_time != feed_time
            if reason is None and (step is Step.REPLACE or (step is Step.UNCHANGED and is_newer)):
                actions[place] = _action(row.id, changes, document, feed_time=feed_time)
        decisions.append(Decision(step))
        reasons.append(reason)
    return Updates(Planned(chunk, decisions, [None] * len(decisions)), reasons, actions)


def read_documents(
    docs: Iterable[Mapping[str, Any]], *, vector_field: str | None
) -> dict[str, Document]:
    """Return the stored products among documents, by id."""
    own = OWN_FIELDS | {vector_field}
    found = {}
    for doc in docs:
        source = doc.get("_source") or {}
        found[str(doc["_id"])] = Document(
            content={name: value for name, value in source.items() if name not in own},
            document_hash=source.get("document_hash"),
            has_vector=source.get("embedding_text_hash") is not None,
            feed_time=source.get("feed_time"),
        )
    return found


def _step(document: Document, changes: Json, *, feed_time: str | None) -> Step:
    if feed_time is not None and (document.feed_time or "") > feed_time:
        return Step.STALE
    return Step.REPLACE if changes else Step.UNCHANGED


def _changed(row: Product, content: Json, *, fields: FieldMap) -> Json:
    """Return the fields that have another value than the stored ones."""
    changes: Json = orjson.loads(row.body)
    found = changes.get(_CURRENCY)
    is_named = _CURRENCY in fields.sources or row.source.get(_CURRENCY)
    if found is not None and not is_named and not found.isalpha() and content.get(_CURRENCY):
        del changes[_CURRENCY]  # `¥` or `$` beside a price says less than what is stored
    return {name: value for name, value in changes.items() if content.get(name) != value}


def _refusal(document: Document, changes: Json, *, text: TextBuilder) -> str | None:
    if not document.has_vector or text(document.content) == text(document.content | changes):
        return None
    names = ", ".join(sorted(changes))
    return f"changes the text that is embedded ({names}); ingest the whole product instead"


def _action(product_id: str, changes: Json, document: Document, *, feed_time: str | None) -> Action:
    was = document.document_hash
    is_known = was is not None and was == _hash(document.content)
    params = {
        "changes": changes,
        "was": was,
        "now": _hash(document.content | changes) if is_known else None,
        "feed_time": feed_time,
    }
    return script_action(product_id, _SCRIPT, orjson.dumps(params), upsert=False)


def _hash(content: Json) -> str:
    """Return the hash that ingestion gives this content; one of a brought vector is another."""
    return document_hash(orjson.dumps(content, option=orjson.OPT_SORT_KEYS))


def _unknown(name: str, fields: FieldMap) -> str:
    known = [field for field in fields.types if field not in OWN_FIELDS and field != "id"]
    near = difflib.get_close_matches(name, known, n=1)
    meant = f"; did you mean {near[0]!r}?" if near else ""
    return f"field {name!r} is not one that can be updated{meant}"
