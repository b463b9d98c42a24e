"""The judging page without a browser: one product at a time, and what came of the last one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from es_hybrid.judging import GradeFile, JudgingQueue, PoolItem, in_own_order
from es_hybrid.ui import markup
from es_hybrid.ui.cards import Card
from es_hybrid.ui.sheet import Sheet
from es_hybrid.ui.turn import Said, Turn
from es_hybrid.ui.words import WORDS, Language

__all__ = ["Judging"]

_MOST_JUDGES = 64
_LONGEST_SAID = 60


class Judging:
    """A pool, and the file that its grades go to; safe to share among threads.

    Args:
        items: The pool.
        grades: Where grades go.
        sheet: What the index knows of a product; `None` where it is not there.
        judge: Who judges; empty where each types their name on the page.

    Example:
        judging = Judging(read_pool("pool.csv"), GradeFile("grades.csv"), sheet=playground.sheet)
        turn = judging.grade(judging.begin("ann"), 3)
    """

    def __init__(
        self,
        items: Sequence[PoolItem],
        grades: GradeFile,
        *,
        sheet: Callable[[str], Sheet | None],
        judge: str = "",
    ) -> None:
        self.judge = judge
        self._items = tuple(items)
        self._grades = grades
        self._sheet = sheet
        self._queue_of = lru_cache(_MOST_JUDGES)(self._queue)

    def begin(self, judge: str, turn: Turn | None = None) -> Turn:
        """Return a judge's first turn; it goes on where they stopped.

        Args:
            judge: Their name; without one there is nothing to judge yet.
            turn: Where they stand already.
        """
        name = judge.strip()
        if not name:
            return Turn(None)
        if turn is not None and turn.judge == name:
            return turn
        return Turn(self._queue_of(name).next_item(), name)

    def progress(self) -> tuple[int, int]:
        """Return how many items are graded, and how many there are."""
        return self._queue_of(self.judge).progress()

    def grade(self, turn: Turn, grade: int) -> Turn:
        """Keep a grade and go on; what somebody else graded meanwhile stays as they said.

        Raises:
            JudgmentError: The file is none of grades.
            OSError: It cannot be written; the turn is still to be done.
        """
        queue, item = self._queue_of(turn.judge), turn.item
        if item is None:
            return turn
        if item not in queue.remaining():
            return self._next(turn, Said("meanwhile"))
        queue.save(item, grade)
        gone_on = replace(turn, given=(*turn.given, item))
        return self._next(gone_on, Said("graded", item, grade))

    def skip(self, turn: Turn) -> Turn:
        """Put the product off until the others are done."""
        item = turn.item
        if item is None:
            return turn
        later = (*(other for other in turn.later if other != item), item)
        return self._next(replace(turn, later=later), Said("skipped", item))

    def undo(self, turn: Turn) -> Turn:
        """Take the last grade of this window back and show its product again."""
        if not turn.given:
            return replace(turn, said=Said("nothing_to_undo"))
        *given, item = turn.given
        self._queue_of(turn.judge).take_back(item)
        return replace(turn, item=item, given=tuple(given), said=Said("undone", item))

    def html(self, turn: Turn, *, index: str, language: Language, problem: str = "") -> str:
        """Return what a judge sees: nothing of scores, places or recipes.

        Args:
            turn: Where they stand.
            index: Named in the command that measures by the grades.
            language: Of the page.
            problem: Why the last thing they did was not done.
        """
        words = WORDS[language].judging
        if not turn.judge:
            return markup.message(words.name_first)
        done, most = self.progress()
        sheet = None
        if turn.item is not None:
            known = self._sheet(turn.item.product_id)
            sheet = known or _sheet_of_pool(turn.item)
            problem = problem or ("" if known else words.gone)
        command = f"es-hybrid evaluate {index} --queries queries.csv --qrels {self._grades.path}"
        return markup.judging(
            turn,
            sheet,
            words,
            progress=(done, most),
            said=_sentence(turn.said, language),
            problem=problem,
            file=str(self._grades.path),
            command=command,
        )

    def _next(self, turn: Turn, said: Said) -> Turn:
        item = self._queue_of(turn.judge).next_item(later=turn.later)
        return replace(turn, item=item, said=said)

    def _queue(self, judge: str) -> JudgingQueue:
        return JudgingQueue(in_own_order(self._items, judge=judge), self._grades, judge=judge)


def _sheet_of_pool(item: PoolItem) -> Sheet:
    texts = (item.product,) if item.product else ()
    return Sheet(Card(item.product_id, 0, item.title or item.product_id), texts=texts)


def _sentence(said: Said | None, language: Language) -> str:
    if said is None:
        return ""
    words = WORDS[language].judging
    sentence: str = getattr(words, said.what)
    if said.item is None:
        return sentence
    title = (said.item.title or said.item.product_id)[:_LONGEST_SAID]
    if said.grade is None:
        return sentence.format(title)
    return sentence.format(said.grade, words.grades[said.grade][0], title)
