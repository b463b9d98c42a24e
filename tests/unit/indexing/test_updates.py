"""A row of changes becomes a script, or a reason; the hash is what a full feed would write."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.indexing.actions import NOT_FOUND, Step
from es_hybrid.indexing.feed import Chunk
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.sources import Preparation, Product, Rejected
from es_hybrid.indexing.updates import (
    ChangePreparation,
    Document,
    Updates,
    plan_updates,
    read_documents,
)

FIELDS = FieldMap()
STORED = {"id": "1", "title": "Shoe", "price": 5.0, "currency": "EUR", "stock": 3}


def row(**changes: Any) -> Product:
    found = ChangePreparation(FIELDS)({"id": "1", **changes}, position=4)
    assert isinstance(found, Product)
    return found


def document(product: dict[str, Any], **changes: Any) -> Document:
    full = Preparation(FIELDS, BudgetedText(ProductText()))(product, position=1)
    assert isinstance(full, Product)
    content = orjson.loads(full.body)
    content.pop("attributes_text", None)
    held = {"has_vector": True, "feed_time": None, "document_hash": full.document_hash}
    return Document(content=content, **held | changes)


def planned(product: Product, stored: Document | None, **options: Any) -> Updates:
    documents = {} if stored is None else {"1": stored}
    return plan_updates(Chunk((product,)), documents, fields=FIELDS, text=ProductText(), **options)


def params(updates: Updates) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(updates.actions[0].lines.splitlines()[1])
    assert "upsert" not in found, "an update never makes a product"
    parameters: dict[str, Any] = found["script"]["params"]
    return parameters


def test_only_what_differs_is_written() -> None:
    """Equal values are not sent; a row of nothing else is unchanged."""
    updates = planned(row(price="6", stock=3), document(STORED))
    assert params(updates)["changes"] == {"price": 6.0}
    updates = planned(row(price=5, stock="", title=None), document(STORED))
    assert (updates.actions, updates.planned.decisions[0].step) == ({}, Step.UNCHANGED)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "price": st.floats(0, 1e9),
            "stock": st.integers(0, 10**9),
            "rating": st.floats(0, 5),
            "tags": st.lists(st.text(min_size=1, max_size=5), max_size=3),
        },
    )
)
def test_the_hash_is_the_one_of_a_full_feed(changes: dict[str, Any]) -> None:
    """The next feed that has the same values finds the product unchanged."""
    updates = planned(row(**changes), document(STORED))
    if updates.actions:
        given_new = {name: value for name, value in changes.items() if value != []}
        assert params(updates)["now"] == document({**STORED, **given_new}).document_hash


def test_a_hash_that_is_not_understood_is_not_made_anew() -> None:
    """Of a product that brought its vector the hash covers more than what can be read."""
    updates = planned(row(price=6), document(STORED, document_hash="of content and vector"))
    assert params(updates)["now"] is None


def test_the_text_of_a_vector_does_not_change() -> None:
    """A title is refused where a vector stands for it, and is a field like others where not."""
    updates = planned(row(title="Boot"), document(STORED))
    assert updates.actions == {}
    assert updates.reasons == [
        "changes the text that is embedded (title); ingest the whole product instead"
    ]
    updates = planned(row(title="Boot"), document(STORED, has_vector=False))
    assert params(updates)["changes"] == {"title": "Boot"}


def test_a_product_that_is_not_there_is_not_made() -> None:
    """A typo in an id is a failure, not a product without a title."""
    updates = planned(row(price=1), None)
    assert (updates.actions, updates.reasons) == ({}, [NOT_FOUND])


@pytest.mark.parametrize(
    ("changes", "currency"),
    [
        ({"price": "¥6"}, None),
        ({"price": "$6"}, None),
        ({"price": "£6"}, "GBP"),
        ({"price": 6, "currency": "¥"}, "¥"),
    ],
)
def test_a_symbol_that_says_less_does_not_replace_a_currency(
    changes: dict[str, Any], currency: str | None
) -> None:
    """`¥` may be yen or yuan; what the row names itself is taken as it is."""
    updates = planned(row(**changes), document(STORED))
    assert params(updates)["changes"].get("currency") == currency


def test_times_are_compared() -> None:
    """An older row is stale; an equal one of a newer time notes the time."""
    held = document(STORED, feed_time="2026-11-20")
    stale = planned(row(price=6), held, feed_time="2026-11-19")
    assert (stale.actions, stale.planned.decisions[0].step) == ({}, Step.STALE)
    same = planned(row(price=5), held, feed_time="2026-11-21")
    assert same.planned.decisions[0].step is Step.UNCHANGED
    assert params(same)["changes"] == {}


def test_rows_that_cannot_be_read_are_rejected() -> None:
    """Unknown fields are named with the nearest one that is known."""
    for item, reason in [
        (
            {"id": "1", "pric": 5},
            "field 'pric' is not one that can be updated; did you mean 'price'?",
        ),
        ({"id": "1", "zzz": 5}, "field 'zzz' is not one that can be updated"),
        ({"price": 5}, "no id: field 'id' is missing or empty"),
        ({"id": "1", "stock": 1.5}, "field 'stock' is not a whole number"),
    ]:
        found = ChangePreparation(FIELDS)(item, position=4)
        assert isinstance(found, Rejected)
        assert (found.failure.line, found.failure.reason) == (4, reason)


def test_stored_documents_are_read_without_what_is_ours() -> None:
    """The vector field may have any name."""
    source = {"id": "1", "v": [1], "document_hash": "d", "embedding_text_hash": "t", "price": 1}
    assert read_documents([{"_id": "1", "_source": source}], vector_field="v") == {
        "1": Document({"id": "1", "price": 1}, "d", has_vector=True, feed_time=None)
    }
