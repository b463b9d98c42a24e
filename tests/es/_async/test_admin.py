"""Indices are created behind their alias, in one step, and say what they are."""

from __future__ import annotations

import pytest
from elasticsearch import ApiError, AsyncElasticsearch

from es_hybrid._async.admin import create_index, health, index_info
from es_hybrid.errors import ConfigurationError, EmbeddingError, MappingMismatch
from es_hybrid.indexing.mapping import compare, fill_mapping, load_mapping
from es_hybrid.indexing.names import alias_of
from es_hybrid.indexing.product import ProductText
from es_hybrid.testing import AsyncHashEmbedder

pytestmark = pytest.mark.es


async def test_an_index_is_created_behind_its_alias(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The alias points to the new index, takes writes, and the mapping is the shipped one."""
    money = {"currency": "EUR"}
    name = await create_index(
        async_es, index_name, dims=8, model="m", money=money, text=ProductText()
    )
    assert alias_of(name) == index_name
    info = await index_info(async_es, index_name)
    assert (info.index, info.is_alias) == (name, True)
    assert (info.meta.dims, info.meta.model, info.meta.similarity) == (8, "m", "cosine")
    assert info.meta.text_version == ProductText().version
    wanted = fill_mapping(load_mapping("products"), dims=8, model="m")
    assert compare({"mappings": info.mapping}, wanted) == ()
    aliases = await async_es.indices.get_alias(index=name)
    assert aliases[name]["aliases"][index_name]["is_write_index"] is True


async def test_without_dims_and_embedder_the_index_is_lexical(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A shop without an embedder gets an index that works by words."""
    await create_index(async_es, index_name)
    info = await index_info(async_es, index_name)
    assert (info.meta.dims, info.meta.model, info.meta.vector_field) == (None, None, None)
    assert "embedding" not in info.mapping["properties"]


async def test_dims_are_asked_of_the_embedder(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Nobody needs to know how long a model's vectors are; a wrong number is refused."""
    embedder = AsyncHashEmbedder(32)
    with pytest.raises(MappingMismatch, match="dims 64 were asked for, hash-32 gives 32"):
        await create_index(async_es, index_name, embedder=embedder, dims=64)
    await create_index(async_es, index_name, embedder=embedder)
    meta = (await index_info(async_es, index_name)).meta
    assert (meta.dims, meta.model) == (32, "hash-32")


async def test_a_taken_name_is_refused(async_es: AsyncElasticsearch, index_name: str) -> None:
    """An alias or index that exists is never touched."""
    first = await create_index(async_es, index_name, dims=8, model="m")
    with pytest.raises(ConfigurationError, match=f"{index_name} exists already"):
        await create_index(async_es, index_name, dims=8, model="m")
    with pytest.raises(ConfigurationError, match="exists already"):
        await create_index(async_es, first, dims=8, model="m")
    assert list((await async_es.indices.get_alias(name=index_name)).body) == [first]


async def test_two_creations_at_once_cannot_both_succeed(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The server refuses a second index that takes the alias's writes."""
    await create_index(async_es, index_name, dims=8, model="m")
    with pytest.raises(ApiError, match="more than one write index"):
        await async_es.indices.create(
            index=f"{index_name}-other", aliases={index_name: {"is_write_index": True}}
        )


async def test_a_missing_or_foreign_index_is_explained(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """The message says what to run."""
    with pytest.raises(ConfigurationError, match=f"es-hybrid create-index {index_name}"):
        await index_info(async_es, index_name)
    await async_es.indices.create(index=index_name)
    with pytest.raises(MappingMismatch, match="was not created by es-hybrid"):
        await index_info(async_es, index_name)


async def test_an_alias_of_several_indices_is_refused(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Products are not written to one of several indices by chance."""
    for number in (1, 2):
        await async_es.indices.create(index=f"{index_name}-{number}", aliases={index_name: {}})
    with pytest.raises(ConfigurationError, match="stands for 2 indices"):
        await index_info(async_es, index_name)


async def test_an_embedder_that_is_down_creates_nothing(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """Without knowing the length of the vectors, no index is made."""

    class AsyncDownEmbedder:
        model = "down"

        async def embed(self, texts: object, *, kind: object, timeout_s: float) -> None:
            raise EmbeddingError("no connection", service="embed")

    with pytest.raises(EmbeddingError):
        await create_index(async_es, index_name, embedder=AsyncDownEmbedder())  # type: ignore[arg-type]
    assert not await async_es.indices.exists(index=index_name)


async def test_health_names_version_licence_and_state(async_es: AsyncElasticsearch) -> None:
    """What a doctor needs is there."""
    found = await health(async_es)
    assert found.version == (await async_es.info())["version"]["number"]
    assert found.status in {"green", "yellow", "red"}
    assert found.licence in {"basic", "trial"}
    assert found.nodes >= 1


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("紅燒牛肉麵", "红烧牛肉面 5包装"),
        ("红烧牛肉面", "正宗紅燒牛肉麵"),
        ("ＵＳＢ-Ｃ", "USB-C cable"),
        ("batteries", "AA battery pack"),
        ("womens boot", "Women's Boots"),
        ("women’s boots", "Womens boot"),
        ("cafe", "Café crème"),
    ],
)
async def test_scripts_widths_accents_and_plurals_fold(
    async_es: AsyncElasticsearch, index_name: str, query: str, title: str
) -> None:
    """A shopper's spelling finds the product's spelling, both ways."""
    await create_index(async_es, index_name)
    await async_es.index(index=index_name, id="1", document={"title": title}, refresh=True)
    found = await async_es.search(
        index=index_name, query={"match": {"title": {"query": query, "operator": "and"}}}
    )
    assert [hit["_id"] for hit in found["hits"]["hits"]] == ["1"]


async def test_a_mapping_does_not_grow(async_es: AsyncElasticsearch, index_name: str) -> None:
    """Thousands of attributes and unknown fields are stored, can be filtered by, and add no field."""
    await create_index(async_es, index_name)
    before = (await index_info(async_es, index_name)).mapping
    product = {"attributes": {f"a{n}": f"v{n}" for n in range(5300)}, "unknown": {"x": 1}}
    await async_es.index(index=index_name, id="1", document=product, refresh=True)
    assert (await index_info(async_es, index_name)).mapping == before
    found = await async_es.search(index=index_name, query={"term": {"attributes.a5299": "v5299"}})
    assert found["hits"]["hits"][0]["_source"] == product


async def test_codes_match_whatever_their_case(
    async_es: AsyncElasticsearch, index_name: str
) -> None:
    """A part number typed in lower case or in full width is the part number."""
    await create_index(async_es, index_name)
    await async_es.index(index=index_name, id="1", document={"mpn": "DV7-1211ea"}, refresh=True)
    for code in ("dv7-1211EA", "ｄｖ７-1211ea"):
        found = await async_es.search(index=index_name, query={"term": {"mpn": code}})
        assert found["hits"]["total"]["value"] == 1
