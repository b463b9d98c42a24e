"""What is searched for, given what there is to go by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from es_hybrid.policies import Exclusion, Policies
from es_hybrid.query.schema import IndexSchema, VectorField
from es_hybrid.rank.personal import Event, Shopper
from es_hybrid.recommend.decide import Aim, Known, aim_of, excluding
from es_hybrid.recommend.queries import NOTHING
from es_hybrid.recommend.request import read_recommend
from es_hybrid.recommend.seeds import Seed
from es_hybrid.settings import RecommendSettings
from es_hybrid.types import DegradationReason as Reason
from es_hybrid.types import Recommended

FIELDS = frozenset({"brand", "category_path", "price", "sales_7d", "created_at"})
VECTOR = np.array([0.6, 0.8], dtype=np.float32)
SHOE = Seed(
    "p1",
    {
        "title": "trail shoe",
        "brand": "Acme",
        "category_path": ["shoes", "shoes > trail"],
        "price": 90,
    },
    VECTOR,
)
BARE = Seed("p2", {})


def known(*seeds: Seed, **changes: Any) -> Known:
    schema = IndexSchema(vector=VectorField("embedding", dims=2), doc_value_fields=FIELDS)
    usual = {"rows": {}, "schema": schema, "settings": RecommendSettings(), "now_s": 0.0}
    return Known(seeds, **{**usual, **changes})


def aim(base: Known, **arguments: Any) -> Aim:
    return aim_of(read_recommend("products", **arguments), base)


def reasons(found: Aim) -> list[Reason]:
    return [lack.reason for lack in found.lacks]


def test_similar_has_both_legs() -> None:
    """Titles by words, and the vector between the products."""
    found = aim(known(SHOE), like="p1")
    assert (found.made, found.lacks) == (Recommended.SIMILAR, ())
    assert found.vector == pytest.approx(VECTOR)
    assert "trail shoe" in str(found.query)


def test_without_a_vector_words_go_on() -> None:
    """A product that is not embedded yet is still like others by its title."""
    seed = Seed("p1", SHOE.source)
    found = aim(known(seed), like="p1")
    assert (found.made, found.vector) == (Recommended.SIMILAR, None)
    assert reasons(found) == [Reason.NO_VECTORS]
    bare = known(seed, schema=IndexSchema(doc_value_fields=FIELDS))
    assert reasons(aim(bare, like="p1")) == [Reason.NO_VECTOR_FIELD]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ({"like": "gone"}, [Reason.NO_SEEDS]),
        ({"cart": ["gone"]}, [Reason.NO_ORDERS, Reason.NO_SEEDS]),
        ({"user": {}}, [Reason.NO_HISTORY]),
        ({"user": {"opt_out": True, "brands": ["Acme"]}}, [Reason.NO_HISTORY]),
        ({"user": {"prices": {"highest": 50}}}, [Reason.NO_HISTORY]),
        ({}, []),
    ],
)
def test_nothing_to_go_by_is_trending(arguments: dict[str, Any], wanted: list[Reason]) -> None:
    """A cold start is what sells, and says for want of what."""
    found = aim(known(), **arguments)
    assert found.made is Recommended.TRENDING
    assert reasons(found) == wanted


def test_a_product_without_anything_says_nothing() -> None:
    """Neither title nor vector is no seed."""
    found = aim(known(BARE), like="p2")
    assert found.made is Recommended.TRENDING
    assert reasons(found) == [Reason.NO_VECTORS, Reason.NO_SEEDS]


def test_orders_decide_what_goes_with_a_cart() -> None:
    """Where orders are known they are the query, and vectors look in other categories alone."""
    found = aim(known(SHOE, rows={"p1": {"sock": 0.3, "p1": 0.9}}), cart=["p1"])
    assert found.made is Recommended.BOUGHT_TOGETHER
    assert "sock" in str(found.query)
    assert "p1" not in str(found.query)
    assert "shoes > trail" in str(found.elsewhere)
    assert found.filters == ()


def test_without_orders_complements_are_of_other_categories() -> None:
    """The last of a path's categories is the product's own; both legs leave it out."""
    found = aim(known(SHOE), cart=["p1"])
    assert found.made is Recommended.COMPLEMENTS
    assert reasons(found) == [Reason.NO_ORDERS]
    (clause,) = found.filters
    assert clause["bool"]["must_not"] == [{"terms": {"category_path": ["shoes > trail"]}}]
    schema = IndexSchema(vector=VectorField("embedding", dims=2))
    plain = aim(known(SHOE, schema=schema), cart=["p1"])
    assert reasons(plain) == [Reason.NO_ORDERS, Reason.NO_DOC_VALUES]


def test_a_shopper_is_known_by_products() -> None:
    """Events that name a product alone take brand, category and price from it."""
    shopper = Shopper((Event("purchase", product_id="p1"),))
    found = aim(known(SHOE), user=shopper)
    assert found.made is Recommended.FOR_YOU
    assert "Acme" in str(found.query)
    assert [boost.name for boost in found.boosts] == ["shopper"]
    stated = aim(known(), user={"brands": ["Acme"]})
    assert (stated.made, stated.vector) == (Recommended.FOR_YOU, None)


def test_a_shopper_beside_products_is_a_boost() -> None:
    """What is similar stays what it is; what suits is raised."""
    found = aim(known(SHOE), like="p1", user={"brands": ["Acme"]})
    assert found.made is Recommended.SIMILAR
    assert [boost.name for boost in found.boosts] == ["shopper"]
    assert aim(known(SHOE), like="p1", user={"opt_out": True}).boosts == ()


def test_vectors_alone_are_enough() -> None:
    """A product without a title is searched by its vector."""
    assert aim(known(Seed("p1", {}, VECTOR)), like="p1").query is NOTHING


def test_what_was_seen_is_left_out_with_its_variants() -> None:
    """Seeds, what the caller shows already, the shopper's past, and other colours of the seeds."""
    seed = Seed("p1", {"group": "g1"})
    request = read_recommend("products", like="p1", seen=["p7"])
    base = Policies(exclusions=(Exclusion(ids=("x",)),), variants="group")
    found = excluding(base, request, known(seed), past=["p9"]).exclusions
    assert [each.ids for each in found] == [("x",), ("p1", "p7", "p9"), ()]
    assert found[2].values == ("g1",)
    assert excluding(Policies(), read_recommend("products"), known(), past=()) == Policies()
