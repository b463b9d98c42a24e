"""The public API as a shop's type checker sees it. Checked by mypy and pyright, never run.

Each ignore below is a mistake that the checkers must find: one that they miss is itself an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, assert_type

from elastic_transport import HeadApiResponse, ObjectApiResponse
from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid import (
    AsyncEmbedder,
    AsyncExperimentClient,
    AsyncHybridClient,
    AsyncShadowClient,
    Boost,
    DecayBoost,
    DeleteReport,
    Embedder,
    ExperimentClient,
    FieldBoost,
    HybridClient,
    HybridExt,
    HybridResponse,
    IdBoost,
    IngestReport,
    NumericBoost,
    RecencyBoost,
    RequestError,
    Reranker,
    Settings,
    ShadowClient,
    VectorStore,
    hybrid_ext,
)
from es_hybrid.indexing.signals import SignalsReport
from es_hybrid.recommend import BoughtTogetherReport
from es_hybrid.rules import Change, ConditionalBoost, RulesVersion, When
from es_hybrid.types import (
    BoostContext,
    Hit,
    PassthroughReason,
    PlanName,
    Recommendation,
    TextKind,
    Vector,
    Vectors,
)

QUERY: Mapping[str, Any] = {"match": {"title": "trail running shoe"}}


def recommend(es: Elasticsearch) -> None:
    shop = HybridClient(es)
    response = shop.recommend("products", like=["p1"], seen=["p2"], filter=QUERY, size=6)
    assert_type(response, HybridResponse)
    assert_type(response.hybrid.recommendation, Recommendation | None)
    shop.recommend("products", cart="p1", user={"brands": ["Acme"]})
    shop.recommend("products", like=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(shop.update_bought_together("products", [], days=90), BoughtTogetherReport)
    assert_type(shop.update_signals("products", [], ratings=True), SignalsReport)


def swap(es: Elasticsearch) -> None:
    shop = HybridClient(es)
    assert_type(shop.es, Elasticsearch)
    response = shop.search(
        index="products", query=QUERY, size=24, from_=0, source={"includes": ["title"]}
    )
    assert_type(response, HybridResponse)
    assert_type(response.total, int | None)
    assert_type(response.hybrid.plan, PlanName)
    assert_type(response.hybrid.reason, PassthroughReason | None)
    assert_type(response.hits[0].id, str)
    assert_type(response.hits[0].score, float | None)
    official: ObjectApiResponse[Any] = response
    official["hits"]["hits"]


def same_arguments(shop: HybridClient) -> None:
    shop.search(index=["a", "b"], aggs={"b": {"terms": {"field": "brand"}}}, timeout="1s")
    shop.search(index="a", sort=[{"price": "asc"}], track_total_hits=False, routing="x")
    shop.search(index="a", body={"query": QUERY})
    shop.search(indx="products")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.search(index=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    shop.search("products")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def the_wrapped_clients_own(shop: HybridClient) -> None:
    assert_type(shop.count(index="products"), ObjectApiResponse[Any])
    assert_type(shop.indices.exists(index="products"), HeadApiResponse)
    shop.index(index="products", id="1", document={"title": "shoe"})
    shop.count(indx="products")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    shop.no_such_thing()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    stands_in: Elasticsearch = shop
    stands_in.search(index="products")


def copies(shop: HybridClient) -> None:
    copy = shop.options(opaque_id="page-7", request_timeout=3)
    assert_type(copy, HybridClient)
    assert_type(copy.search(index="products"), HybridResponse)
    with shop as same:
        assert_type(same, HybridClient)
    shop.options(opaque=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def awaited(es: AsyncElasticsearch) -> None:
    async with AsyncHybridClient(es) as shop:
        assert_type(shop, AsyncHybridClient)
        assert_type(await shop.search(index="products", query=QUERY), HybridResponse)
        assert_type(await shop.count(index="products"), ObjectApiResponse[Any])
        assert_type(shop.options(opaque_id="x"), AsyncHybridClient)
        await shop.search(indx="products")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        missing = shop.search(index="products").total  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        del missing


def the_wrong_flavour(es: Elasticsearch, asynchronous: AsyncElasticsearch) -> None:
    HybridClient(asynchronous)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncHybridClient(es)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


def sections(shop: HybridClient) -> None:
    section: HybridExt = {
        "text": "trail shoe",
        "window": 200,
        "fusion": {"method": "rrf", "k": 60},
        "rerank": False,
        "boosts": [{"field": "in_stock", "equals": True, "factor": 1.2}],
        "explain": True,
    }
    shop.search(index="products", query=QUERY, ext={"hybrid": section})
    shop.search(index="products", query=QUERY, ext=hybrid_ext(window=200))
    wrong: HybridExt = {"widow": 200}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
    del wrong


class OwnEmbedder:
    model = "mine"

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        raise RequestError("is never run", path="query")


class OwnReranker:
    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> list[float]:
        return [0.0 for _ in texts]


class OwnBoost:
    name = "margin"
    fields = ("margin",)

    def factor(self, hit: Hit, context: BoostContext) -> float:
        return 1.0


class OwnStore:
    def get_many(self, text_hashes: Sequence[str]) -> dict[str, Vector]:
        return {}

    def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep none."""


async def writing(shop: HybridClient, awaited: AsyncHybridClient) -> None:
    store: VectorStore = OwnStore()
    report: IngestReport = shop.ingest("products", [], vectors_from=store, delete_missing=True)
    report = shop.update_fields("products", [{"id": "1", "price": 5}], feed_time="2026-11-21")
    deleted: DeleteReport = await awaited.delete_products("products", ["1"])
    await awaited.ingest("products", [], vectors_from=store)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    del report, deleted


def stages(es: Elasticsearch, asynchronous: AsyncElasticsearch) -> None:
    embedder: Embedder = OwnEmbedder()
    reranker: Reranker = OwnReranker()
    boosts: Sequence[Boost] = [
        OwnBoost(),
        FieldBoost("brand", equals="Acme"),
        IdBoost(("4711",)),
        DecayBoost("price", origin=50.0, scale=20.0),
        ConditionalBoost(FieldBoost("season", equals="winter"), When(months=(12, 1, 2))),
        NumericBoost("sales", scale=100),
        RecencyBoost("created"),
    ]
    HybridClient(es, settings=Settings(), embedder=embedder, reranker=reranker, boosts=boosts)
    awaited: AsyncEmbedder = OwnEmbedder()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    AsyncHybridClient(asynchronous, embedder=awaited)
    AsyncHybridClient(asynchronous, reranker=OwnReranker())  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    NumericBoost("sales", scale=1, shape="cubic")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def rules(shop: HybridClient, other: AsyncHybridClient) -> None:
    saved = shop.rules.put("default", {"stock": {"action": "bury"}}, comment="sale", base=1)
    assert_type(saved, RulesVersion)
    assert_type(shop.rules.diff("default", before=1), tuple[Change, ...])
    assert_type(await other.rules.rollback("default"), RulesVersion)
    assert_type(await other.rules.names(), tuple[str, ...])
    shop.rules.put("default")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def live(es: Elasticsearch, other: AsyncElasticsearch, new: HybridClient) -> None:
    with ShadowClient(es, new, sample=0.1, record="shadow.ndjson") as shadow:
        assert_type(shadow.search(index="products", query=QUERY), ObjectApiResponse[Any])
        assert_type(shadow.count(index="products"), ObjectApiResponse[Any])
        assert_type(shadow.report().safe, bool)
        stands_in: Elasticsearch = shadow
    with ExperimentClient(es, new, name="pilot") as shop:
        answer = shop.for_shopper("session-7").search(index="products", query=QUERY)
        assert_type(answer, HybridResponse)
        shop.record(answer.hybrid.experiment, clicked=["1"], revenue=49.9)
        stands_in = shop
    del stands_in
    AsyncShadowClient(other, new)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    awaited = AsyncExperimentClient(other, AsyncHybridClient(other), name="pilot")
    assert_type(await awaited.search(index="products"), HybridResponse)
