"""A learned model as a step of a search: order, explanations, fall-backs, pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from es_hybrid import AsyncHybridClient, Settings
from es_hybrid.learning import FEATURES, LearnedModel, save_model
from es_hybrid.testing import AsyncScriptedReranker
from es_hybrid.types import DegradationReason, Stage

pytestmark = pytest.mark.es

OpenShop = Callable[..., AsyncHybridClient]
WORDS: dict[str, Any] = {"multi_match": {"query": "shoe", "fields": ["title^3", "description"]}}
SALES = {"sales": "sales"}
BY_SALES = LearnedModel(
    "sales",
    weights={"log_sales": 1e6, "semantic_score": 1e-3},
    fields=SALES,
    expects=("log_sales", "semantic_score"),
)


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    """A model that puts what is sold most first."""
    save_model(BY_SALES, tmp_path / "sales.json")
    return tmp_path / "sales.json"


def settings(path: Path | None = None, **rank: Any) -> Settings:
    chosen = {} if path is None else {"model": str(path)}
    return Settings(rank={"reload_s": 0.0, **chosen, **rank})


def put(path: Path, content: bytes | None) -> None:
    """Write a file, or take it away."""
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


def sales_of(response: Any) -> list[int]:
    return [hit["_source"]["sales"] for hit in response["hits"]["hits"]]


async def test_a_model_orders_the_candidates(
    async_open_shop: OpenShop, products_index: str, model_file: Path
) -> None:
    """What the model wants stands first; the answer and each product say which model, and why."""
    shop = async_open_shop(settings=settings(model_file))
    options = {"hybrid": {"explain": True}}
    response = await shop.search(index=products_index, query=WORDS, size=20, ext=options)
    assert sales_of(response) == sorted(sales_of(response), reverse=True)
    assert response.hybrid.degraded == ()
    assert response.hybrid.learned is not None
    assert response.hybrid.learned.startswith("sales@")
    assert response["ext"]["hybrid"]["learned"] == response.hybrid.learned
    first = next(iter(response.hybrid.parts.values()))
    assert first.learned is not None
    assert first.learned.contributions["log_sales"] > 0
    assert "raised it for log sales" in first.why
    assert first.to_dict()["learned"]["model"] == response.hybrid.learned
    off = await shop.search(index=products_index, query=WORDS, ext={"hybrid": {"learned": False}})
    assert off.hybrid.learned is None
    assert sales_of(off) != sorted(sales_of(off), reverse=True)


async def test_pages_are_one_order(
    async_open_shop: OpenShop, products_index: str, model_file: Path
) -> None:
    """Pages of a learned order, by token or without, hold each product once, in one order."""
    shop = async_open_shop(settings=settings(model_file))
    whole = await shop.search(index=products_index, query=WORDS, size=60)
    ids = [hit["_id"] for hit in whole["hits"]["hits"]]
    assert len(set(ids)) == 60
    page: dict[str, Any] = {"index": products_index, "query": WORDS, "size": 20}
    plain = [await shop.search(**page, from_=from_) for from_ in (0, 20, 40)]
    assert [hit["_id"] for each in plain for hit in each["hits"]["hits"]] == ids
    first = await shop.search(**page, ext={"hybrid": {"order": True}})
    # The model goes away between two pages; the order that was begun stays.
    put(model_file, None)
    later = {"hybrid": {"order": first.hybrid.order}}
    frozen = [await shop.search(**page, from_=from_, ext=later) for from_ in (20, 40)]
    shown = [hit["_id"] for each in (first, *frozen) for hit in each["hits"]["hits"]]
    assert shown == ids


async def test_a_code_stays_first(
    async_open_shop: OpenShop, products_index: str, model_file: Path
) -> None:
    """A product whose exact code was asked for stands first, however little it is sold."""
    shop = async_open_shop(settings=settings(model_file))
    wanted = (await shop.get(index=products_index, id="p00"))["_source"]["sku"]
    query = {"multi_match": {"query": wanted, "fields": ["title", "sku"]}}
    response = await shop.search(index=products_index, query=query)
    assert response["hits"]["hits"][0]["_id"] == "p00"
    assert response.hybrid.learned is not None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, DegradationReason.NO_MODEL),
        (b"{half", DegradationReason.NO_MODEL),
        (b"{}", DegradationReason.NO_MODEL),
        (b'{"es_hybrid_model": 2, "features": ["charm"]}', DegradationReason.OTHER_FEATURES),
    ],
)
async def test_a_file_that_cannot_be_used_keeps_the_order(
    async_open_shop: OpenShop,
    products_index: str,
    model_file: Path,
    content: bytes | None,
    reason: DegradationReason,
) -> None:
    """The search is answered in the untrained order and says why; once mended, the model is back."""
    shop = async_open_shop(settings=settings(model_file))
    untrained = await shop.search(
        index=products_index, query=WORDS, ext={"hybrid": {"learned": False}}
    )
    put(model_file, content)
    response = await shop.search(index=products_index, query=WORDS)
    (lack,) = response.hybrid.degraded
    assert (lack.stage, lack.reason) == (Stage.LEARNED, reason)
    assert str(model_file.parent) not in lack.detail
    assert response["hits"] == untrained["hits"]
    save_model(BY_SALES, model_file)
    again = await shop.search(index=products_index, query=WORDS)
    assert again.hybrid.learned is not None


async def test_without_what_it_goes_by_the_order_stays(
    async_open_shop: OpenShop, products_index: str, tmp_path: Path
) -> None:
    """A field that the index has not, or a score that a stage did not give, costs only the model."""
    elsewhere = replace(BY_SALES, fields={"sales": "sold"})
    save_model(elsewhere, tmp_path / "sold.json")
    save_model(BY_SALES, tmp_path / "sales.json")
    reranked = LearnedModel("m", weights={"rerank_score": 1.0}, expects=("rerank_score",))
    save_model(reranked, tmp_path / "reranked.json")
    shop = async_open_shop(settings=settings(models=str(tmp_path)))

    async def lack_of(**options: Any) -> tuple[Stage, DegradationReason, str]:
        response = await shop.search(index=products_index, query=WORDS, ext={"hybrid": options})
        assert response.hybrid.learned is None
        lack = next(d for d in response.hybrid.degraded if d.stage is Stage.LEARNED)
        return lack.stage, lack.reason, lack.detail

    assert "sold" in (await lack_of(learned="sold"))[2]
    assert "semantic_score" in (await lack_of(learned="sales", plan="lexical_only"))[2]
    assert "rerank_score" in (await lack_of(learned="reranked"))[2]
    assert (await lack_of(learned="gone"))[1] is DegradationReason.NO_MODEL
    assert (await lack_of(learned="../sales"))[1] is DegradationReason.NO_MODEL
    assert (await lack_of(learned=True))[1] is DegradationReason.NO_MODEL


async def test_many_searches_at_once(
    async_open_shop: OpenShop, products_index: str, model_file: Path
) -> None:
    """`msearch` corrects each search as `search` does."""
    shop = async_open_shop(settings=settings(model_file))
    body = {"query": WORDS, "size": 20}
    together = await shop.msearch(searches=[{"index": products_index}, body])
    alone = await shop.search(index=products_index, **body)
    assert together["responses"][0]["hits"] == alone["hits"]
    assert together.hybrid[0] is not None
    assert together.hybrid[0].learned == alone.hybrid.learned


async def test_features_of_all_candidates(async_open_shop: OpenShop, products_index: str) -> None:
    """Training sees every candidate with both scores, texts, and the fields that the index has."""
    shop = async_open_shop(reranker=AsyncScriptedReranker(lambda _, text: float("red" in text)))
    found = await shop.ranking_features(
        index=products_index,
        query=WORDS,
        product_fields={"sales": "sales", "brand": "brand", "rating": "rating"},
    )
    assert len(found.ids) == len(set(found.ids)) == len(found.rows) > 60
    assert found.rows.shape[1] == len(FEATURES)
    known = {
        name
        for name in ("semantic_score", "rerank_score", "text_coverage", "log_sales", "rating")
        if found.of_feature(name)[0] == found.of_feature(name)[0]
    }
    assert known == {"semantic_score", "rerank_score", "text_coverage", "log_sales"}
