"""What becomes of a request is decided by its method and path alone."""

from __future__ import annotations

import pytest

from es_hybrid.serve.requests import msearch_arguments, search_arguments
from es_hybrid.serve.routes import Kind, route


@pytest.mark.parametrize(
    ("request_line", "kind", "index"),
    [
        ("POST /shoes/_search", Kind.SEARCH, "shoes"),
        ("GET /_search", Kind.SEARCH, None),
        ("POST /_all/_search", Kind.SEARCH, "_all"),
        ("POST /%3Cshoes-%7Bnow%2Fd%7D%3E/_search", Kind.SEARCH, "<shoes-{now/d}>"),
        ("POST /shoes/_msearch", Kind.MSEARCH, "shoes"),
        ("POST /_search/scroll", Kind.READ, None),
        ("DELETE /_search/scroll", Kind.READ, None),
        ("POST /shoes/_search/template", Kind.READ, "shoes"),
        ("GET /", Kind.READ, None),
        ("HEAD /shoes", Kind.READ, "shoes"),
        ("GET /shoes/_doc/1", Kind.READ, "shoes"),
        ("POST /shoes/_pit", Kind.READ, "shoes"),
        ("DELETE /_pit", Kind.READ, None),
        ("GET /_cat/indices", Kind.READ, None),
        ("GET /_security/_authenticate", Kind.READ, None),
        ("GET /_security/user", Kind.WRITE, None),
        ("GET /shoes/_refresh", Kind.WRITE, "shoes"),
        ("GET /shoes/_flush", Kind.WRITE, "shoes"),
        ("POST /_bulk", Kind.WRITE, None),
        ("POST /shoes/_doc", Kind.WRITE, "shoes"),
        ("POST /shoes/_update_by_query", Kind.WRITE, "shoes"),
        ("PUT /shoes", Kind.WRITE, "shoes"),
        ("DELETE /shoes", Kind.WRITE, "shoes"),
        ("POST /_aliases", Kind.WRITE, None),
        ("POST /_reindex", Kind.WRITE, None),
        ("POST /_sql/close", Kind.READ, None),
    ],
)
def test_a_request_has_its_place(request_line: str, kind: Kind, index: str | None) -> None:
    """Searches are ours, reads are handed on, and whatever is not known to read counts as a write."""
    method, path = request_line.split()
    found = route(method, path)
    assert (found.kind, found.index) == (kind, index)


def test_parameters_become_arguments() -> None:
    """Each is read as Elasticsearch reads it; what cannot be read is left to Elasticsearch."""
    given = [("sort", "price:desc,_score"), ("track_total_hits", "50"), ("explain", "")]
    assert search_arguments("shoes", given, b'{"size": 2}') == {
        "index": "shoes",
        "body": {
            "size": 2,
            "sort": [{"price": {"order": "desc"}}, "_score"],
            "track_total_hits": 50,
            "explain": True,
        },
    }
    assert search_arguments(None, [("routing", "a"), ("pretty", "")], b"") == {"routing": "a"}
    for bad in ([("size", "x")], [("no_such", "1")], [("size", "1"), ("size", "2")]):
        assert search_arguments("shoes", bad, b"") is None
    assert search_arguments("shoes", [], b"[1]") is None


def test_lines_become_searches() -> None:
    """An odd number of lines, an empty body and broken JSON are left to Elasticsearch."""
    assert msearch_arguments("a", {}, b'\n{"size": 1}\n') == {
        "index": "a",
        "searches": [{}, {"size": 1}],
    }
    for bad in (b"", b"{}\n", b'{}\n{"size": \n'):
        assert msearch_arguments("a", {}, bad) is None
