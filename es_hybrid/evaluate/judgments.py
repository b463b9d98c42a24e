"""Judged queries and grades, read from files.

`queries.csv` has the columns `query_id,query` and, where a shop has them, further ones such as
`language` and `type`, by which a report can be sliced. Judgments are a CSV file with
`query_id,product_id,grade`, TREC qrels, or what Quepid exports of a case. All may be gzipped, and
may start with a byte order mark.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from es_hybrid.evaluate.text_files import JudgmentError, csv_rows, first_line, opened, text_lines
from es_hybrid.types import Vector

__all__ = [
    "JudgedQuery",
    "JudgedSet",
    "JudgmentError",
    "Judgments",
    "read_judged_set",
    "read_judgments",
    "read_queries",
    "read_query_vectors",
    "relevance_threshold",
]

Judgments: TypeAlias = Mapping[str, Mapping[str, int]]
"""Query id to product id to grade, a whole number from 0."""


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query of a judged set.

    Attributes:
        id: As the judgments name it.
        text: The shopper's words.
        labels: The file's further columns, by name, where they are not empty.
    """

    id: str
    text: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Queries and the grades of their products."""

    queries: tuple[JudgedQuery, ...]
    judgments: Judgments


def read_judged_set(judgments: str | Path, *, queries: str | Path | None = None) -> JudgedSet:
    """Read judgments and the queries they belong to.

    Args:
        judgments: A CSV file, TREC qrels, or Quepid's export of a case.
        queries: The queries' file. Quepid's export holds them itself; where a file is given too,
            the export's queries are found in it by their words.

    Raises:
        JudgmentError: A file cannot be used, or the queries are missing.

    Example:
        `read_judged_set("qrels.txt", queries="queries.csv").queries[0].text`
    """
    known = None if queries is None else read_queries(queries)
    by_words = _is_quepid(first_line(judgments))
    grades = read_judgments(judgments)
    if known is not None:
        if by_words:
            grades = {query.id: grades.get(query.text, {}) for query in known}
        return JudgedSet(known, grades)
    if not by_words:
        raise JudgmentError(
            f"{judgments} names queries by id only", hint="give the file of queries as well"
        )
    return JudgedSet(tuple(JudgedQuery(text, text) for text in grades), grades)


def read_queries(path: str | Path) -> tuple[JudgedQuery, ...]:
    """Read judged queries, in the order of the file.

    Raises:
        JudgmentError: The file is missing or empty, lacks a column, or a line is wrong.

    Example:
        `{query.id: query.text for query in read_queries("queries.csv")}`
    """
    queries: dict[str, JudgedQuery] = {}
    for place, row in csv_rows(path, ("query_id", "query")):
        name = row.pop("query_id")
        if name in queries:
            raise JudgmentError(f"{place}: query_id {name!r} is there twice", hint="keep one")
        labels = {column: value for column, value in row.items() if column != "query" and value}
        queries[name] = JudgedQuery(name, row["query"], labels)
    return tuple(queries.values())


def read_judgments(path: str | Path) -> dict[str, dict[str, int]]:
    """Read grades by query id and product id; by the query's words from Quepid's export.

    The kind of file is seen in its first line. A query that Quepid exports without ratings is
    there without grades.

    Raises:
        JudgmentError: The file is missing or empty, lacks a column, or a line is wrong.

    Example:
        `read_judgments("qrels.csv")["q1"]` is such as `{"4711": 3, "4712": 0}`.
    """
    judgments: dict[str, dict[str, int]] = {}
    for place, query, product, grade in _graded(path):
        grades = judgments.setdefault(query, {})
        if product and grades.setdefault(product, grade) != grade:
            raise JudgmentError(
                f"{place}: product {product!r} has another grade for this query further up",
                hint="keep one of the two lines",
            )
    return judgments


def _graded(path: str | Path) -> Iterator[tuple[str, str, str, int]]:
    """Yield place, query, product and grade; no product where a query has no judgment."""
    first = first_line(path)
    if first.startswith("{"):
        return _quepid_json(path)
    if _is_quepid(first):
        return _quepid_csv(path)
    if "," not in first and len(first.split()) == 4:
        return _trec(path)
    return _csv(path)


def _is_quepid(first: str) -> bool:
    columns = {column.strip() for column in first.split(",")}
    return first.startswith("{") or {"query", "docid", "rating"} <= columns


def _csv(path: str | Path) -> Iterator[tuple[str, str, str, int]]:
    for place, row in csv_rows(path, ("query_id", "product_id", "grade")):
        yield place, row["query_id"], row["product_id"], _grade(row["grade"], place)


def _trec(path: str | Path) -> Iterator[tuple[str, str, str, int]]:
    for place, line in text_lines(path):
        columns = line.split()
        if len(columns) != 4:
            raise JudgmentError(
                f"{place}: {len(columns)} columns instead of 4",
                hint="qrels have: query iteration product grade",
            )
        query, _iteration, product, grade = columns
        # TREC marks spam with grades below 0; it is as irrelevant as can be.
        yield place, query, product, 0 if grade.startswith("-") else _grade(grade, place)


def _quepid_csv(path: str | Path) -> Iterator[tuple[str, str, str, int]]:
    for place, row in csv_rows(path, ("query", "docid", "rating"), filled=("query",)):
        rated = row["docid"] and row["rating"]
        grade = _grade(row["rating"], place) if rated else 0
        yield place, row["query"], row["docid"] if rated else "", grade


def _quepid_json(path: str | Path) -> Iterator[tuple[str, str, str, int]]:
    try:
        with opened(path) as file:
            entries: list[Any] = json.load(file)["queries"]
        ratings = [(str(entry["query"]), dict(entry.get("ratings") or {})) for entry in entries]
    except JudgmentError:
        raise
    except (ValueError, KeyError, TypeError) as error:
        raise JudgmentError(
            f"{path} is not what Quepid exports ({type(error).__name__}: {error})",
            hint="export the case's ratings as Basic CSV or JSON",
        ) from None
    for number, (query, rated) in enumerate(ratings, start=1):
        place = f"{path} query {number}"
        if not rated:
            yield place, query, "", 0
        for product, rating in rated.items():
            yield place, query, str(product), _grade(str(rating), place)


def _grade(text: str, place: str) -> int:
    whole = text.removesuffix(".0")  # Quepid keeps ratings as decimal numbers
    if not (whole.isascii() and whole.isdigit() and len(whole) < 3):
        raise JudgmentError(f"{place}: grade {text!r} is not a whole number from 0 to 99")
    return int(whole)


def read_query_vectors(path: str | Path) -> dict[str, Vector]:
    """Read an `.npz` file with `query_ids`, shape `(n,)`, and `query_vectors`, `(n, dims)`.

    Raises:
        JudgmentError: The file is missing, is not such a file, or the two do not fit.

    Example:
        `read_query_vectors("vectors.npz")["q1"]` has the shape `(dims,)`.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            ids, vectors = arrays["query_ids"], np.asarray(arrays["query_vectors"], np.float32)
    except (OSError, ValueError, KeyError, AttributeError, TypeError, EOFError) as error:
        raise JudgmentError(
            f"{path} cannot be read as query vectors ({error})",
            hint="it must be an .npz file with query_ids and query_vectors",
        ) from None
    if vectors.ndim != 2 or ids.shape != vectors.shape[:1] or not np.isfinite(vectors).all():
        raise JudgmentError(
            f"{path}: query_ids has shape {ids.shape}, query_vectors {vectors.shape}",
            hint="one row of finite numbers an id is needed",
        )
    return dict(zip(map(str, ids.tolist()), vectors, strict=True))


def relevance_threshold(judgments: Judgments) -> int:
    """Return the lowest grade that counts as relevant: 2, or 1 in a set of yes and no.

    Example:
        >>> relevance_threshold({"q1": {"a": 1, "b": 0}})
        1
    """
    return 2 if any(grade >= 2 for grades in judgments.values() for grade in grades.values()) else 1
