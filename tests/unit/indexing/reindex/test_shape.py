"""The next index is planned from the present one, and the plan says all that was guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.first_load import marked_meta
from es_hybrid.indexing.mapping import fill_mapping, load_mapping
from es_hybrid.indexing.product import BudgetedText, ProductText
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind, ReindexPlan
from es_hybrid.indexing.reindex.shape import Live, Wanted, plan_of

OWN = {
    "dynamic": "strict",
    "properties": {
        "headline": {"type": "text", "fields": {"raw": {"type": "keyword"}}},
        "product_name": {"type": "text"},
        "vendor": {"properties": {"name": {"type": "keyword"}}},
        "ean": {"type": "keyword"},
        "image_url": {"type": "text"},
        "variants": {"type": "nested", "properties": {"title": {"type": "text"}}},
    },
}


def live(mappings: dict[str, Any], **settings: Any) -> Live:
    index = {"uuid": "u1", "number_of_shards": "1", "creation_date": "1", **settings}
    body = {"aliases": {"products": {}}, "mappings": mappings, "settings": {"index": index}}
    return Live("products", "products-1", body, 10)


def wanted(**options: Any) -> Wanted:
    return Wanted(**{"new_index": "products-2", "model": "m", "dims": 8} | options)


def ours(model: str = "m", dims: int = 8) -> dict[str, Any]:
    filled = fill_mapping(
        load_mapping("products"),
        dims=dims,
        model=model,
        text_version=BudgetedText(ProductText()).version,
    )
    mappings: dict[str, Any] = filled["mappings"]
    return mappings


def test_a_foreign_mapping_is_kept_and_added_to() -> None:
    """The shop's fields are there unchanged; ours stand beside them."""
    plan = plan_of(live(OWN), wanted())
    properties = plan.mappings["properties"]
    assert {name: properties[name] for name in OWN["properties"]} == OWN["properties"]
    assert properties["embedding"]["dims"] == 8
    assert plan.mappings["dynamic"] == "strict"
    meta = plan.mappings["_meta"]["es_hybrid"]
    assert meta["search_fields"] == ["product_name^3", "headline"]
    assert meta["code_fields"] == ["ean"]
    assert meta["rerank_fields"] == ["product_name", "vendor.name", "headline"]
    assert "embedding" not in OWN["properties"], "the live mapping is not changed"


def test_what_is_known_better_wins_over_guesses() -> None:
    """A shop names its fields where the guess is wrong."""
    plan = plan_of(live(OWN), wanted(fields={"text_fields": ("headline",), "code_fields": None}))
    assert plan.text_fields == ("headline",)
    assert plan.mappings["_meta"]["es_hybrid"]["code_fields"] == ["ean"]


def test_without_an_embedder_nothing_is_embedded() -> None:
    """An index can be searched by words, and the plan says so."""
    plan = plan_of(live(OWN), wanted(model=None, dims=None))
    assert (plan.copy, plan.names) == (CopyKind.SERVER, None)
    assert "searched by words only" in str(plan)


@pytest.mark.parametrize(
    ("model", "dims", "kind", "copy"),
    [
        ("m", 8, PlanKind.NEW_MAPPING, CopyKind.SERVER),
        ("other", 8, PlanKind.NEW_VECTORS, CopyKind.CLIENT),
        ("m", 16, PlanKind.NEW_VECTORS, CopyKind.CLIENT),
        (None, None, PlanKind.NEW_MAPPING, CopyKind.SERVER),
    ],
)
@pytest.mark.parametrize("template", [None, load_mapping("products")])
def test_vectors_stay_only_where_they_are_the_same(
    model: str | None, dims: int | None, kind: PlanKind, copy: CopyKind, template: Any
) -> None:
    """Another model or other dims embed everything again; the same ones embed nothing."""
    plan = plan_of(live(ours()), wanted(model=model, dims=dims, template=template))
    assert (plan.kind, plan.copy) == (kind, copy)
    assert plan.dims == (dims or 8)
    assert plan.mappings["properties"]["embedding"]["dims"] == (dims or 8)


def test_a_longer_text_embeds_again() -> None:
    """The text is part of what a vector stands for."""
    plan = plan_of(live(ours()), wanted(max_tokens=500))
    assert plan.kind is PlanKind.NEW_VECTORS


def test_identity_and_state_of_the_old_index_do_not_go_along() -> None:
    """The new index has its own UUID and is not closed to writes."""
    plan = plan_of(live(OWN, blocks={"write": "true"}, analysis={"x": 1}), wanted())
    assert plan.settings == {"number_of_shards": "1", "analysis": {"x": 1}}


def test_a_plan_survives_json() -> None:
    """A run that was killed goes on with the same plan."""
    plan = plan_of(live(OWN), wanted())
    assert ReindexPlan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_an_index_without_sequence_numbers_is_refused() -> None:
    """Changes could not be found, so nothing is begun."""
    with pytest.raises(ConfigurationError, match="no sequence numbers"):
        plan_of(live(OWN, disable_sequence_numbers="true"), wanted())


def test_an_index_under_its_first_load_is_refused() -> None:
    """Its settings are not those that were intended, and the new index must not take them over."""
    mappings = ours()
    mappings["_meta"] = marked_meta(mappings, {"refresh_interval": "1s"}, since="2026-11-21")
    with pytest.raises(ConfigurationError, match="filled for the first time"):
        plan_of(live(mappings, refresh_interval="-1"), wanted())


@pytest.mark.parametrize("template", [None, load_mapping("products")])
def test_what_the_newest_feed_lacked_is_remembered(template: Any) -> None:
    """An older feed that comes after a reindex brings no deleted product back."""
    mappings = ours()
    mappings["_meta"]["es_hybrid"]["complete_feed_time"] = "2026-11-21T03:00:00Z"
    plan = plan_of(live(mappings), wanted(template=template))
    assert plan.mappings["_meta"]["es_hybrid"]["complete_feed_time"] == "2026-11-21T03:00:00Z"
