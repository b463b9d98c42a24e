"""The example package is found, loaded when named, and does what its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import AsyncHybridClient, ConfigurationError, HybridClient, Settings
from es_hybrid.plugins import Plugin, PluginGroup, installed, load, names
from tests.examples.conftest import PACKAGE, ROOT
from tests.support.waiting import patient

NOWHERE = "http://127.0.0.1:9"
ALL = {
    PluginGroup.EMBEDDERS: {"shop-words": "ShopEmbedder", "shop-words-async": "AsyncShopEmbedder"},
    PluginGroup.RERANKERS: {"brand-words": "BrandWords", "brand-words-async": "AsyncBrandWords"},
    PluginGroup.BOOSTS: {"margin": "MarginBoost"},
    PluginGroup.FUSERS: {"best-of-both": "function"},
}


def settings(flavour: str = "") -> Settings:
    return patient(
        embed={"plugin": f"shop-words{flavour}", "dims": 32},
        rerank={"plugin": f"brand-words{flavour}"},
        search={"fusion": "best-of-both"},
    )


@pytest.mark.usefixtures("plugins")
def test_nothing_is_imported_before_it_is_named() -> None:
    """Listing the stages and opening a client that names none runs no line of the package."""
    ours = {plugin for plugin in installed() if plugin.distribution == "shop-plugins"}
    assert ours == {
        Plugin(group, name, "shop-plugins", "1.0.0")
        for group, known in ALL.items()
        for name in known
    }
    with Elasticsearch(NOWHERE) as es, HybridClient(es):
        assert "shop_plugins" not in sys.modules
    load(PluginGroup.BOOSTS, "margin", Settings())
    assert "shop_plugins.boost" in sys.modules
    assert "shop_plugins.reranker" not in sys.modules


@pytest.mark.usefixtures("plugins")
def test_every_entry_point_makes_its_object() -> None:
    """Each name loads, and its factory is given the settings."""
    for group, known in ALL.items():
        assert set(known) <= set(names(group))
        for name, kind in known.items():
            assert type(load(group, name, Settings())).__name__ == kind
    embedder = load(PluginGroup.EMBEDDERS, "shop-words", Settings(embed={"dims": 32}))
    assert embedder.model == "shop-words-32"


@pytest.mark.usefixtures("plugins")
async def test_each_client_takes_its_own_flavour() -> None:
    """The plain names go with the sync client, the `-async` ones with the async client."""
    with Elasticsearch(NOWHERE) as es:
        HybridClient(es, settings=settings()).close()
        with pytest.raises(ConfigurationError, match="pass it to AsyncHybridClient instead"):
            HybridClient(es, settings=settings("-async"))
    async with AsyncElasticsearch(NOWHERE) as async_es:
        await AsyncHybridClient(async_es, settings=settings("-async")).close()
        with pytest.raises(ConfigurationError, match="pass it to HybridClient instead"):
            AsyncHybridClient(async_es, settings=settings())


@pytest.mark.usefixtures("plugins")
def test_an_unknown_name_is_answered_with_what_is_installed() -> None:
    """A typo in a setting is refused when the client is made, with the names that there are."""
    with Elasticsearch(NOWHERE) as es:
        wrong = Settings(rerank={"plugin": "brand-word"})
        with pytest.raises(
            ConfigurationError, match=r"no plug-in brand-word in es_hybrid\.rera"
        ) as e:
            HybridClient(es, settings=wrong)
    assert "installed: brand-words, brand-words-async" in str(e.value)


def test_the_packages_own_tests_pass(installed_plugins: Path) -> None:
    """The command in the README, run against the installed copy."""
    environment = {**os.environ, "PYTHONPATH": str(installed_plugins)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{PACKAGE}/tests"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.es
@pytest.mark.usefixtures("plugins")
async def test_all_four_take_part_in_a_search(
    es: Elasticsearch,
    async_es: AsyncElasticsearch,
    index_name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The asked-for brand comes first, then the better margin, with either client."""
    monkeypatch.setenv("SHOP_PLUGINS_BRANDS", "Sony,Acme")
    store_headphones(es, index_name)
    search: dict[str, Any] = {
        "index": index_name,
        "query": {"match": {"title": "Sony headphones"}},
        "ext": {"hybrid": {"boosts": [{"name": "margin"}], "rerank": {"fields": ["title"]}}},
    }
    with HybridClient(es, settings=settings()) as shop:
        found = shop.search(**search)
    async with AsyncHybridClient(async_es, settings=settings("-async")) as async_shop:
        same = await async_shop.search(**search)
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["sony-rich", "sony-poor", "acme"]
    assert same["hits"]["hits"] == found["hits"]["hits"]
    # The README's promise is that all of them took part, not that the search got by without.
    assert found.hybrid.degraded == same.hybrid.degraded == ()


def store_headphones(es: Elasticsearch, index: str) -> None:
    """Write three products whose vectors come from the example's own embedder."""
    vector = {"type": "dense_vector", "dims": 32, "similarity": "cosine"}
    model = {"es_hybrid": {"model": "shop-words-32"}}
    properties = {"title": {"type": "text"}, "margin_percent": {"type": "float"}, "vec": vector}
    es.indices.create(index=index, mappings={"_meta": model, "properties": properties})
    titles = {
        "acme": "Acme headphones for Sonya",
        "sony-poor": "Sony headphones",
        "sony-rich": "Sony headphones",
    }
    margins = {"acme": 20, "sony-poor": 2, "sony-rich": 40}
    embedder = load(PluginGroup.EMBEDDERS, "shop-words", settings())
    rows = embedder.embed(list(titles.values()), kind="document", timeout_s=1.0)
    for (name, title), row in zip(titles.items(), rows, strict=True):
        product = {"title": title, "margin_percent": margins[name], "vec": row.tolist()}
        es.index(index=index, id=name, document=product)
    es.indices.refresh(index=index)
