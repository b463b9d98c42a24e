"""Rules on a real Elasticsearch: what is left out leaves no holes, what is moved loses nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from es_hybrid import AsyncHybridClient, RequestError, Settings
from es_hybrid.types import DegradationReason, Stage
from tests.support.shops import shop_products

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
TEXT = "running shoe"
WORDS: dict[str, Any] = {"multi_match": {"query": TEXT, "fields": ["title^3", "description"]}}
PRODUCTS = {product["id"]: product for product in shop_products()}
SOLD_OUT = {id_ for id_, product in PRODUCTS.items() if not product["in_stock"]}
STOCK = {"field": "in_stock", "equals": True}


def ids(response: Any) -> list[str]:
    return [hit["_id"] for hit in response["hits"]["hits"]]


def ruled(rules: Any, **options: Any) -> dict[str, Any]:
    return {"hybrid": {"rules": rules, **options}}


EXPLORE = {
    "created_field": "created",
    "younger_than_days": 36_500,
    "impressions_field": "sales",
    "until_impressions": 12,
    "per": 7,
    "first_place": 3,
}
RULES: dict[str, dict[str, Any]] = {
    "demote": {"stock": {**STOCK, "action": "demote"}},
    "bury": {"stock": {**STOCK, "action": "bury"}},
    "hide": {"stock": {**STOCK, "action": "hide"}},
    "substitute": {"stock": {**STOCK, "action": "substitute", "group": "group"}},
    "caps": {"caps": [{"field": "brand", "most": 2, "per": 5}]},
    "variety by field": {"diversity": {"field": "category", "strength": 0.6, "first": 12}},
    "variety by vectors": {"diversity": {"strength": 0.6, "first": 12}},
    "new products": {"explore": EXPLORE},
    "pins": {"pins": [{"ids": ["p70", "p00", "gone"], "position": 2}]},
    "excludes": {"excludes": [{"ids": ["p01"]}, {"field": "brand", "equals": "Norvik"}]},
    "variants": {"variants": "group"},
    "all at once": {
        "boosts": [{"field": "sales", "scale": 100, "factor": 1.5}],
        "limits": {"places": 3},
        "stock": {**STOCK, "action": "bury"},
        "diversity": {"field": "category", "strength": 0.3, "first": 10},
        "caps": [{"field": "brand", "most": 4, "per": 10}],
        "explore": EXPLORE,
        "pins": [{"ids": ["p70"], "position": 4}],
        "excludes": [{"ids": ["p01"]}],
    },
}


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("window", [12, 100])
async def test_pages_are_disjoint_and_complete(
    async_open_shop: OpenShop, products_index: str, name: str, window: int
) -> None:
    """Page by page, past the candidates too, each product that can be found comes once."""
    shop = async_open_shop()
    options = {"window": window}
    whole = await shop.search(
        index=products_index, query=WORDS, size=72, ext=ruled(RULES[name], **options)
    )
    paged: list[str] = []
    for from_ in range(0, 77, 7):
        page = await shop.search(
            index=products_index,
            query=WORDS,
            from_=from_,
            size=7,
            ext=ruled(RULES[name], **options),
        )
        paged += ids(page)
        assert page.total == whole.total
        assert page.hybrid.degraded == ()
        assert page.hybrid.rules == "request"
    assert paged == ids(whole)
    assert max(Counter(paged).values()) == 1
    if name != "variants":  # Elasticsearch's total counts variants, too
        assert len(paged) == whole.total
    scores = [hit["_score"] for hit in whole["hits"]["hits"]]
    assert scores == sorted(scores, reverse=True)


async def test_hidden_products_are_in_no_hit_total_or_facet(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """What is hidden or excluded is not found by any leg, and facets do not count it."""
    rules = {
        "stock": {**STOCK, "action": "hide"},
        "excludes": [{"field": "brand", "equals": "Norvik"}],
    }
    response = await async_open_shop().search(
        index=products_index,
        query=WORDS,
        size=72,
        aggs={"brands": {"terms": {"field": "brand"}}, "stock": {"terms": {"field": "in_stock"}}},
        ext=ruled(rules),
    )
    found = set(ids(response))
    assert found
    assert not found & SOLD_OUT
    assert all(PRODUCTS[id_]["brand"] != "Norvik" for id_ in found)
    keys = {bucket["key"] for bucket in response["aggregations"]["brands"]["buckets"]}
    assert "Norvik" not in keys
    assert [b["key"] for b in response["aggregations"]["stock"]["buckets"]] == [1]
    wanted = {i for i, p in PRODUCTS.items() if p["in_stock"] and p["brand"] != "Norvik"}
    assert response.total == len(wanted) == len(found)


@pytest.mark.parametrize("action", ["hide", "bury"])
async def test_a_product_without_the_field(
    async_open_shop: OpenShop, make_index: Callable[..., str], action: str
) -> None:
    """A product that says nothing of its stock counts as the rule says."""
    products = [p for p in shop_products() if p["title"].startswith("Fellgate")]
    products[0] = {name: v for name, v in products[0].items() if name != "in_stock"}
    index, shop = make_index(products), async_open_shop()
    for missing, shown in (("in_stock", True), ("sold_out", False)):
        rule = {**STOCK, "action": action, "missing": missing}
        found = ids(
            await shop.search(index=index, query=WORDS, size=72, ext=ruled({"stock": rule}))
        )
        top = (
            found if action == "hide" else found[: sum(p.get("in_stock", shown) for p in products)]
        )
        assert (products[0]["id"] in top) is shown


@pytest.mark.parametrize("plan", ["msearch_fusion", "single", "lexical_only"])
async def test_pins_stand_and_are_counted_once(
    async_open_shop: OpenShop, products_index: str, plan: str
) -> None:
    """A pinned product that is no candidate comes in, whatever the plan; the total stays honest."""
    shop = async_open_shop()
    options: dict[str, Any] = {"plan": plan, "window": 10, "min_similarity": 1.0}
    plain = await shop.search(index=products_index, query=WORDS, size=72, ext={"hybrid": options})
    rules = {"pins": [{"ids": ["p70", "p17"], "position": 3, "when": {"query": "RUNNING  shoe"}}]}
    pinned = await shop.search(
        index=products_index, query=WORDS, size=72, ext=ruled(rules, explain=True, **options)
    )
    assert ids(pinned)[2:4] == ["p70", "p17"]
    assert "p70" not in ids(plain), "no word of the query is in it"
    assert "p17" in ids(plain), "its words match"
    assert (pinned.total, pinned.hybrid.added) == (plain.total + 1, plain.hybrid.added + 1)
    rest = [id_ for id_ in ids(pinned) if id_ not in {"p70", "p17"}]
    assert rest == [id_ for id_ in ids(plain) if id_ != "p17"]
    part = next(part for (_, id_), part in pinned.hybrid.parts.items() if id_ == "p70")
    assert (part.position, part.moves[-1].after) == (3, 3)
    assert part.why.endswith("pinned.")


@pytest.mark.parametrize(
    "narrowed",
    [
        {"query": {"bool": {"must": [WORDS], "filter": [{"term": {"brand": "Norvik"}}]}}},
        {"query": WORDS, "post_filter": {"term": {"brand": "Norvik"}}},
    ],
)
async def test_a_pin_that_the_filters_exclude_stays_out(
    async_open_shop: OpenShop, products_index: str, narrowed: dict[str, Any]
) -> None:
    """Whoever filters by brand gets no pinned product of another brand; the rule closes up."""
    norvik = next(
        i for i, p in PRODUCTS.items() if p["brand"] == "Norvik" and p["category"] == "audio"
    )
    ostara = next(i for i, p in PRODUCTS.items() if p["brand"] == "Ostara")
    rules = {"pins": [{"ids": [ostara, norvik]}]}
    response = await async_open_shop().search(
        index=products_index, size=72, ext=ruled(rules), **narrowed
    )
    assert ids(response)[0] == norvik
    assert ostara not in ids(response)


async def test_an_excluded_product_is_not_pinned(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """Leaving out wins over pinning, and so does hiding what is sold out."""
    rules = {
        "pins": [{"ids": ["p01", "p04", "p02"]}],
        "excludes": [{"ids": ["p01"]}],
        "stock": {**STOCK, "action": "hide"},
    }
    response = await async_open_shop().search(
        index=products_index, query=WORDS, size=72, ext=ruled(rules)
    )
    assert "p04" in SOLD_OUT
    assert ids(response)[0] == "p02"
    assert not {"p01", "p04"} & set(ids(response))


async def test_a_pin_where_nothing_matches(async_open_shop: OpenShop, products_index: str) -> None:
    """A campaign's product is shown even for words that no product has."""
    query = {"multi_match": {"query": "qwertz", "fields": ["title"]}}
    response = await async_open_shop().search(
        index=products_index,
        query=query,
        ext=ruled({"pins": [{"ids": ["p70"], "position": 4}]}, plan="lexical_only"),
    )
    assert (ids(response), response.total, response.hybrid.added) == (["p70"], 1, 1)


async def test_many_searches_obey_rules_as_one_does(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """`msearch` gives each search the order that `search` gives it."""
    shop = async_open_shop()
    searches: list[dict[str, Any]] = []
    for rules in RULES.values():
        searches += [{"index": products_index}, {"query": WORDS, "size": 20, "ext": ruled(rules)}]
    answers = await shop.msearch(searches=searches)
    for rules, answer, info in zip(
        RULES.values(), answers["responses"], answers.hybrid, strict=True
    ):
        alone = await shop.search(index=products_index, query=WORDS, size=20, ext=ruled(rules))
        assert ids(answer) == ids(alone)
        assert info is not None
        assert info.rules == "request"


async def test_caps_and_variety_show(async_open_shop: OpenShop, products_index: str) -> None:
    """A cap holds on each page, and variety by vectors brings other kinds of product up."""
    shop = async_open_shop()
    capped = await shop.search(index=products_index, query=WORDS, size=10, ext=ruled(RULES["caps"]))
    for start in (0, 5):
        brands = Counter(PRODUCTS[id_]["brand"] for id_ in ids(capped)[start : start + 5])
        assert max(brands.values()) <= 2
    plain = await shop.search(index=products_index, query=WORDS, size=12)
    varied = await shop.search(
        index=products_index,
        query=WORDS,
        size=12,
        ext=ruled({"diversity": {"strength": 0.9, "first": 12}}, explain=True),
    )
    kinds = [
        len({PRODUCTS[id_]["title"].split()[1] for id_ in ids(page)}) for page in (plain, varied)
    ]
    assert kinds[1] > kinds[0]
    assert varied.hybrid.timings_ms[Stage.RULES] > 0
    assert any("variety" in part.why for part in varied.hybrid.parts.values())


async def test_a_named_brand_is_not_capped(async_open_shop: OpenShop, products_index: str) -> None:
    """A shopper who types the brand gets the brand."""
    query = {"multi_match": {"query": "norvik shoe", "fields": ["title^3"]}}
    rules = {"caps": [{"field": "brand", "most": 1, "per": 10}]}
    response = await async_open_shop().search(
        index=products_index, query=query, size=6, ext=ruled(rules)
    )
    assert {PRODUCTS[id_]["brand"] for id_ in ids(response)} == {"Norvik"}


async def test_boosts_by_condition_and_profile(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A boost takes part only where its condition holds; a profile stands in for all others."""
    rules = {
        "boosts": [
            {"field": "colour", "equals": "red", "factor": 2.0, "when": {"words": ["shoe"]}},
            {"field": "colour", "equals": "blue", "factor": 2.0, "when": {"context": {"who": "b"}}},
        ],
        "profiles": {"promo-1111": [{"ids": ["p26"], "factor": 2.0}]},
    }
    shop = async_open_shop(settings=Settings(rules={"inline": rules}))

    async def factors(**options: Any) -> set[str]:
        response = await shop.search(
            index=products_index, query=WORDS, size=5, ext={"hybrid": {"explain": True, **options}}
        )
        assert response.hybrid.rules == (None if options.get("rules") is False else "settings")
        return {name for part in response.hybrid.parts.values() for name in part.factors}

    assert await factors() == {"colour=red"}
    assert await factors(context={"who": "b"}) == {"colour=red", "colour=blue"}
    assert await factors(context={"who": ["a", "b"]}) == {"colour=red", "colour=blue"}
    assert await factors(boosts="promo-1111") == {"list of 1"}
    assert await factors(boosts=[]) == set()
    assert await factors(rules=False) == set()
    with pytest.raises(RequestError, match=r"ext\.hybrid\.boosts: names no profile") as caught:
        await factors(boosts="promo-1212")
    assert "promo-1111" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "cheap_first"),
    [
        ("running shoe under €30", True),
        ("running shoe 预算30元", False),
        ("running shoe", False),
    ],
)
async def test_a_budget_in_the_query(
    async_open_shop: OpenShop, make_index: Callable[..., str], text: str, cheap_first: bool
) -> None:
    """What is within the budget comes up; a budget in another currency says nothing."""
    from tests.support.shops import shop_mapping  # noqa: PLC0415

    mapping = shop_mapping()
    mapping["_meta"]["es_hybrid"]["money"] = {"currency": "EUR", "unit": "major"}
    query = {"multi_match": {"query": text, "fields": ["title^3"]}}
    response = await async_open_shop().search(
        index=make_index(mapping=mapping),
        query=query,
        size=10,
        ext=ruled({"budget": {"factor": 0.5, "softness": 0.05}}, explain=True),
    )
    named = {name for part in response.hybrid.parts.values() for name in part.factors}
    assert bool(named) is cheap_first
    if cheap_first:
        assert [PRODUCTS[id_]["price"] <= 30 for id_ in ids(response)[:5]] == [True] * 5


async def test_the_plan_says_which_rules(async_open_shop: OpenShop, products_index: str) -> None:
    """Before anything is sent, the plan names every rule in force."""
    plan = await async_open_shop().plan(
        index=products_index, query=WORDS, ext=ruled(RULES["all at once"])
    )
    said = str(plan)
    for words in ("rules: request", "3 places", "bury by in_stock", "pins: p70", "brand in 10"):
        assert words in said


async def test_a_field_without_doc_values(async_open_shop: OpenShop, products_index: str) -> None:
    """A rule on a field that the index cannot give changes nothing, and the answer says so."""
    rules = {"caps": [{"field": "title", "most": 1, "per": 10}]}
    shop = async_open_shop()
    response = await shop.search(index=products_index, query=WORDS, ext=ruled(rules))
    plain = await shop.search(index=products_index, query=WORDS)
    assert ids(response) == ids(plain)
    assert [lack.reason for lack in response.hybrid.degraded] == [DegradationReason.NO_DOC_VALUES]


async def test_a_frozen_order_outlives_a_change_of_rules(
    async_open_shop: OpenShop, products_index: str
) -> None:
    """A shopper on page one goes on where he was, although the rules have changed meanwhile."""
    shop = async_open_shop()
    rules = {"pins": [{"ids": ["p70"], "position": 2}], "excludes": [{"ids": ["p01"]}]}
    first = await shop.search(
        index=products_index, query=WORDS, size=5, ext=ruled(rules, order=True)
    )
    later = await shop.search(
        index=products_index,
        query=WORDS,
        from_=5,
        size=5,
        ext=ruled({"excludes": [{"ids": ["p26"]}]}, order=first.hybrid.order),
    )
    whole = await shop.search(index=products_index, query=WORDS, size=10, ext=ruled(rules))
    assert [*ids(first), *ids(later)] == ids(whole)
