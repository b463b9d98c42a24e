"""What happens to sold-out candidates: hits and an order in, an order and its reasons out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from es_hybrid.policies import StockAction, StockPolicy
from es_hybrid.rank.steps import Cause, Reason
from es_hybrid.rank.values import first_values, numbers, plain, text_column
from es_hybrid.types import Hit


class Arranged(NamedTuple):
    """An order and why it is one.

    Attributes:
        order: Positions, best first.
        reasons: By position, for those that the policy meant.
    """

    order: list[int]
    reasons: Mapping[int, Reason]


def in_stock(hits: Sequence[Hit], stock: StockPolicy) -> list[bool]:
    """Return for each hit whether it can be bought.

    Example:
        >>> hits = [Hit("i", "1", fields={"stock": [0]}), Hit("i", "2")]
        >>> in_stock(hits, StockPolicy("stock", StockAction.BURY))
        [False, True]
    """
    name, missing = stock.field, stock.missing_is_in_stock
    if stock.equals:
        wanted = {plain(value) for value in stock.equals}
        found = text_column(hits, name).texts
        return [any(text in wanted for text in own) if own else missing for own in found]
    unknown = stock.above + 1.0 if missing else stock.above
    enough: list[bool] = (numbers(hits, name, unknown) > stock.above).tolist()
    return enough


def settled(
    order: Sequence[int],
    scores: Mapping[int, float],
    hits: Sequence[Hit],
    stock: StockPolicy,
    *,
    available: Sequence[bool],
) -> Arranged:
    """Return an order in which sold-out products stand where the policy wants them.

    Args:
        order: Positions, best first, without those that no policy may move.
        scores: A score for each of them, never rising along the order.
        hits: All candidates.
        stock: The policy; one that moves sold-out products.
        available: Which of the candidates can be bought.
    """
    gone = [position for position in order if not available[position]]
    reasons = {position: Reason(Cause.SOLD_OUT) for position in gone}
    if not gone:
        return Arranged(list(order), {})
    match stock.action:
        case StockAction.DEMOTE:
            factor = stock.factor
            lowered = {p: scores[p] * (1.0 if available[p] else factor) for p in order}
            return Arranged(sorted(order, key=lambda position: -lowered[position]), reasons)
        case StockAction.BURY:
            return Arranged([p for p in order if available[p]] + gone, reasons)
        case _:
            return _substituted(order, hits, stock, available, reasons)


def _substituted(
    order: Sequence[int],
    hits: Sequence[Hit],
    stock: StockPolicy,
    available: Sequence[bool],
    sold_out: Mapping[int, Reason],
) -> Arranged:
    """Let the best product below that can be bought, of the same group, take each one's place."""
    groups = first_values(hits, stock.group) if stock.group else [None] * len(hits)
    below: dict[Any, list[int]] = {groups[position]: [] for position in sold_out}
    below.pop(None, None)
    for position in reversed(order):
        if available[position] and groups[position] in below:
            below[groups[position]].append(position)
    kept: list[int] = []
    taken: set[int] = set()
    reasons = dict(sold_out)
    for position in order:
        mates = below.get(groups[position])
        if mates is None:  # nothing of its group is sold out
            if available[position]:
                kept.append(position)
            continue
        if position in taken or not (available[position] or mates):
            continue
        # The last one is the best one that has not been passed or taken: of an available product
        # itself.
        chosen = mates.pop() if mates else position
        taken.add(chosen)
        kept.append(chosen)
        if chosen != position:
            reasons[chosen] = Reason(Cause.SUBSTITUTE, hits[position].id)
    return Arranged([*kept, *sold_out], reasons)
