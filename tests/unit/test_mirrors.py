"""A mirrored method looks, to people and to type checkers, like the one it stands in for."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

from elasticsearch import AsyncElasticsearch, Elasticsearch

from es_hybrid._mirrors import mirrors

ROOT = Path(__file__).resolve().parents[2]


class Shop:
    @mirrors(Elasticsearch.search)
    def search(self, **arguments: Any) -> dict[str, Any]:
        """Search the shop."""
        return arguments

    @mirrors(Elasticsearch.count)
    def count(self, **arguments: Any) -> dict[str, Any]:
        return arguments


class AsyncShop:
    @mirrors(AsyncElasticsearch.search)
    async def search(self, **arguments: Any) -> dict[str, Any]:
        return arguments


def test_the_signature_is_the_originals() -> None:
    """`help(shop.search)` shows the parameters of `es.search`, and our return type."""
    ours = inspect.signature(Shop().search)
    theirs = inspect.signature(Elasticsearch("http://localhost:9").search)
    assert ours.parameters == theirs.parameters
    assert "index" in ours.parameters
    assert ours.return_annotation == "dict[str, Any]"
    assert next(iter(inspect.signature(Shop.search).parameters)) == "self"


def test_the_docstring_is_ours_or_the_originals() -> None:
    """A method without a docstring shows the one it mirrors."""
    assert Shop.search.__doc__ == "Search the shop."
    assert Shop.count.__doc__ == Elasticsearch.count.__doc__


async def test_the_method_is_not_wrapped() -> None:
    """Calls reach the function that was written, and an async one is still seen as async."""
    assert Shop().search(index="products", size=3) == {"index": "products", "size": 3}
    assert await AsyncShop().search(index="products") == {"index": "products"}
    assert inspect.iscoroutinefunction(AsyncShop.search)
    assert not inspect.iscoroutinefunction(Shop.search)


SNIPPET = """
from typing import Any
from es_hybrid._mirrors import mirrors


class Answer: ...


class Client:
    def search(self, *, index: str | None = None, size: int | None = None) -> object: ...
    async def asearch(self, *, index: str | None = None, size: int | None = None) -> object: ...


class Shop:
    @mirrors(Client.search)
    def search(self, **arguments: Any) -> Answer:
        return Answer()

    @mirrors(Client.asearch)
    async def asearch(self, **arguments: Any) -> Answer:
        return Answer()


right: Answer = Shop().search(index="products", size=3)
Shop().search(indx="products")  # wrong
Shop().search(size="three")  # wrong


async def f() -> None:
    right: Answer = await Shop().asearch(index="products", size=3)
    await Shop().asearch(indx="products")  # wrong
    wrong: str = await Shop().asearch()  # wrong
"""


def test_mypy_sees_the_originals_arguments(tmp_path: Path) -> None:
    """A misspelled argument, one of a wrong type and a wrong return type are errors; no more."""
    snippet = tmp_path / "snippet.py"
    snippet.write_text(SNIPPET)
    mypy = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code=empty-body"]
    run = subprocess.run(
        [*mypy, "--config-file=", f"--cache-dir={ROOT / '.mypy_cache/snippets'}", str(snippet)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT)},
    )
    found = {
        int(line.split(":")[1]) for line in run.stdout.splitlines() if line.startswith("snippet.py")
    }
    wrong = {n for n, line in enumerate(SNIPPET.splitlines(), start=1) if "# wrong" in line}
    assert found == wrong, run.stdout + run.stderr
