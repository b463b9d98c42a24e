"""An index is built anew behind its alias; nothing a shop stored is lost or changed by it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from elasticsearch import ApiError, ConflictError, Elasticsearch, NotFoundError

from es_hybrid import ReindexProgress
from es_hybrid.errors import (
    ConfigurationError,
    EmbeddingError,
    ReindexError,
    ReindexInProgress,
    SwapRefused,
)
from es_hybrid.indexing.reindex.lock import LOCK_INDEX
from es_hybrid.indexing.reindex.plan import CopyKind, PlanKind
from es_hybrid.testing import AsyncHashEmbedder

pytestmark = pytest.mark.es

OURS = (
    "embedding",
    "embedding_text_hash",
    "embedding_model",
    "embedding_dims",
    "embedding_language",
)
MAPPING = {
    "properties": {
        "name": {"type": "text", "analyzer": "shouting"},
        "maker": {"type": "keyword"},
        "article_code": {"type": "keyword"},
        "price": {"type": "double"},
    }
}
ANALYSIS = {
    "analyzer": {"shouting": {"type": "custom", "tokenizer": "standard", "filter": ["uppercase"]}}
}


@pytest.fixture
def alias(es: Elasticsearch, index_name: str) -> Iterator[str]:
    """An alias of an index that a shop made without es_hybrid."""
    es.indices.create(
        index=f"{index_name}-own",
        mappings=MAPPING,
        settings={"number_of_shards": 2, "number_of_replicas": 0, "analysis": ANALYSIS},
        aliases={index_name: {}},
    )
    operations: list[dict[str, Any]] = []
    for number in range(60):
        operations += [{"index": {"_id": f"p{number}"}}, product(number)]
    es.bulk(index=index_name, operations=operations, refresh=True)
    yield index_name
    es.options(ignore_status=404).delete(index=LOCK_INDEX, id=index_name)


def product(number: int) -> dict[str, Any]:
    return {
        "name": f"{('trail', 'road', 'city')[number % 3]} shoe number{number}",
        "maker": f"maker{number % 5}",
        "article_code": f"A-{number}",
        "price": float(number),
    }


def stored(es: Elasticsearch, alias: str, *, ours: bool = False) -> dict[str, dict[str, Any]]:
    es.indices.refresh(index=alias)
    hits = es.search(index=alias, size=1000)["hits"]["hits"]
    return {
        hit["_id"]: {k: v for k, v in hit["_source"].items() if ours or k not in OURS}
        for hit in hits
    }


def vectors(es: Elasticsearch, alias: str) -> int:
    es.indices.refresh(index=alias)
    return int(es.count(index=alias, query={"exists": {"field": "embedding"}})["count"])


def at(step: str, act: Callable[[], object]) -> Callable[[ReindexProgress], None]:
    """Return an `on_progress` that does something once, when a step begins."""
    done = threading.Event()

    def tell(progress: ReindexProgress) -> None:
        if progress.step == step and not done.is_set():
            done.set()
            act()

    return tell


async def test_a_shops_own_index_gets_vectors_and_keeps_its_documents(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """The shop's fields, settings and documents are the same; searches have a semantic leg."""
    shop = async_open_shop()
    before = stored(es, alias)
    plan = await shop.plan_reindex(alias)
    assert (plan.kind, plan.copy) == (PlanKind.ADD_VECTORS, CopyKind.CLIENT)
    assert "search_fields: name^3" in str(plan)
    assert "code_fields: article_code" in str(plan)
    assert stored(es, alias) == before, "a plan writes nothing"
    report = await shop.reindex(plan)
    assert (report.copied, report.failed, report.without_vector) == (60, 0, 0)
    assert stored(es, alias) == before
    assert vectors(es, alias) == 60
    new = es.indices.get(index=report.new_index)[report.new_index]
    assert new["mappings"]["properties"]["name"] == MAPPING["properties"]["name"]
    assert new["settings"]["index"]["analysis"] == ANALYSIS
    assert new["settings"]["index"]["number_of_shards"] == "2"
    assert "write" not in new["settings"]["index"]
    found = await shop.search(index=alias, query={"match": {"name": "trail shoe"}})
    assert found.hybrid.plan == "msearch_fusion"
    with pytest.raises(ApiError, match="index write"):
        es.index(index=report.old_index, document={})


async def test_names_that_the_shop_has_already_are_left_alone(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """A shop's own field called `embedding` stays what it is."""
    es.indices.put_mapping(index=alias, properties={"embedding": {"type": "keyword"}})
    es.index(index=alias, id="own", document={"name": "x", "embedding": "mine"}, refresh=True)
    shop = async_open_shop()
    plan = await shop.plan_reindex(alias)
    await shop.reindex(plan)
    assert plan.names.vector == "es_hybrid_embedding"
    assert stored(es, alias, ours=True)["own"]["embedding"] == "mine"
    assert es.count(index=alias, query={"exists": {"field": "es_hybrid_embedding"}})["count"] == 61


async def test_another_model_embeds_again_and_the_same_one_copies_on_the_server(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Vectors stay where model, dims and text are the same, and are never mixed."""
    await (first := async_open_shop()).reindex(await first.plan_reindex(alias))
    same = await first.plan_reindex(alias)
    assert same.copy is CopyKind.SERVER
    report = await first.reindex(same)
    assert (report.copied, report.embedded, vectors(es, alias)) == (60, 0, 60)
    other = async_open_shop(embedder=AsyncHashEmbedder(32))
    plan = await other.plan_reindex(alias)
    assert (plan.kind, plan.dims, plan.model) == (PlanKind.NEW_VECTORS, 32, "hash-32")
    report = await other.reindex(plan)
    assert (report.embedded, vectors(es, alias)) == (60, 60)
    mapping = es.indices.get_mapping(index=alias)[report.new_index]["mappings"]
    assert mapping["properties"]["embedding"]["dims"] == 32
    assert mapping["_meta"]["es_hybrid"]["model"] == "hash-32"
    values = {doc["embedding_model"] for doc in stored(es, alias, ours=True).values()}
    assert values == {"hash-32"}


async def test_what_changes_meanwhile_is_carried(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Writes, partial updates, deletes and products made again after the copy are all there."""

    def change() -> None:
        es.index(index=alias, id="new", document={"name": "new shoe"})
        es.update(index=alias, id="p1", doc={"price": 111.0})
        es.update(index=alias, id="p2", doc={"name": "renamed"})
        es.delete(index=alias, id="p3")
        es.delete(index=alias, id="p4")
        es.index(index=alias, id="p4", document={"name": "again"})

    shop = async_open_shop()
    report = await shop.reindex(await shop.plan_reindex(alias), on_progress=at("catch_up", change))
    now = stored(es, alias)
    expected = {f"p{n}": product(n) for n in range(60) if n != 3}
    expected |= {"new": {"name": "new shoe"}, "p4": {"name": "again"}}
    expected["p1"] = {**product(1), "price": 111.0}
    expected["p2"] = {**product(2), "name": "renamed"}
    assert now == expected
    assert report.deleted == 1
    assert vectors(es, alias) == 60


@pytest.mark.parametrize("step", ["hold", "swap"])
async def test_what_changes_between_the_last_pass_and_the_swap_is_carried(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str, step: str
) -> None:
    """The last writes before the swap are there after it, deletes included."""

    def change() -> None:
        es.index(index=alias, id="late", document={"name": "late shoe"})
        es.update(index=alias, id="p1", doc={"name": "late name"})
        es.delete(index=alias, id="p3")

    shop = async_open_shop()
    report = await shop.reindex(await shop.plan_reindex(alias), on_progress=at(step, change))
    now = stored(es, alias)
    assert now["late"] == {"name": "late shoe"}
    assert now["p1"] == {**product(1), "name": "late name"}
    assert "p3" not in now
    assert len(now) == 60
    assert (report.without_vector, vectors(es, alias)) == (0, 60)


async def test_writes_during_the_swap_wait_and_see_the_latest(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """A write that arrives while the last changes are carried is applied on top of them."""
    waiting: list[threading.Thread] = []
    answers: list[int] = []

    def before() -> None:
        es.update(index=alias, id="p1", doc={"price": 5.0})
        es.delete(index=alias, id="p2")
        es.index(index=alias, id="late", document={"name": "late"})

    def write() -> None:
        answer = es.bulk(
            index=alias,
            operations=[
                {"update": {"_id": "p1"}},
                {"doc": {"maker": "new maker"}},
                {"update": {"_id": "p2"}},
                {"doc": {"price": 1.0}, "doc_as_upsert": True},
                {"delete": {"_id": "late"}},
            ],
        )
        answers.extend(next(iter(item.values()))["status"] for item in answer["items"])

    def tell(progress: ReindexProgress) -> None:
        if progress.step == "swap":
            before()
        if progress.step == "freeze" and not waiting:
            waiting.append(threading.Thread(target=write))
            waiting[0].start()

    shop = async_open_shop()
    await shop.reindex(await shop.plan_reindex(alias), on_progress=tell)
    waiting[0].join()
    now = stored(es, alias)
    assert answers == [200, 201, 200]
    assert now["p1"] == {**product(1), "price": 5.0, "maker": "new maker"}
    assert now["p2"] == {"price": 1.0}
    assert "late" not in now


async def test_a_product_whose_version_began_again_is_carried(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Deleted and made again after Elasticsearch forgot the delete, it has a smaller version."""
    for price in (1.0, 2.0, 3.0):
        es.index(index=alias, id="p5", document={"name": "five", "price": price})

    def change() -> None:
        es.indices.put_settings(index=alias, settings={"index.gc_deletes": "0ms"})
        for _ in range(100):  # until Elasticsearch has forgotten a delete
            es.delete(index=alias, id="p5", refresh=True)
            es.indices.refresh(index=alias)
            if es.index(index=alias, id="p5", document={"name": "reborn"})["_version"] < 4:
                return
        pytest.fail("Elasticsearch remembers every delete")

    shop = async_open_shop()
    await shop.reindex(await shop.plan_reindex(alias), on_progress=at("catch_up", change))
    assert stored(es, alias)["p5"] == {"name": "reborn"}


async def test_a_shops_own_versions_go_on_protecting(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """A stale write is refused after the swap as it was before."""
    external = {"version_type": "external"}
    es.index(index=alias, id="v", document={"name": "new"}, version=100, **external)
    shop = async_open_shop()
    await shop.reindex(await shop.plan_reindex(alias))
    with pytest.raises(ConflictError):
        es.index(index=alias, id="v", document={"name": "stale"}, version=50, **external)


async def test_routing_goes_along(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Products with a routing of their own are found by it, and deleted with it."""
    for number in range(6):
        es.index(index=alias, id=f"r{number}", routing=f"shop{number}", document={"name": "routed"})
    change = at("catch_up", lambda: es.delete(index=alias, id="r1", routing="shop1"))
    shop = async_open_shop()
    await shop.reindex(await shop.plan_reindex(alias), on_progress=change)
    assert es.get(index=alias, id="r2", routing="shop2")["_routing"] == "shop2"
    assert "r1" not in stored(es, alias)


async def test_every_alias_moves_with_its_filter(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """A second, filtered alias finds the same products as before."""
    cheap = f"{alias}-cheap"
    only = {"range": {"price": {"lt": 10}}}
    es.indices.put_alias(index=f"{alias}-own", name=cheap, filter=only)
    shop = async_open_shop()
    plan = await shop.plan_reindex(alias)
    assert cheap in str(plan)
    report = await shop.reindex(plan)
    assert list(es.indices.get_alias(name=cheap).body) == [report.new_index]
    assert es.count(index=cheap)["count"] == 10


async def test_a_rollback_carries_the_writes_since_then(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """The index before has the newest products, none of our fields, and takes writes again."""
    shop = async_open_shop()
    report = await shop.reindex(await shop.plan_reindex(alias))
    es.index(index=alias, id="since", document={"name": "since"})
    es.update(index=alias, id="p1", doc={"price": 9.0})
    es.delete(index=alias, id="p2")
    expected = stored(es, alias)
    back = await shop.rollback(alias)
    assert (back.old_index, back.new_index) == (report.new_index, report.old_index)
    assert (back.caught_up, back.deleted) == (2, 1)
    assert stored(es, alias, ours=True) == expected
    assert es.index(index=alias, id="after", document={"name": "x"})["_index"] == report.old_index
    forward = await shop.rollback(alias)
    assert forward.new_index == report.new_index
    assert "after" in stored(es, alias)


async def test_a_swap_is_refused_while_the_embedder_is_down(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Searches stay on the old index until every text has its vector; resuming ends it."""

    class AsyncMoody(AsyncHashEmbedder):
        down = False

        async def embed(self, texts: Any, *, kind: Any, timeout_s: float) -> Any:
            if self.down:
                raise EmbeddingError("no connection", service="embed", status=503)
            return await super().embed(texts, kind=kind, timeout_s=timeout_s)

    embedder = AsyncMoody(64)
    shop = async_open_shop(embedder=embedder)
    plan = await shop.plan_reindex(alias)
    embedder.down = True
    with pytest.raises(SwapRefused, match="60 texts have no vector: no connection") as caught:
        await shop.reindex(plan)
    assert not next(c for c in caught.value.report.checks if c.name == "vectors").passed
    assert list(es.indices.get_alias(name=alias).body) == [f"{alias}-own"]
    assert await shop.abort_reindex(alias) == plan.new_index
    with pytest.raises(NotFoundError):
        es.indices.get(index=plan.new_index)
    embedder.down = False
    await shop.reindex(await shop.plan_reindex(alias))
    assert vectors(es, alias) == 60


async def test_a_swap_is_refused_when_documents_are(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """A product that the new index does not take is named, and the alias stays."""
    shop = async_open_shop()
    plan = await shop.plan_reindex(alias)
    plan.mappings["properties"]["price"] = {"type": "ip"}
    with pytest.raises(SwapRefused, match="60 documents refused") as caught:
        await shop.reindex(plan)
    assert "price" in caught.value.report.failures[0].reason
    assert list(es.indices.get_alias(name=alias).body) == [f"{alias}-own"]
    es.index(index=alias, id="still", document={"name": "writable"})
    await shop.abort_reindex(alias)


async def test_two_runs_at_once_are_refused(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """The second of two reindexes ends at once, and the first one is not disturbed."""
    shop = async_open_shop()
    plan = await shop.plan_reindex(alias)
    es.options(ignore_status=400).indices.create(index=LOCK_INDEX, settings={"hidden": True})
    held = {"owner": "elsewhere:1:ab", "expires": 4_000_000_000_000, "status": "running"}
    es.index(index=LOCK_INDEX, id=alias, document=held)
    with pytest.raises(ReindexInProgress, match="elsewhere:1:ab"):
        await shop.reindex(plan)
    es.index(index=LOCK_INDEX, id=alias, document={**held, "expires": 1_000, "status": "done"})
    assert (await shop.reindex(plan)).copied == 60


async def test_a_run_that_lost_its_lock_stops(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Whoever slept too long moves no alias."""

    def steal() -> None:
        es.update(index=LOCK_INDEX, id=alias, doc={"owner": "somebody else"})

    shop = async_open_shop()
    with pytest.raises(ReindexInProgress, match=r"lock of .* was lost"):
        await shop.reindex(await shop.plan_reindex(alias), on_progress=at("check", steal))
    assert list(es.indices.get_alias(name=alias).body) == [f"{alias}-own"]


async def test_nothing_to_resume_and_nothing_to_take_back_is_said(
    async_open_shop: Callable[..., Any], alias: str
) -> None:
    """A mistaken command changes nothing and says why."""
    shop = async_open_shop()
    with pytest.raises(ReindexError, match="no unfinished reindex"):
        await shop.reindex(alias, resume=True)
    with pytest.raises(ReindexError, match="no earlier index to go back to"):
        await shop.rollback(alias)
    assert await shop.abort_reindex(alias) is None
    with pytest.raises(ConfigurationError, match="there is no index"):
        await shop.plan_reindex(f"{alias}-nowhere")


async def test_an_index_keeps_its_name_unless_asked(
    async_open_shop: Callable[..., Any], es: Elasticsearch, index_name: str
) -> None:
    """An index gives way to an alias of its name only when told to; its clone allows a rollback."""
    es.indices.create(index=index_name, mappings={"properties": {"name": {"type": "text"}}})
    for number in range(5):
        es.index(index=index_name, id=str(number), document={"name": f"shoe {number}"})
    shop = async_open_shop()
    with pytest.raises(ConfigurationError, match="is an index, and an alias of that name"):
        await shop.plan_reindex(index_name)
    plan = await shop.plan_reindex(index_name, replace_index=True)
    report = await shop.reindex(plan)
    assert report.old_index == f"{plan.new_index}-before"
    assert es.indices.exists_alias(name=index_name)
    assert len(stored(es, index_name)) == 5
    es.index(index=index_name, id="since", document={"name": "since"})
    await shop.rollback(index_name)
    assert list(es.indices.get_alias(name=index_name).body) == [report.old_index]
    assert len(stored(es, index_name)) == 6
    es.delete(index=LOCK_INDEX, id=index_name)


async def test_a_backfill_makes_missing_vectors_only(
    async_open_shop: Callable[..., Any], es: Elasticsearch, alias: str
) -> None:
    """Products that a shop's writers stored without a vector get one; others are not touched."""
    shop = async_open_shop()
    await shop.reindex(await shop.plan_reindex(alias))
    es.index(index=alias, id="bare", document={"name": "bare shoe"})
    es.update(index=alias, id="p1", doc={"name": "another name"})
    es.index(index=alias, id="empty", document={"price": 3.0}, refresh=True)
    report = await shop.backfill(alias)
    assert (report.read, report.embedded, report.without_text) == (62, 2, 1)
    assert (report.unchanged, report.failed) == (59, 0)
    assert vectors(es, alias) == 61
    assert (await shop.backfill(alias)).embedded == 0


async def test_an_index_that_cannot_be_reindexed_is_refused(
    async_open_shop: Callable[..., Any], es: Elasticsearch, index_name: str
) -> None:
    """Without `_source` there is nothing to copy from, and that is said before anything is done."""
    es.indices.create(
        index=f"{index_name}-1", mappings={"_source": {"enabled": False}}, aliases={index_name: {}}
    )
    with pytest.raises(ConfigurationError, match="keeps no _source"):
        await async_open_shop().plan_reindex(index_name)
    es.indices.create(index=f"{index_name}-2", aliases={index_name: {}})
    with pytest.raises(ConfigurationError, match="stands for 2 indices"):
        await async_open_shop().plan_reindex(index_name)
