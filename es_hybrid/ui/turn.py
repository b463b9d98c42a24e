"""Where a judge stands: what is to be judged now, and what came of the last thing they did."""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid.judging import PoolItem

__all__ = ["Said", "Turn"]


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of the last thing a judge did.

    Attributes:
        what: Name of the sentence among the page's words.
        item: What it is about.
        grade: What it was given.
    """

    what: str
    item: PoolItem | None = None
    grade: int | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """Where one judge stands, in one window.

    Attributes:
        item: What is to be judged now; `None` where all is done.
        judge: Their name.
        later: What was skipped, in this order.
        given: What was graded in this window, the last one last.
        said: What came of the last thing they did.
    """

    item: PoolItem | None
    judge: str = ""
    later: tuple[PoolItem, ...] = ()
    given: tuple[PoolItem, ...] = ()
    said: Said | None = None

    @property
    def key(self) -> str:
        """Names what is shown, so that a late click never grades the next product."""
        return "" if self.item is None else f"{self.item.query_id} {self.item.product_id}"
