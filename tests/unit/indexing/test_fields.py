"""Each field of a product goes where the map says, and nothing of it is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.fields import (
    OWN_FIELDS,
    PRODUCT_FIELDS,
    FieldMap,
    attributes_text,
    field_types,
    resolve,
)
from es_hybrid.indexing.mapping import fill_mapping, load_mapping


def test_known_fields_are_those_of_the_shipped_mapping() -> None:
    """What the field map offers is what the mapping takes, with the same types."""
    properties = fill_mapping(load_mapping("products"), dims=4, model="m")["mappings"]["properties"]
    assert field_types(properties) == dict(PRODUCT_FIELDS)
    assert set(properties) - set(PRODUCT_FIELDS) == OWN_FIELDS


def test_fields_are_mapped_kept_or_moved_to_attributes() -> None:
    """A mapped field moves, a known one stays, an unknown one becomes an attribute."""
    fields = FieldMap.parse("brand=supplier, description=short_description")
    document = fields.document(
        {
            "id": 7,
            "supplier": "Xerox",
            "short_description": "Toner",
            "title": "Toner 5",
            "attr_colour": "Black",
            "stock": "12",
        }
    )
    assert document == {
        "brand": "Xerox",
        "description": "Toner",
        "title": "Toner 5",
        "stock": 12,
        "attributes": {"attr_colour": "Black"},
    }


def test_a_known_name_that_the_map_gives_away_is_not_lost() -> None:
    """Where brand comes from supplier, the export's own brand becomes an attribute."""
    document = FieldMap.parse("brand=supplier").document({"brand": "own", "supplier": "theirs"})
    assert document == {"brand": "theirs", "attributes": {"brand": "own"}}


def test_a_dot_reaches_into_objects() -> None:
    """A nested export needs no flattening beforehand."""
    fields = FieldMap.parse("brand=vendor.name")
    vendor = {"name": "Fell", "city": "Bern"}
    assert fields.document({"vendor": vendor}) == {
        "brand": "Fell",
        "attributes": {"vendor": vendor},
    }
    assert fields.document({"vendor.name": "Fell"})["brand"] == "Fell"
    assert "brand" not in fields.document({"vendor": "Fell"})


@pytest.mark.parametrize(
    ("spec", "part"),
    [
        ("title", "'title' is not FIELD=SOURCE"),
        ("title=", "'title=' is not FIELD=SOURCE"),
        ("titel=name", "did you mean title?.*known are attributes, brand"),
        ("title=a,title=b", "'title' is given twice, in 'title=b'"),
        ("embedding=v", "unknown field 'embedding'"),
        ("id=sku", "use id_field='sku'"),
    ],
)
def test_a_wrong_map_names_the_bad_part(spec: str, part: str) -> None:
    """A typo in the map is answered with the part that is wrong and with what is known."""
    with pytest.raises(ConfigurationError, match=part):
        FieldMap.parse(spec)


def test_a_map_is_checked_against_the_live_index() -> None:
    """A map for another mapping is refused before a product is read."""
    assert resolve(None, id_field="sku", types={"title": "text"}).id_field == "sku"
    assert resolve("title=name", id_field="id", types={"title": "text"}).types == {"title": "text"}
    with pytest.raises(ConfigurationError, match="unknown field 'brand'"):
        resolve(FieldMap.parse("brand=x"), id_field="id", types={"title": "text"})


@pytest.mark.parametrize(
    ("product", "reason"),
    [
        ({}, "no id: field 'id' is missing or empty"),
        ({"id": " "}, "missing or empty"),
        ({"id": ["a", "b"]}, "several ids"),
        ({"id": "x" * 513}, "longer than 512 bytes"),
    ],
)
def test_a_product_without_a_usable_id_is_refused(product: dict[str, Any], reason: str) -> None:
    """One bad id is one rejected product; unchecked, it fails its whole bulk request."""
    with pytest.raises(BadValue, match=reason):
        FieldMap().id_of(product)


def test_a_wrong_value_names_its_field_and_not_itself() -> None:
    """The reason says which field and why, without the product's content."""
    with pytest.raises(BadValue, match="field 'price' is not a number") as caught:
        FieldMap().document({"price": "secret"})
    assert "secret" not in str(caught.value)


def test_a_currency_beside_the_price_is_noted_unless_the_product_says_it() -> None:
    """The product's own currency wins over a symbol."""
    assert FieldMap().document({"price": "€ 5"}) == {"price": 5.0, "currency": "EUR"}
    product = {"currency": "CNY", "price": "¥5"}
    assert FieldMap().document(product) == {"price": 5.0, "currency": "CNY"}
    swapped = {"price": "¥5", "currency": "CNY"}
    assert FieldMap().document(swapped) == {"price": 5.0, "currency": "CNY"}


@pytest.mark.parametrize(
    ("attributes", "stored"),
    [
        ({"a": 1, "b": None, "c": "", "d": {"e": []}}, {"a": 1}),
        ([{"name": "a", "value": "x"}], {"a": "x"}),
        ('{"a": "x"}', {"a": "x"}),
        ("red, wool", {"attributes": "red, wool"}),
        ("{odd", {"attributes": "{odd"}),
        ({" a\0b ": "x", "": "y"}, {"ab": "x", "_": "y"}),
    ],
)
def test_attributes_in_every_common_form_become_one_object(attributes: Any, stored: Any) -> None:
    """Pairs, JSON text or plain text: what Elasticsearch would refuse or ignore is cleaned."""
    assert FieldMap().document({"attributes": attributes})["attributes"] == stored


def test_our_own_fields_cannot_be_filled_by_a_feed() -> None:
    """A feed made from an index does not carry over hashes that would hide changes."""
    document = FieldMap().document(
        {"title": "a", "document_hash": "x", "embedding": [1], "embedding_text_hash": "y"}
    )
    assert document == {"title": "a"}


def test_only_words_of_attributes_are_searched() -> None:
    """Numbers and flags alone say nothing to a word search."""
    assert attributes_text({"a": "red", "b": 3, "c": True, "d": {"e": ["wool", 1]}}) == "red wool"
    assert attributes_text(None) == ""


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.text(max_size=5), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=6,
    )
)
def test_any_object_becomes_a_document_or_is_refused(product: dict[str, Any]) -> None:
    """Whatever an export holds, one product is at worst one rejection."""
    try:
        document = FieldMap().document(product)
    except BadValue:
        return
    assert set(document) <= set(PRODUCT_FIELDS)


def test_another_id_field_keeps_the_exports_own_id() -> None:
    """Where the SKU is the id, the export's id is still there."""
    fields = FieldMap(id_field="sku")
    assert fields.document({"sku": "a", "id": 7}) == {"sku": "a", "attributes": {"id": 7}}
    assert FieldMap(id_field="nr").document({"nr": 1}) == {}


def test_attributes_may_be_mapped_and_join_the_others() -> None:
    """Attributes under another name are merged with the fields that have no place of their own."""
    document = FieldMap.parse("attributes=specs").document({"specs": '{"a": 1}', "b": 2})
    assert document == {"attributes": {"a": 1, "b": 2}}


def test_a_shops_own_mapping_decides_what_is_known() -> None:
    """A map is checked against the live index; types without a rule pass as they are."""
    types = {"title": "text", "in_stock": "boolean", "note": "wildcard"}
    fields = resolve(FieldMap.parse("title=name"), id_field="id", types=types)
    document = fields.document({"name": "a", "in_stock": True, "note": "", "brand": "b"})
    assert document == {"title": "a", "in_stock": True, "attributes": {"brand": "b"}}


def test_a_live_mapping_offers_what_a_source_may_fill() -> None:
    """Vector fields and our own are not a source's to fill; objects are."""
    properties = {"v": {"type": "dense_vector"}, "document_hash": {"type": "keyword"}, "o": {}}
    assert field_types(properties) == {"o": "object"}


def test_tags_and_eans_become_lists() -> None:
    """A CSV cell with several tags or EANs is several tags or EANs."""
    document = FieldMap().document({"tags": "summer, light", "ean": ["0095205603217"]})
    assert document == {"tags": ["summer", "light"], "ean": ["0095205603217"]}
