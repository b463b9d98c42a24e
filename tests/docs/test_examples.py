"""The examples of what a client hands out run when they are typed, one after the other."""

from __future__ import annotations

import inspect
import json
import re
import sqlite3
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings, read_ndjson
from es_hybrid._sync.experiments import Experiments
from es_hybrid._sync.rules import Rules
from es_hybrid._sync.shoppers import Shoppers
from es_hybrid.experiments import Counts, Variant
from es_hybrid.follow import (
    Changes,
    FileChanges,
    FileState,
    IndexChanges,
    IndexState,
    SqlChanges,
)

pytestmark = pytest.mark.es

EXAMPLE = re.compile(r"^Example:\n((?:(?:    .*)?\n)+)", re.MULTILINE)
DATABASE = "postgresql+psycopg://db/shop"
Run = Callable[..., None]


def examples_of(kind: type) -> Iterator[str]:
    """Yield the examples of a class and of its public methods, in the order of the source."""
    yield _example(kind)
    for base in reversed(kind.__mro__):
        for name, function in vars(base).items():
            if isinstance(function, FunctionType) and not name.startswith("_"):
                yield _example(getattr(kind, name))


def _example(thing: Any) -> str:
    found = EXAMPLE.search(f"{inspect.getdoc(thing)}\n")
    assert found, f"{thing.__qualname__} has no example"
    return textwrap.dedent(found[1])


@pytest.fixture
def shop(
    reader: Path, es: Elasticsearch, index_name: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[HybridClient]:
    """A client with an index of products, that keeps shoppers."""
    monkeypatch.setenv("ES_HYBRID_SHOPPERS__STORE", "index")
    with HybridClient(es, settings=Settings()) as client:
        client.create_index(index_name)
        client.ingest(index_name, read_ndjson(reader / "products.ndjson"))
        yield client


@pytest.fixture
def run(reader: Path, es: Elasticsearch, shop: HybridClient, index_name: str) -> Run:
    """Runs the examples of classes in one namespace, and cleans up nothing in between."""
    names = {
        '"products"': f'"{index_name}"',
        '"erp-products"': f'"{index_name}-erp"',
        '"es-hybrid-state"': f'"{index_name}-state"',
        f'"{DATABASE}", table="{index_name}"': f'"sqlite:///{reader / "shop.db"}", table="products"',
    }
    namespace: dict[str, Any] = {"es": es, "shop": shop, "time": time}

    def run_examples(*kinds: type, **given: Any) -> None:
        namespace.update(given)
        for kind in kinds:
            namespace[kind.__name__] = kind
            for code in examples_of(kind):
                for shown, real in names.items():
                    code = code.replace(shown, real)  # noqa: PLW2901
                exec(compile(code, kind.__name__, "exec", dont_inherit=True), namespace)

    return run_examples


def test_shoppers(run: Run, shop: HybridClient, capsys: pytest.CaptureFixture[str]) -> None:
    """What a shopper does is kept, shown, kept no more, and forgotten."""
    run(Shoppers)
    assert "0 shoppers deleted" in capsys.readouterr().out
    assert shop.shoppers.get("4711").events == ()


def test_rules_and_experiments(run: Run, shop: HybridClient) -> None:
    """Versions are saved and taken back; an experiment is started, counted and stopped."""
    for _ in range(3):
        shop.rules.put("default", {})
    run(Rules, Experiments, Counts=Counts, Variant=Variant)
    assert shop.experiments.counts("pilot-7f3a")[Variant.CONTROL].searches == 3


def test_changes(run: Run, reader: Path, es: Elasticsearch, index_name: str) -> None:
    """Each source gives what has changed and a position behind it, and each state keeps one."""
    row = {"id": "p1", "title": "trail shoe", "updated_at": 1_763_700_000_000}
    (reader / "changes.ndjson").write_text(json.dumps(row) + "\n")
    with closing(sqlite3.connect(reader / "shop.db")) as db, db:
        db.execute("CREATE TABLE products (id TEXT, title TEXT, updated_at INTEGER)")
        db.execute("INSERT INTO products VALUES (:id, :title, :updated_at)", row)
    types = {"id": {"type": "keyword"}, "updated_at": {"type": "date"}}
    es.indices.create(index=f"{index_name}-erp", mappings={"properties": types})
    es.index(index=f"{index_name}-erp", document=row, refresh=True)

    for source in (FileChanges, SqlChanges, IndexChanges):
        for state in (FileState, IndexState):
            run(source, state)
    run(Changes, MyChanges=partial(FileChanges, "changes.ndjson"))
    assert es.get(index=index_name, id="p1")["_source"]["title"] == "trail shoe"
