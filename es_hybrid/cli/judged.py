"""The judged queries that several commands take: how they are named, and their vectors."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from es_hybrid.evaluate import JudgedQuery, JudgmentError, read_query_vectors

__all__ = ["add_judged_set", "add_queries", "add_query_vectors", "read_vectors"]


def add_judged_set(parser: argparse.ArgumentParser) -> None:
    """Add the graded products, the queries they were graded for, and the queries' vectors."""
    group = parser.add_argument_group("judged queries")
    group.add_argument("--qrels", required=True, metavar="QRELS", help="the graded products")
    add_queries(group, "the judged queries")
    add_query_vectors(group)


def add_queries(group: argparse._ActionsContainer, purpose: str, *, required: bool = False) -> None:
    """Add a table of queries."""
    group.add_argument("--queries", required=required, metavar="QUERIES.csv", help=purpose)


def add_query_vectors(group: argparse._ActionsContainer) -> None:
    """Add the queries' vectors, where no embedder is to be asked."""
    group.add_argument(
        "--query-vectors",
        metavar="FILE.npz",
        help="precomputed vectors: query_ids, query_vectors",
    )


def read_vectors(
    path: str | None, queries: Sequence[JudgedQuery], *, complete: bool = True
) -> Mapping[str, Sequence[float]]:
    """Return the vectors of a file by query id; none without a file.

    Args:
        path: What `--query-vectors` names.
        queries: Those that are searched.
        complete: Whether a query without a vector is refused; else it is embedded.

    Raises:
        JudgmentError: The file cannot be read, or lacks a query.
    """
    if path is None:
        return {}
    vectors = read_query_vectors(path)
    missing = [query.id for query in queries if query.id not in vectors]
    if missing and complete:
        raise JudgmentError(
            f"{path} has no vector for {len(missing)} of {len(queries)} judged queries,"
            f" {missing[0]} among them",
            hint="make them with the same query ids",
        )
    return {query.id: vectors[query.id].tolist() for query in queries if query.id in vectors}
