"""Grades as they are given: one file that grows by a line a grade, and what is still to be judged."""

from __future__ import annotations

import csv
import io
import os
import random
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from es_hybrid._durable import replace_file
from es_hybrid.evaluate import JudgmentError
from es_hybrid.evaluate.text_files import csv_rows, first_line
from es_hybrid.judging.pools import PoolItem

try:
    import fcntl
except ImportError:  # Windows: judges of one file should not change grades at the same moment
    fcntl = None  # type: ignore[assignment]

__all__ = ["GRADES", "GradeFile", "JudgingQueue", "in_own_order"]

GRADES = {
    3: "exactly what the shopper asked for",
    2: "not all of it, but the shopper may well buy it instead",
    1: "goes with it, or is of the same kind, and is not what was asked for",
    0: "has nothing to do with it",
}
"""What grades mean, to humans and to a language model alike."""

_COLUMNS = ("query_id", "product_id", "grade", "judge")


class GradeFile:
    """A file of grades in the shape that `es-hybrid evaluate` reads, with who gave them.

    A grade is one line, appended in one write and on the disk when `save` returns: a crash leaves
    whole lines, and several judges may write at once, each in a process of their own. Safe to share
    among threads.

    Args:
        path: CSV; made where it is not there.

    Raises:
        JudgmentError: The file is no such file.

    Example:
        GradeFile("grades.csv").save("q1", "4711", 3, judge="ann")
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._lock = threading.Lock()

    def read(self) -> dict[tuple[str, str], int]:
        """Return the grades by query id and product id, as they are in the file now."""
        if not self.path.exists() or self.path.stat().st_size <= len(_line(_COLUMNS)):
            return {}
        found: dict[tuple[str, str], int] = {}
        for place, row in csv_rows(self.path, _COLUMNS[:3]):
            if row["grade"] not in map(str, GRADES):
                raise JudgmentError(f"{place}: grade {row['grade']!r} is none of 0 to 3")
            found[row["query_id"], row["product_id"]] = int(row["grade"])
        return found

    def save(self, query_id: str, product_id: str, grade: int, *, judge: str = "") -> None:
        """Keep a grade; a second one of the same product stands in place of the first.

        Args:
            query_id: The query.
            product_id: The product.
            grade: 0 to 3; see `GRADES`.
            judge: Who gave it.

        Raises:
            JudgmentError: The grade is none of 0 to 3, or the file has other columns.
            OSError: The file cannot be written.
        """
        if grade not in GRADES:
            raise JudgmentError(f"grade {grade!r} is none of 0 to 3")
        with self._alone():
            known = self.read().get((query_id, product_id))
            line = _line((query_id, product_id, str(grade), judge))
            if known is None:
                self._append(line)
            elif known != grade:
                self._exchange(query_id, product_id, line=line)

    def remove(self, query_id: str, product_id: str) -> None:
        """Take a grade out, as if it had never been given.

        Args:
            query_id: The query.
            product_id: The product; one without a grade stays as it is.
        """
        with self._alone():
            if (query_id, product_id) in self.read():
                self._exchange(query_id, product_id)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the file against all other writers: a line appended while it is exchanged is lost."""
        with self._lock:
            if fcntl is None:
                yield
                return
            while True:
                with self.path.open("ab") as held:
                    fcntl.flock(held, fcntl.LOCK_EX)
                    # Whoever held it before may have put another file in its place.
                    if os.path.samestat(os.fstat(held.fileno()), self.path.stat()):
                        yield
                        return

    def _append(self, line: str) -> None:
        known = self.path.read_bytes() if self.path.exists() else b""
        if not known:
            line = _line(_COLUMNS) + line
        elif next(csv.reader([first_line(self.path)])) != list(_COLUMNS):
            raise JudgmentError(
                f"{self.path} has other columns than a file of grades",
                hint=f"its first line must be {','.join(_COLUMNS)}, or name another file",
            )
        elif not known.endswith(b"\n"):
            line = f"\n{line}"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def _exchange(self, query_id: str, product_id: str, *, line: str = "") -> None:
        """Put a line, or none, in place of a grade; the file is exchanged at once, never half."""
        rows = [row for _, row in csv_rows(self.path, _COLUMNS[:3])]
        kept = [r for r in rows if (r["query_id"], r["product_id"]) != (query_id, product_id)]
        lines = [_line([row.get(name, "") for name in _COLUMNS]) for row in kept]
        replace_file(self.path, (_line(_COLUMNS) + "".join(lines) + line).encode())


class JudgingQueue:
    """What a judging page needs: the next item, and a place for its grade.

    Args:
        items: The pool; queries stay together, so that a judge reads each once.
        grades: Where grades go.
        judge: Who is judging.

    Example:
        queue = JudgingQueue(read_pool("pool.csv"), GradeFile("grades.csv"), judge="ann")
        item = queue.next_item()
        queue.save(item, 3)
    """

    def __init__(self, items: Sequence[PoolItem], grades: GradeFile, *, judge: str = "") -> None:
        self._items = tuple(items)
        self._grades = grades
        self._judge = judge

    def remaining(self) -> list[PoolItem]:
        """Return what nobody has graded, as the file is now."""
        done = self._grades.read()
        return [item for item in self._items if (item.query_id, item.product_id) not in done]

    def next_item(self, *, later: Collection[PoolItem] = ()) -> PoolItem | None:
        """Return the next item to judge; `None` where all is done.

        Args:
            later: What was put off; it comes last, in this order.
        """
        left = self.remaining()
        fresh = next((item for item in left if item not in later), None)
        return fresh or next((item for item in later if item in left), None)

    def save(self, item: PoolItem, grade: int) -> None:
        """Keep a grade of an item; see `GradeFile.save`."""
        self._grades.save(item.query_id, item.product_id, grade, judge=self._judge)

    def take_back(self, item: PoolItem) -> None:
        """Take an item's grade out of the file; it is to be judged again."""
        self._grades.remove(item.query_id, item.product_id)

    def progress(self) -> tuple[int, int]:
        """Return how many items are graded, and how many there are."""
        return len(self._items) - len(self.remaining()), len(self._items)


def in_own_order(items: Sequence[PoolItem], *, judge: str) -> tuple[PoolItem, ...]:
    """Return a pool in an order of a judge's own, the same each time; queries stay together.

    Judges who share a pool then seldom have the same product before them, and what comes early and
    is judged with less practice is another product for each.

    Args:
        items: The pool.
        judge: Their name; without one the pool stays as it is.

    Example:
        >>> items = [PoolItem("q", "shoe", product, 1) for product in "abcd"]
        >>> "".join(item.product_id for item in in_own_order(items, judge="bob"))
        'cabd'
    """
    if not judge:
        return tuple(items)
    by_query: dict[str, list[PoolItem]] = {}
    for item in items:
        by_query.setdefault(item.query_id, []).append(item)
    chance = random.Random(judge)
    queries = list(by_query.values())
    chance.shuffle(queries)
    for some in queries:
        chance.shuffle(some)
    return tuple(item for some in queries for item in some)


def _line(values: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
