"""Rule sets in their index: versions, races, roll-backs, and searches that go on without it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from elasticsearch import AsyncElasticsearch

from es_hybrid import AsyncHybridClient, RulesConflict, RulesError, Settings
from es_hybrid._concurrency import async_map_ordered
from es_hybrid.types import DegradationReason, Stage

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
WORDS: dict[str, Any] = {"multi_match": {"query": "running shoe", "fields": ["title^3"]}}
PIN = {"pins": [{"ids": ["p70"]}]}
OTHER_PIN = {"pins": [{"ids": ["p60"]}]}


@pytest.fixture
async def rules_index(async_es: AsyncElasticsearch) -> AsyncIterator[str]:
    """A name for this test's rules; the index goes with the test."""
    name = f"test-rules-{uuid4().hex[:12]}"
    yield name
    await async_es.indices.delete(index=name, ignore_unavailable=True)


def settings(index: str, **rules: Any) -> Settings:
    """Look rules up at every search, and give a slow machine time to answer."""
    usual: dict[str, Any] = {"index": index, "name": "default", "ttl_s": 1e-9, "timeout_s": 10}
    return Settings(rules={**usual, **rules})


def first(response: Any) -> str:
    found: str = response["hits"]["hits"][0]["_id"]
    return found


async def test_versions(async_open_shop: OpenShop, rules_index: str) -> None:
    """Each save is a version; the newest is in force until another one is put back."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    one = await rules.put("default", PIN, comment="first")
    two = await rules.put("default", OTHER_PIN)
    assert (one.version, one.current, one.comment) == (1, True, "first")
    assert (two.version, two.source, dict(two.rules)) == (2, "default@2", OTHER_PIN)
    back = await rules.rollback("default")
    assert (back.version, back.current) == (1, True)
    three = await rules.put("default", {})
    assert three.version == 3
    assert (await rules.rollback("default")).version == 1
    assert (await rules.rollback("default", to=2)).version == 2
    versions = await rules.versions("default")
    assert [(each.version, each.current) for each in versions] == [
        (3, False),
        (2, True),
        (1, False),
    ]
    assert (await rules.get("default", 1)).rules == PIN
    assert await rules.names() == ("default",)


async def test_diff(async_open_shop: OpenShop, rules_index: str) -> None:
    """Two versions, or a version and a file, are compared value by value."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    await rules.put("default", PIN)
    await rules.put("default", OTHER_PIN)
    changes = await rules.diff("default", before=1)
    assert [(c.path, c.before, c.after) for c in changes] == [("pins.0.ids.0", "p70", "p60")]
    assert [c.kind for c in await rules.diff("default", after={})] == ["removed"]
    assert await rules.diff("default") == ()


@pytest.mark.parametrize(
    ("call", "path"),
    [
        (lambda rules: rules.get("Default!"), ""),
        (lambda rules: rules.put("default", {"pin": []}), "rules.pin"),
        (lambda rules: rules.put("default", {"caps": [{"field": "brand"}]}), "rules.caps.0.most"),
    ],
)
async def test_what_is_refused(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    rules_index: str,
    call: Callable[[Any], Any],
    path: str,
) -> None:
    """A wrong rule set or name is refused with its path, and writes nothing."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    with pytest.raises(RulesError) as caught:
        await call(rules)
    assert caught.value.path == path
    assert not await async_es.indices.exists(index=rules_index)


@pytest.mark.parametrize(
    "call",
    [
        lambda rules: rules.get("default"),
        lambda rules: rules.get("default", 3),
        lambda rules: rules.diff("default"),
        lambda rules: rules.versions("default"),
        lambda rules: rules.rollback("default"),
        lambda rules: rules.rollback("default", to=7),
    ],
)
async def test_what_is_said_of_a_rule_set_that_is_not_there(
    async_open_shop: OpenShop, rules_index: str, call: Callable[[Any], Any]
) -> None:
    """Whoever asks for it is told what is not there, in which index, and what to do."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    with pytest.raises(RulesError) as caught:
        await call(rules)
    assert str(caught.value) == (
        f"there is no rule set default in {rules_index}; es-hybrid rules list shows which there"
        " are, and es-hybrid rules put default FILE makes it"
    )
    assert caught.value.path == ""


async def test_a_version_that_is_not_there(async_open_shop: OpenShop, rules_index: str) -> None:
    """The message names the rule set, the index and the newest version; nothing has changed."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    await rules.put("default", PIN)
    for call in (partial(rules.get, "default", 7), partial(rules.rollback, "default", to=7)):
        with pytest.raises(RulesError) as caught:
            await call()
        assert str(caught.value) == (
            f"there is no version 7 of the rule set default in {rules_index};"
            " choose one up to 1, its newest"
        )
    with pytest.raises(
        RulesError, match=r"^no version of the rule set default was in force before"
    ):
        await rules.rollback("default")
    assert (await rules.get("default")).version == 1


async def test_two_at_once(async_open_shop: OpenShop, rules_index: str) -> None:
    """Of those who save at once one wins, the others are told, and no version is lost or doubled."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    await rules.put("default", {})

    async def save(number: int) -> int | None:
        try:
            saved = await rules.put("default", {"pins": [{"ids": [str(number)]}]}, base=1)
        except RulesConflict:
            return None
        return saved.version

    outcomes = [outcome async for outcome in async_map_ordered(save, range(6), limit=6)]
    won = [version for version in outcomes if version is not None]
    assert len(won) == 1
    now = await rules.get("default")
    assert now.version == won[0]
    assert (await rules.put("default", {})).version > max(won)
    with pytest.raises(RulesConflict, match="not 1"):
        await rules.put("default", {}, base=1)


async def test_a_save_that_was_cut_off(
    async_open_shop: OpenShop, async_es: AsyncElasticsearch, rules_index: str
) -> None:
    """A version that never came into force is skipped by the next save, and is never current."""
    rules = async_open_shop(settings=settings(rules_index)).rules
    await rules.put("default", {})
    left = {"kind": "version", "name": "default", "version": 2, "rules": PIN}
    await async_es.create(index=rules_index, id="default@2", document=left, refresh=True)
    assert (await rules.get("default")).version == 1
    assert (await rules.put("default", OTHER_PIN)).version == 3


async def test_searches_follow_the_index(
    async_open_shop: OpenShop, products_index: str, rules_index: str
) -> None:
    """A saved rule is in force once the old one is too old, and the answer names its version."""
    shop = async_open_shop(settings=settings(rules_index))
    await shop.rules.put("default", PIN)
    response = await shop.search(index=products_index, query=WORDS)
    assert (first(response), response.hybrid.rules) == ("p70", "default@1")
    await shop.rules.put("default", OTHER_PIN)
    response = await shop.search(index=products_index, query=WORDS, ext={"hybrid": {}})
    assert (first(response), response.hybrid.rules) == ("p60", "default@2")
    assert response["ext"]["hybrid"]["rules"] == "default@2"
    assert response.hybrid.degraded == ()


async def test_rules_are_remembered(
    async_open_shop: OpenShop, products_index: str, rules_index: str
) -> None:
    """Within their time, rules are not looked up again."""
    shop = async_open_shop(settings=settings(rules_index, ttl_s=3600))
    await shop.rules.put("default", PIN)
    assert first(await shop.search(index=products_index, query=WORDS)) == "p70"
    await shop.rules.put("default", OTHER_PIN)
    assert first(await shop.search(index=products_index, query=WORDS)) == "p70"


async def test_a_rules_index_that_fails(
    async_open_shop: OpenShop,
    async_es: AsyncElasticsearch,
    products_index: str,
    rules_index: str,
) -> None:
    """The last known rules stay in force, and the answer says that they may be old."""
    shop = async_open_shop(settings=settings(rules_index))
    await shop.rules.put("default", PIN)
    await shop.search(index=products_index, query=WORDS)
    await async_es.indices.delete(index=rules_index)
    response = await shop.search(index=products_index, query=WORDS)
    assert (first(response), response.hybrid.rules) == ("p70", "default@1")
    assert [(lack.stage, lack.reason) for lack in response.hybrid.degraded] == [
        (Stage.RULES, DegradationReason.STALE_RULES)
    ]
    await shop.rules.put("default", OTHER_PIN)
    response = await shop.search(index=products_index, query=WORDS)
    assert (first(response), response.hybrid.degraded) == ("p60", ())


async def test_a_rule_set_that_is_not_there(
    async_open_shop: OpenShop, products_index: str, rules_index: str
) -> None:
    """A search goes on without rules, and says which are missing and how to make them."""
    shop = async_open_shop(settings=settings(rules_index))
    response = await shop.search(index=products_index, query=WORDS)
    assert response["hits"]["hits"]
    (lack,) = response.hybrid.degraded
    assert (lack.stage, lack.reason) == (Stage.RULES, DegradationReason.NO_RULES)
    assert "es-hybrid rules put default" in lack.detail


async def test_a_request_names_its_rule_set(
    async_open_shop: OpenShop, products_index: str, rules_index: str
) -> None:
    """Another rule set is asked for by name, and none at all by false."""
    shop = async_open_shop(settings=settings(rules_index, name=None))
    await shop.rules.put("sale", PIN)
    for section, source in (({"rules": "sale"}, "sale@1"), ({"rules": False}, None), ({}, None)):
        response = await shop.search(index=products_index, query=WORDS, ext={"hybrid": section})
        assert response.hybrid.rules == source
        assert (first(response) == "p70") is (source is not None)
