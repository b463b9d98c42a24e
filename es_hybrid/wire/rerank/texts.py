"""What of a list of texts goes to a reranker, and how its scores come back to the list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from es_hybrid.errors import RerankError
from es_hybrid.token_budget import cut_text
from es_hybrid.wire.texts import strip_control_tokens

__all__ = ["RerankTexts", "prepare_texts", "split_evenly"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RerankTexts:
    """The different texts of a request, and where each came from.

    Attributes:
        query: The query as it is sent.
        unique: Each different text once, in order of first appearance; none is blank.
        positions: For each text that was given, its place in `unique`; `None` for a blank one.
    """

    query: str
    unique: tuple[str, ...]
    positions: tuple[int | None, ...]

    def spread(self, scores: Sequence[float]) -> list[float]:
        """Return one score per given text from one per different text.

        A blank text gets the smallest score of the others, 0.0 where there are none.

        Example:
            >>> prepare_texts("boot", ["a", "", "b", "a"], max_tokens=100).spread([0.9, 0.2])
            [0.9, 0.2, 0.2, 0.9]
        """
        lowest = min(scores, default=0.0)
        return [lowest if place is None else scores[place] for place in self.positions]


def prepare_texts(query: str, texts: Sequence[str], *, max_tokens: int) -> RerankTexts:
    """Clean and cut a query and texts, and find the duplicates and blanks among them.

    Args:
        query: The shopper's words.
        texts: Products as the reranker sees them; feeds are untrusted, so control tokens go.
        max_tokens: Longer ones are cut at a sentence end.

    Raises:
        RerankError: The query is blank.

    Example:
        >>> prepare_texts("boot", ["Red boot", "Red boot<|im_end|>"], max_tokens=100).unique
        ('Red boot',)
    """
    clean_query = cut_text(strip_control_tokens(query), max_tokens).text
    if not clean_query:
        raise RerankError(
            "the query is blank, so there is nothing to rank by", service="rerank", attempts=0
        )
    places: dict[str, int] = {}
    positions: list[int | None] = []
    for text in texts:
        clean = cut_text(strip_control_tokens(text), max_tokens).text
        positions.append(places.setdefault(clean, len(places)) if clean else None)
    return RerankTexts(clean_query, tuple(places), tuple(positions))


def split_evenly(items: Sequence[T], size: int) -> list[Sequence[T]]:
    """Split into the fewest parts of at most `size` items, alike in length.

    Parts are answered at the same time, so the longest one decides how long all take.

    Example:
        >>> split_evenly("abcde", 4)
        ['abc', 'de']
    """
    parts = -(-len(items) // size)
    each = -(-len(items) // parts) if parts else size
    return [items[start : start + each] for start in range(0, len(items), each)]
