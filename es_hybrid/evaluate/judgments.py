"""Judged queries and grades, read from CSV files.

`queries.csv` has the columns `query_id,query` and, where a shop has them, further ones such as
`language` and `type`, by which a report can be sliced. `qrels.csv` has `query_id,product_id,grade`;
further columns are ignored. Both may be gzipped, and may start with a byte order mark.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from es_hybrid.errors import HybridError
from es_hybrid.types import Vector

__all__ = [
    "JudgedQuery",
    "JudgmentError",
    "Judgments",
    "read_judgments",
    "read_queries",
    "read_query_vectors",
    "relevance_threshold",
]

Judgments: TypeAlias = Mapping[str, Mapping[str, int]]
"""Query id to product id to grade, a whole number from 0."""


class JudgmentError(HybridError, ValueError):
    """A file of queries, judgments or query vectors cannot be used as it is."""


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


def read_queries(path: str | Path) -> tuple[JudgedQuery, ...]:
    """Read judged queries, in the order of the file.

    Raises:
        JudgmentError: The file is missing or empty, lacks a column, or a line is wrong.

    Example:
        `{query.id: query.text for query in read_queries("queries.csv")}`
    """
    queries: dict[str, JudgedQuery] = {}
    for place, row in _rows(path, ("query_id", "query")):
        name = row.pop("query_id")
        if name in queries:
            raise JudgmentError(f"{place}: query_id {name!r} is there twice", hint="keep one")
        labels = {column: value for column, value in row.items() if column != "query" and value}
        queries[name] = JudgedQuery(name, row["query"], labels)
    return tuple(queries.values())


def read_judgments(path: str | Path) -> dict[str, dict[str, int]]:
    """Read grades by query id and product id.

    Raises:
        JudgmentError: The file is missing or empty, lacks a column, or a line is wrong.

    Example:
        `read_judgments("qrels.csv")["q1"]` is such as `{"4711": 3, "4712": 0}`.
    """
    judgments: dict[str, dict[str, int]] = {}
    for place, row in _rows(path, ("query_id", "product_id", "grade")):
        grade, product = row["grade"], row["product_id"]
        if not (grade.isascii() and grade.isdigit() and len(grade) < 3):
            raise JudgmentError(f"{place}: grade {grade!r} is not a whole number from 0 to 99")
        grades = judgments.setdefault(row["query_id"], {})
        if grades.setdefault(product, int(grade)) != int(grade):
            raise JudgmentError(
                f"{place}: product {product!r} has another grade for this query further up",
                hint="keep one of the two lines",
            )
    return judgments


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


def _rows(path: str | Path, needed: Sequence[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield `"file line n"` and the row's values, stripped; needed ones are never empty."""
    opened = gzip.open if str(path).endswith(".gz") else open
    number = 1
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
            lines = csv.DictReader(file, strict=True)
            missing = [column for column in needed if column not in (lines.fieldnames or ())]
            if missing:
                raise JudgmentError(
                    f"{path} has no column {', '.join(missing)}",
                    hint=f"its first line must name {','.join(needed)}",
                )
            for line in lines:
                number = lines.line_num
                row = {k: (v or "").strip() for k, v in line.items() if isinstance(k, str)}
                empty = [column for column in needed if not row[column]]
                if empty or None in line:
                    wrong = (
                        f"{empty[0]} is empty" if empty else "there are more values than columns"
                    )
                    raise JudgmentError(f"{path} line {number}: {wrong}")
                yield f"{path} line {number}", row
    except OSError as error:
        raise JudgmentError(f"{path} cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error):
        raise JudgmentError(f"{path} is cut off or damaged", hint="gzip it again") from None
    except UnicodeDecodeError:
        raise JudgmentError(f"{path} is not UTF-8", hint="save it as UTF-8") from None
    except csv.Error as error:
        raise JudgmentError(f"{path} line {number + 1}: not CSV ({error})") from None
    if number == 1:
        raise JudgmentError(f"{path} holds no rows")
