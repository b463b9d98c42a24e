"""Reads rerank answers of every shape that servers give.

A list of items, or an object that holds one; items in any order, with the score under either of two
names, as number or as text. Only the index and the score are read: the document that a server
repeats is never used. What cannot be read without guessing is a `ContractError`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from es_hybrid.errors import ContractError

__all__ = ["decode_scores"]


def decode_scores(body: Any, *, count: int) -> list[float]:
    """Return one finite score per text, in the order in which the texts were sent.

    Args:
        body: The parsed answer.
        count: Texts that were sent. No request here limits the answer, so each must be scored.

    Raises:
        ContractError: No list of items; an index that is missing, repeated or out of range; a score
            that is missing or not finite; more or fewer items than texts.

    Example:
        >>> decode_scores([{"index": 1, "score": 0.2}, {"index": 0, "score": "0.9"}], count=2)
        [0.9, 0.2]
    """
    items = _items(body)
    if len(items) != count:
        raise _broken(f"{len(items)} scores came for {count} texts")
    scores: list[float | None] = [None] * count
    for place, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise _broken(f"item {place} of {count} is not an object")
        index = _index(item.get("index"), place, count)
        if scores[index] is not None:
            raise _broken(f"index {index} came twice")
        scores[index] = _score(item, index)
    # As many items as texts, and no index twice: none is missing.
    return [score for score in scores if score is not None]


def _items(body: Any) -> list[Any]:
    if isinstance(body, list):
        return body
    if isinstance(body, Mapping):
        output = body.get("output")
        nested = output.get("results") if isinstance(output, Mapping) else None
        for found in (body.get("results"), body.get("data"), body.get("rerank"), nested):
            if isinstance(found, list):
                return found
    raise _broken("the answer holds no list of scores")


def _index(value: Any, place: int, count: int) -> int:
    # At most ten digits: a longer one is out of range anyway, and int() refuses thousands.
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 10:
        value = int(value)
    if type(value) is not int:  # True and False are ints to isinstance
        raise _broken(f"item {place} of {count} has no whole number `index`")
    if not 0 <= value < count:
        raise _broken(f"item {place} has an index outside 0 to {count - 1}")
    return value


def _score(item: Mapping[str, Any], index: int) -> float:
    value = item.get("relevance_score")
    if value is None:
        value = item.get("score")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise _broken(f"the text at {index} has no score")
    try:
        score = float(value)
    except (ValueError, OverflowError):
        raise _broken(f"the score of the text at {index} is not a number") from None
    if not math.isfinite(score):
        raise _broken(f"the score of the text at {index} is NaN or infinite")
    return score


def _broken(message: str) -> ContractError:
    return ContractError(message, service="rerank", status=200)
