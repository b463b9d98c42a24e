"""Least privilege, with security on: each role does its job, and no other's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from elasticsearch import AuthorizationException, BadRequestError, Elasticsearch

from es_hybrid import ExperimentClient, HybridClient, IngestError, Settings
from es_hybrid.cli.app import main
from es_hybrid.experiments import Counts, Variant
from es_hybrid.indexing.roles import PRODUCT_ROLES, RoleName, load_role
from es_hybrid.settings import LogSettings
from es_hybrid.testing import HashEmbedder
from tests.security.conftest import ALIAS, EXPERIMENT, SecuredNode
from tests.support.shops import DIMS, shop_products

pytestmark = pytest.mark.node

READER, INGESTER = RoleName.READER, RoleName.INGESTER
ADMIN, REINDEXER = RoleName.ADMIN, RoleName.REINDEXER
MERCHANDISER = RoleName.MERCHANDISER
PILOT, EXPERIMENTER = RoleName.PILOT, RoleName.EXPERIMENTER
LOGGER, ANALYST = RoleName.LOGGER, RoleName.ANALYST


def search(shop: HybridClient) -> None:
    """Search by words and by meaning, alone and several at once."""
    answer = shop.search(index=ALIAS, query={"match": {"title": "trail running shoe"}})
    assert answer["hits"]["hits"]
    assert not [lack for lack in answer.hybrid.degraded if lack.stage != "rerank"]
    several = [{"index": ALIAS}, {"query": {"match": {"title": "tent"}}}]
    assert shop.msearch(searches=several)["responses"][0]["hits"]["hits"]


def ingest(shop: HybridClient) -> None:
    """Write a product, old and new, and make it searchable."""
    row = {"id": f"w{uuid4().hex[:8]}", "title": "hiking pole", "price": 20.0}
    assert shop.ingest(ALIAS, [row]).indexed == 1
    assert shop.ingest(ALIAS, [{**row, "price": 21.0}]).indexed == 1
    shop.es.delete(index=ALIAS, id=row["id"])


def load_fast(shop: HybridClient) -> None:
    """Turn refreshes off for a first load, note it in the mapping, and turn them on again."""
    ((index, found),) = shop.es.indices.get(index=ALIAS).body.items()
    for interval in ("-1", "1s"):
        shop.es.indices.put_mapping(index=index, meta=found["mappings"]["_meta"])
        shop.es.indices.put_settings(index=index, settings={"index.refresh_interval": interval})


def keep(index: str, *, script: bool = False) -> Callable[[HybridClient], None]:
    """Return a job that makes an index of ours where it is missing, writes to it and reads."""

    def work(shop: HybridClient) -> None:
        es = shop.es
        if not es.indices.exists(index=index):
            es.indices.create(index=index, settings={"number_of_replicas": 0})
        if script:
            es.update(
                index=index,
                id="one",
                scripted_upsert=True,
                upsert={},
                script={"source": "ctx._source.owner = params.o", "params": {"o": "me"}},
            )
        else:
            es.index(index=index, id="one", document={"state": "x"}, refresh=True)
        assert es.get(index=index, id="one")["found"]

    return work


def recommend(shop: HybridClient) -> None:
    """Recommend for a cart, whether there is a table of orders or not."""
    assert shop.recommend(ALIAS, cart=["p00"])["hits"]["hits"]


def learn_orders(shop: HybridClient) -> None:
    """Make the table of what is bought together, and make it again."""
    orders = [{"products": ["a", "b"]}] * 3 + [{"products": ["c"]}] * 9
    for _ in range(2):
        assert shop.update_bought_together(ALIAS, orders).products == 2


def count_events(shop: HybridClient) -> None:
    """Count a sale into a product, and smooth ratings."""
    sale = {"event": "purchase", "product_id": "gone", "at": "2026-03-20"}
    assert shop.update_signals(ALIAS, [sale], ratings=True).unknown == 1


def read_rules(shop: HybridClient) -> None:
    """Read the rules in force; that there are none is an answer, too."""
    shop.es.options(ignore_status=404).get(index="es-hybrid-rules", id="default")


def put_rules(shop: HybridClient) -> None:
    """Save rules twice and go back to the first; the index is made where it is missing."""
    name = f"set-{uuid4().hex[:8]}"
    for factor in (1.2, 1.3):
        shop.rules.put(name, {"boosts": [{"field": "stock", "scale": 10, "factor": factor}]})
    assert [found.version for found in shop.rules.versions(name)] == [2, 1]
    assert shop.rules.rollback(name).version == 1
    assert name in shop.rules.names()


def serve_experiment(shop: HybridClient) -> None:
    """Read an experiment, count a search of it, and add up what all processes counted."""
    version = shop.experiments.get(EXPERIMENT)
    shop.experiments.add_counts(version.label, uuid4().hex, {Variant.CONTROL: Counts(searches=1)})
    assert shop.experiments.counts(version.label)[Variant.CONTROL].searches >= 1


def start_and_stop(shop: HybridClient) -> None:
    """Start an experiment again and stop it, as a broken guardrail does."""
    shop.experiments.start(EXPERIMENT, share=0.1)
    assert not shop.experiments.stop(EXPERIMENT).experiment.runs


def make_experiments(shop: HybridClient) -> None:
    """Make the index of experiments, as the first start does; that it is there is no refusal."""
    index = shop.settings.experiment.index
    with suppress(BadRequestError):
        shop.es.indices.create(index=index)
    assert shop.es.indices.exists(index=index)


def delete_by_query(shop: HybridClient) -> None:
    """Delete what a feed no longer holds."""
    shop.es.delete_by_query(index=ALIAS, query={"term": {"id": "nothing"}})


def create_and_delete_index(shop: HybridClient) -> None:
    """Create an index behind an alias, look at it, and delete it."""
    name = f"{ALIAS}-{uuid4().hex[:8]}"
    index = shop.create_index(name)
    assert index in shop.es.indices.get(index=name)
    shop.es.indices.delete(index=index)


def add_field(shop: HybridClient) -> None:
    """Add a field to the mapping."""
    shop.es.indices.put_mapping(index=ALIAS, properties={"colour": {"type": "keyword"}})


def move_alias(shop: HybridClient) -> None:
    """Put an alias on the index and take it away, in one step each."""
    other = f"{ALIAS}-{uuid4().hex[:8]}"
    # By its own name: what a key may not touch is left out of a pattern, and nothing is refused.
    index = next(iter(shop.es.indices.get_alias(index=ALIAS)))
    for verb in ("add", "remove"):
        shop.es.indices.update_aliases(actions=[{verb: {"index": index, "alias": other}}])


def watch_cluster(shop: HybridClient) -> None:
    """Read how busy the cluster is."""
    assert shop.es.cluster.health()["status"] in {"green", "yellow"}
    assert shop.es.nodes.stats(metric="thread_pool")["nodes"]
    assert shop.es.indices.stats(index=ALIAS)["_all"]


def copy_in_background(shop: HybridClient) -> None:
    """Create an index, copy into it, follow the copy, slow it down, move an alias, clean up."""
    es, name = shop.es, f"{ALIAS}-{uuid4().hex[:8]}"
    es.indices.create(index=name)
    started = es.reindex(
        source={"index": ALIAS}, dest={"index": name}, slices=2, wait_for_completion=False
    )
    es.reindex_rethrottle(task_id=started["task"], requests_per_second=1000.0)
    done = es.tasks.get(task_id=started["task"], wait_for_completion=True, timeout="50s")
    assert done["completed"]
    es.options(ignore_status=404).tasks.cancel(task_id=started["task"])
    es.indices.refresh(index=name)
    assert es.count(index=name)["count"] > 0
    es.indices.update_aliases(actions=[{"add": {"index": name, "alias": f"{name}-alias"}}])
    es.indices.delete(index=name)


def clone(shop: HybridClient) -> None:
    """Clone an index that is closed to writes, as for an index without an alias."""
    es, name = shop.es, f"{ALIAS}-{uuid4().hex[:8]}"
    es.indices.create(index=name)
    es.indices.add_block(index=name, block="write")
    es.indices.clone(index=name, target=f"{name}-clone")
    es.indices.delete(index=[name, f"{name}-clone"])


def append_to_log(shop: HybridClient) -> None:
    """Append an event."""
    event = {"@timestamp": "2026-11-21T10:00:00Z", "action_name": "click"}
    shop.es.create(index="ubi_events", id=uuid4().hex, document=event)


def read_log(shop: HybridClient) -> None:
    """Read what is logged."""
    shop.es.search(index="ubi_events")
    shop.es.indices.resolve_index(name="ubi_events")


class Job(NamedTuple):
    """What is done, and the roles that may."""

    work: Callable[[HybridClient], None]
    roles: frozenset[RoleName]


# The table of docs/security.md; a test compares the two.
JOBS = {
    "search": Job(search, frozenset({READER, INGESTER, REINDEXER})),
    "ingest, update and delete products": Job(ingest, frozenset({INGESTER, REINDEXER})),
    "delete by query": Job(delete_by_query, frozenset({INGESTER, REINDEXER})),
    "turn refreshes off for a load": Job(load_fast, frozenset({INGESTER, ADMIN, REINDEXER})),
    "create and delete an index": Job(create_and_delete_index, frozenset({ADMIN, REINDEXER})),
    "add a field to the mapping": Job(add_field, frozenset({INGESTER, ADMIN, REINDEXER})),
    "move an alias": Job(move_alias, frozenset({ADMIN, REINDEXER})),
    "read the load of the cluster": Job(watch_cluster, frozenset({ADMIN, REINDEXER})),
    "copy an index in the background": Job(copy_in_background, frozenset({REINDEXER})),
    "clone an index": Job(clone, frozenset({ADMIN, REINDEXER})),
    "read rules": Job(read_rules, frozenset({READER, MERCHANDISER, ADMIN})),
    "put rules": Job(put_rules, frozenset({MERCHANDISER, ADMIN})),
    "serve an experiment and count": Job(serve_experiment, frozenset({PILOT, EXPERIMENTER})),
    "start and stop an experiment": Job(start_and_stop, frozenset({PILOT, EXPERIMENTER})),
    "make the index of experiments": Job(make_experiments, frozenset({EXPERIMENTER})),
    "keep vectors by text": Job(keep(f"{ALIAS}-vectors"), frozenset({INGESTER, REINDEXER})),
    "recommend for a cart": Job(recommend, frozenset({READER, INGESTER, REINDEXER})),
    "learn what is bought together": Job(learn_orders, frozenset({INGESTER, REINDEXER})),
    "count clicks and sales": Job(count_events, frozenset({INGESTER, REINDEXER})),
    "keep where a follower is": Job(keep("es-hybrid-state"), frozenset({INGESTER})),
    "hold the lock of a reindex": Job(
        keep("es-hybrid-reindex", script=True), frozenset({REINDEXER})
    ),
    "append to the log of searches": Job(append_to_log, frozenset({LOGGER})),
    "read the log of searches": Job(read_log, frozenset({ANALYST})),
}


@pytest.mark.filterwarnings("ignore:This API is in technical preview")
@pytest.mark.parametrize("role", RoleName)
@pytest.mark.parametrize("name", JOBS)
def test_each_role_does_its_job_and_no_other(
    shops: Mapping[RoleName, HybridClient], role: RoleName, name: str
) -> None:
    """A job succeeds with the roles that may do it, and is refused with 403 with the others."""
    job = JOBS[name]
    if role in job.roles:
        job.work(shops[role])
        return
    with pytest.raises((AuthorizationException, IngestError)) as refused:
        job.work(shops[role])
    error = refused.value.__cause__ if refused.type is IngestError else refused.value
    if error is None:  # the request was taken, and each of its items refused
        assert ": 403 " in str(refused.value)
        return
    assert isinstance(error, AuthorizationException)
    assert error.status_code == 403


@pytest.mark.parametrize("role", RoleName)
def test_no_role_reaches_another_index(
    shops: Mapping[RoleName, HybridClient], role: RoleName
) -> None:
    """A key for `products` neither reads, writes, describes nor deletes an index of another name."""
    es = shops[role].es
    for attempt in (
        lambda: es.search(index="other-shop"),
        lambda: es.index(index="other-shop", document={"a": 1}),
        lambda: es.indices.get_mapping(index="other-shop"),
        lambda: es.indices.delete(index="other-shop"),
        lambda: es.security.create_api_key(name="more"),
    ):
        with pytest.raises(AuthorizationException):
            attempt()


@pytest.fixture
def run(
    secured_node: SecuredNode, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run a command with a key; returns exit code, stdout and stderr."""

    def call(key: str, *argv: str) -> tuple[int, str, str]:
        monkeypatch.setenv("ES_HYBRID_ES_URL", secured_node.url)
        monkeypatch.setenv("ES_HYBRID_ES_API_KEY", key)
        capsys.readouterr()
        code = main(argv)
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """One product to write."""
    file = tmp_path / "one.ndjson"
    file.write_text(json.dumps({"id": f"f{uuid4().hex[:8]}", "title": "lamp"}) + "\n")
    return file


def test_the_commands_work_with_their_roles(
    run: Callable[..., Any], keys: Mapping[RoleName, str], feed: Path
) -> None:
    """`create-index` needs the admin's key, `ingest` the ingester's, `search` the reader's."""
    name = f"{ALIAS}-{uuid4().hex[:8]}"
    assert run(keys[ADMIN], "create-index", name, "--dims", "8", "--model", "m")[0] == 0
    assert run(keys[INGESTER], "ingest", ALIAS, str(feed))[0] == 0
    code, out, _ = run(keys[READER], "search", ALIAS, "lamp", "--no-rerank")
    assert (code, "lamp" in out) == (0, True)


@pytest.fixture
def own_alias(root: Elasticsearch) -> str:
    """An alias of a test's own, with products in it, that the roles for `products` reach."""
    name = f"{ALIAS}-{uuid4().hex[:8]}"
    with HybridClient(root, settings=Settings(), embedder=HashEmbedder(dims=DIMS)) as shop:
        shop.create_index(name)
        assert shop.ingest(name, shop_products()).failed == 0
    return name


def assert_refused(run: Callable[..., Any], key: str, *argv: str) -> None:
    """A command ends with the privilege that its key lacks."""
    code, out, err = run(key, *argv)
    assert code == 1, (argv, out, err)
    assert "lacks the privilege" in err


def test_a_reindex_and_its_rollback_need_the_reindexers_key(
    run: Callable[..., Any], keys: Mapping[RoleName, str], root: Elasticsearch, own_alias: str
) -> None:
    """The whole command, lock, copy, checks and swap, works with that key and with no other."""
    (before,) = root.indices.get_alias(name=own_alias).body
    for role in (READER, MERCHANDISER, INGESTER, ADMIN):
        assert_refused(run, keys[role], "reindex", own_alias)
    assert list(root.indices.get_alias(name=own_alias).body) == [before]
    code, out, err = run(keys[REINDEXER], "reindex", own_alias, "--json")
    assert code == 0, err
    (after,) = root.indices.get_alias(name=own_alias).body
    assert after == json.loads(out)["new_index"] != before
    assert root.count(index=after)["count"] == root.count(index=before)["count"] > 0
    for role in (READER, MERCHANDISER, INGESTER, ADMIN):
        assert_refused(run, keys[role], "rollback", own_alias)
    assert run(keys[REINDEXER], "rollback", own_alias)[0] == 0
    assert list(root.indices.get_alias(name=own_alias).body) == [before]


def test_feeds_need_the_ingesters_key(
    run: Callable[..., Any],
    keys: Mapping[RoleName, str],
    root: Elasticsearch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A first load, an update and a follower work with it; other roles' keys are refused."""
    monkeypatch.setenv("ES_HYBRID_INGEST__FIRST_LOAD_AFTER", "1")
    name = f"{ALIAS}-{uuid4().hex[:8]}"
    assert run(keys[ADMIN], "create-index", name)[0] == 0
    (index,) = root.indices.get_alias(name=name).body
    settings = root.indices.get_settings(index=index).body
    feed, prices = tmp_path / "feed.ndjson", tmp_path / "prices.csv"
    feed.write_text("".join(json.dumps({"id": f"p{n}", "title": "lamp"}) + "\n" for n in range(9)))
    prices.write_text("id,price\np1,12.5\n")
    changes = tmp_path / "changes.ndjson"
    changes.write_text(json.dumps({"id": "p2", "title": "lamp", "price": 3}) + "\n")
    follow = ("follow", name, "--file", str(changes), "--once", "--state-index", "es-hybrid-state")
    for command in (("ingest", name, str(feed)), ("update", name, str(prices)), follow):
        for role in (READER, MERCHANDISER, ADMIN):
            assert_refused(run, keys[role], *command)
        code, _, err = run(keys[INGESTER], *command)
        assert code == 0, (command, err)
    assert_refused(run, keys[REINDEXER], *follow)
    assert root.indices.get_settings(index=index).body == settings
    found = root.mget(index=name, ids=["p1", "p2"])["docs"]
    assert [doc["_source"]["price"] for doc in found] == [12.5, 3]


@pytest.mark.parametrize(
    ("role", "command", "privilege", "wanted"),
    [
        (INGESTER, f"create-index {ALIAS}-x --dims 8 --model m", "create_index", ADMIN),
        (ADMIN, f"search {ALIAS} lamp", "read", READER),
        (READER, f"ingest {ALIAS} FEED", "read", INGESTER),
    ],
)
def test_a_refused_command_names_privilege_and_role(
    run: Callable[..., Any],
    keys: Mapping[RoleName, str],
    feed: Path,
    role: RoleName,
    command: str,
    privilege: str,
    wanted: RoleName,
) -> None:
    """A 403 ends in one line: the missing privilege, where, and the role that has it."""
    code, _, err = run(keys[role], *command.replace("FEED", str(feed)).split())
    assert code == 1
    assert f"lacks the privilege {privilege}" in err
    assert f"es-hybrid roles {wanted} --index {ALIAS}" in err


@pytest.mark.parametrize("role", PRODUCT_ROLES)
def test_doctor_finds_nothing_wrong_with_a_role(
    run: Callable[..., Any], keys: Mapping[RoleName, str], role: RoleName
) -> None:
    """A key with one whole role is sound, and what it lacks of the others is named."""
    code, out, _ = run(keys[role], "doctor", ALIAS, "--json")
    checks = json.loads(out)["checks"]
    found = [check for check in checks if check["name"] == "privileges"]
    assert found[0]["status"] == "ok"
    assert role in found[0]["detail"]
    assert [c for c in checks if c["status"] == "problem"] == []
    assert code == 0
    assert len(found) == 1 or "lacks" in found[1]["detail"]


def test_doctor_names_the_missing_privilege(
    run: Callable[..., Any], make_key: Callable[[Mapping[str, Any]], str]
) -> None:
    """A key that may search but not read the mapping is told which privilege it lacks."""
    role = load_role(READER, index=ALIAS)
    role["indices"][0]["privileges"] = ["read"]
    code, out, _ = run(make_key(role), "doctor", ALIAS, "--json")
    problems = [c for c in json.loads(out)["checks"] if c["status"] == "problem"]
    assert code == 1
    assert f"lacks view_index_metadata on {ALIAS}" in problems[0]["detail"]


def test_a_key_is_created_for_a_role(
    run: Callable[..., Any], secured_node: SecuredNode, keys: Mapping[RoleName, str]
) -> None:
    """`roles ROLE --create-api-key` prints a key that does the role's job; a key cannot make one."""
    place = secured_node.url.removeprefix("http://")
    address = f"http://{secured_node.user}:{secured_node.password}@{place}"
    asked = ("roles", "reader", "--create-api-key", "storefront", "--json")
    code, out, _ = run("", *asked, "--es-url", address)
    assert code == 0
    made = json.loads(out)["encoded"]
    with Elasticsearch(secured_node.url, api_key=made) as es:
        assert es.search(index=ALIAS)["hits"]["hits"]
        with pytest.raises(AuthorizationException):
            es.index(index=ALIAS, document={"id": "x"})
    code, _, err = run(keys[ADMIN], *asked)
    assert code == 1
    assert secured_node.password not in err


def test_the_logger_logs(secured_node: SecuredNode, keys: Mapping[RoleName, str]) -> None:
    """A client with the logger's key makes a data stream by its first record, and no more."""
    settings = Settings(log=LogSettings(to="elasticsearch"))
    with Elasticsearch(secured_node.url, api_key=keys[LOGGER]) as es:
        with HybridClient(es, settings=settings) as shop:
            shop.log_search({"hits": {"hits": []}}, text="boot")
        assert (shop.log_stats.written, shop.log_stats.failed) == (1, 0)
        with pytest.raises(AuthorizationException):
            es.search(index="ubi_queries")


def joined(*names: RoleName) -> dict[str, Any]:
    """Return one role with all that several have, as a key of several roles has it."""
    roles = [load_role(name, index=ALIAS) for name in names]
    return {part: [one for role in roles for one in role[part]] for part in ("cluster", "indices")}


def test_an_experiment_is_served_and_judged_with_its_keys(
    run: Callable[..., Any],
    secured_node: SecuredNode,
    make_key: Callable[[Mapping[str, Any]], str],
    root: Elasticsearch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A web server's key serves, counts and logs; a key of the search team starts, reads and stops."""
    monkeypatch.setenv("ES_HYBRID_LOG__TO", "elasticsearch")
    team = make_key(joined(EXPERIMENTER, ANALYST))
    assert run(team, "experiment", "start", "trial", "--share", "50%")[0] == 0
    served = make_key(joined(READER, LOGGER, PILOT))
    with (
        Elasticsearch(secured_node.url, api_key=served, request_timeout=60) as es,
        HybridClient(es, settings=Settings(), embedder=HashEmbedder(dims=DIMS)) as new,
        ExperimentClient(es, new, name="trial") as shop,
    ):
        for shopper in range(8):
            answer = shop.for_shopper(f"s{shopper}").search(
                index=ALIAS, query={"match": {"title": "shoe"}}
            )
            assert answer.hybrid.experiment is not None
            new.log_event("click", query_id=answer.hybrid.query_id, object_id="p00")
        assert sum(counts.searches for counts in shop.look().counts.values()) == 8
        assert new.flush_log(timeout_s=60)
        assert (new.log_stats.written, new.log_stats.failed) == (16, 0)
    root.indices.refresh(index="ubi_*")
    code, out, _ = run(team, "experiment", "status", "trial", "--from-log", "--json")
    assert code == 0
    assert sum(found["searches"] for found in json.loads(out)["counts"].values()) == 8
    assert run(team, "experiment", "stop", "trial")[0] == 0


@pytest.mark.parametrize(
    ("role", "command", "privilege", "wanted"),
    [
        (READER, "status trial", "read", PILOT),
        (ANALYST, "start trial", "read", PILOT),
        (EXPERIMENTER, "status pilot --from-log", "read", ANALYST),
    ],
)
def test_a_refused_experiment_names_privilege_and_role(
    run: Callable[..., Any],
    keys: Mapping[RoleName, str],
    monkeypatch: pytest.MonkeyPatch,
    role: RoleName,
    command: str,
    privilege: str,
    wanted: RoleName,
) -> None:
    """Who may not look at an experiment, or into the log, is told which role may."""
    monkeypatch.setenv("ES_HYBRID_LOG__TO", "elasticsearch")
    code, _, err = run(keys[role], "experiment", *command.split())
    assert code == 1
    assert f"lacks the privilege {privilege}" in err
    assert f"es-hybrid roles {wanted}" in err


def test_doctor_names_what_an_experiment_lacks(
    run: Callable[..., Any], make_key: Callable[[Mapping[str, Any]], str]
) -> None:
    """A key that searches and follows experiments, but cannot count, is told the privilege."""
    role = joined(READER, PILOT)
    role["indices"][-1]["privileges"] = ["read"]
    code, out, _ = run(make_key(role), "doctor", ALIAS, "--json")
    found = [c["detail"] for c in json.loads(out)["checks"] if c["name"] == "privileges"]
    assert code == 0
    assert "not enough for pilot: lacks index on es-hybrid-experiments" in found


def test_the_page_shows_the_same_table() -> None:
    """docs/security.md says of each job which roles may do it."""
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    for name, job in JOBS.items():
        cells = " | ".join("yes" if role in job.roles else "403" for role in RoleName)
        assert f"| {name} | {cells} |" in page
