"""Grades as they are given: one file that grows by a line a grade, and what is still to be judged."""

from __future__ import annotations

import csv
import io
import os
import threading
from collections.abc import Sequence
from pathlib import Path

from es_hybrid.evaluate import JudgmentError
from es_hybrid.evaluate.text_files import csv_rows
from es_hybrid.judging.pools import PoolItem

__all__ = ["GRADES", "GradeFile", "JudgingQueue"]

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

    A grade is one line, appended in one write: a crash leaves whole lines, and several judges may
    write at once. Safe to share among threads.

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
            JudgmentError: The grade is none of 0 to 3.
        """
        if grade not in GRADES:
            raise JudgmentError(f"grade {grade!r} is none of 0 to 3")
        with self._lock:
            known = self.read().get((query_id, product_id))
            if known is not None and known != grade:
                self._rewrite_without(query_id, product_id)
            if known != grade:
                self._append(_line((query_id, product_id, str(grade), judge)))

    def _append(self, line: str) -> None:
        is_new = not self.path.exists() or not self.path.stat().st_size
        content = _line(_COLUMNS) + line if is_new else line
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(handle, content.encode())
        finally:
            os.close(handle)

    def _rewrite_without(self, query_id: str, product_id: str) -> None:
        """Take a grade out: the whole file is exchanged at once, so that none is ever half there."""
        rows = [row for _, row in csv_rows(self.path, _COLUMNS[:3])]
        kept = [r for r in rows if (r["query_id"], r["product_id"]) != (query_id, product_id)]
        lines = [_line([row.get(name, "") for name in _COLUMNS]) for row in kept]
        part = self.path.with_name(f"{self.path.name}.part")
        part.write_text(_line(_COLUMNS) + "".join(lines), encoding="utf-8")
        part.replace(self.path)


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

    def next_item(self) -> PoolItem | None:
        """Return the next item to judge; `None` where all is done."""
        return next(iter(self.remaining()), None)

    def save(self, item: PoolItem, grade: int) -> None:
        """Keep a grade of an item; see `GradeFile.save`."""
        self._grades.save(item.query_id, item.product_id, grade, judge=self._judge)

    def progress(self) -> tuple[int, int]:
        """Return how many items are graded, and how many there are."""
        return len(self._items) - len(self.remaining()), len(self._items)


def _line(values: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
