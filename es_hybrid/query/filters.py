"""Harvest a query's filters once, so that they bind every leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.query.text import holds_text
from es_hybrid.types import Json

_WITH_INNER_HITS = frozenset({"nested", "has_child", "has_parent"})


def harvest_filters(query: Any) -> list[Json]:
    """Return the clauses that every hit of a query satisfies, apart from matching its text.

    Followed are the conjunctive parts: `bool.filter`, `bool.must_not`, clauses of `bool.must`
    without text, and the same inside `function_score`, `script_score`, `constant_score`,
    `boosting.positive` and `nested`. A disjunction without text that must match counts as one.

    Example:
        >>> harvest_filters({"bool": {"must": [{"match": {"title": "shoe"}}],
        ...                           "filter": {"term": {"brand": "Acme"}}}})
        [{'term': {'brand': 'Acme'}}]
    """
    if not isinstance(query, Mapping) or not query:
        return []
    kind, inner = next(iter(query.items()))
    if not isinstance(inner, Mapping):
        return []
    match kind:
        case "bool":
            return _from_bool(inner)
        case "function_score" | "script_score":
            return harvest_filters(inner.get("query"))
        case "constant_score":
            return _required(inner.get("filter"))
        case "boosting":
            return harvest_filters(inner.get("positive"))
        case "dis_max":
            return _either(as_list(inner.get("queries")))
        case "nested":
            return _from_nested(inner)
        case _:
            return []


def as_list(clauses: Any) -> list[Any]:
    """Return the clauses of a `bool` section, which may be one object or a list."""
    if clauses is None:
        return []
    if isinstance(clauses, Sequence) and not isinstance(clauses, str):
        return list(clauses)
    return [clauses]


def conjunction(filters: Sequence[Json]) -> Json | None:
    """Return one query that holds where all filters hold; `None` where there are none."""
    if not filters:
        return None
    return filters[0] if len(filters) == 1 else {"bool": {"filter": list(filters)}}


def _from_bool(clauses: Mapping[str, Any]) -> list[Json]:
    filters = as_list(clauses.get("filter"))
    must_not = as_list(clauses.get("must_not"))
    if must_not:
        filters.append({"bool": {"must_not": must_not}})
    for clause in as_list(clauses.get("must")):
        filters.extend(_required(clause))
    should = as_list(clauses.get("should"))
    if should and _required_should(clauses, len(should)) > 0:
        if any(holds_text(clause) for clause in should):
            filters.extend(_either(should))
        else:
            minimum = clauses.get("minimum_should_match", 1)
            filters.append({"bool": {"should": should, "minimum_should_match": minimum}})
    return filters


def _either(branches: Sequence[Any]) -> list[Json]:
    """Every hit satisfies one branch's filters, so that all bind where each branch has some."""
    each = [conjunction(_required(branch)) for branch in branches]
    some = [branch for branch in each if branch is not None]
    if not some or len(some) < len(each):
        return []
    return [{"bool": {"should": some, "minimum_should_match": 1}}]


def _required_should(clauses: Mapping[str, Any], count: int) -> int:
    """Return how many of the `should` clauses must match."""
    minimum = clauses.get("minimum_should_match")
    if minimum is None:
        return 0 if clauses.get("must") or clauses.get("filter") else 1
    return required_matches(str(minimum), count)


def required_matches(minimum: str, count: int) -> int:
    """Return how many of `count` clauses `minimum_should_match` asks for.

    https://www.elastic.co/guide/en/elasticsearch/reference/current/query-dsl-minimum-should-match.html

    Example:
        >>> [required_matches(m, 4) for m in ("2", "-1", "75%", "-25%", "3<90%", "5<90%")]
        [2, 3, 3, 3, 3, 4]
    """
    wanted = count
    for part in minimum.split():
        bound, _, spec = part.rpartition("<")
        if count > _number(bound, 0):
            wanted = _matches(spec, count)
    return max(0, min(wanted, count))


def _matches(spec: str, count: int) -> int:
    number = _number(spec.removesuffix("%"), count)
    share = abs(number) * count // 100 if spec.endswith("%") else abs(number)
    return share if number >= 0 else count - share


def _number(text: str, default: int) -> int:
    try:
        return int(text)
    except ValueError:
        return default  # Elasticsearch refuses the query itself


def _required(clause: Any) -> list[Json]:
    """A required clause binds as it is, or, where it holds text, by the filters inside it."""
    if clause is None:
        return []
    return harvest_filters(clause) if holds_text(clause) else [clause]


def _from_nested(nested: Mapping[str, Any]) -> list[Json]:
    inner = conjunction(harvest_filters(nested.get("query")))
    if inner is None:
        return []
    place = {name: nested[name] for name in ("path", "ignore_unmapped") if name in nested}
    return [{"nested": {**place, "query": inner}}]


def without_inner_hits(query: Any) -> Any:
    """Return a query that asks for no inner hits: candidates have no use for them.

    Example:
        >>> without_inner_hits({"nested": {"path": "sizes", "query": {}, "inner_hits": {}}})
        {'nested': {'path': 'sizes', 'query': {}}}
    """
    if isinstance(query, Mapping):
        return {
            kind: without_inner_hits(
                {name: value for name, value in inner.items() if name != "inner_hits"}
                if kind in _WITH_INNER_HITS and isinstance(inner, Mapping)
                else inner
            )
            for kind, inner in query.items()
        }
    if isinstance(query, (list, tuple)):
        return [without_inner_hits(inner) for inner in query]
    return query
