"""What each policy did to an order, kept so that every move can be explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from es_hybrid.types import Json


class StepName(StrEnum):
    """What may change an order once it is ranked, first to last."""

    LIMITS = "limits"
    STOCK = "stock"
    DIVERSITY = "diversity"
    SLOTS = "slots"
    """Pins, caps and new products: all say who may stand at which place."""


class Cause(StrEnum):
    """Why a step touched a product; one that only made room has none."""

    LIMITED = "limited"
    SOLD_OUT = "sold_out"
    SUBSTITUTE = "substitute"
    VARIETY = "variety"
    CAPPED = "capped"
    PINNED = "pinned"
    EXPLORED = "explored"


class Reason(NamedTuple):
    """Why a product stands elsewhere after a step.

    Attributes:
        cause: What it was.
        value: What it depends on: the limit, the capped value, the id that was replaced.
    """

    cause: Cause
    value: str = ""


class Move(NamedTuple):
    """What one step did to one product.

    Attributes:
        step: Which.
        before: Place before it, from 1; `None` where the product was not there.
        after: Place after it.
        reason: Why; `None` where it made room for another, or took the room of one.
    """

    step: StepName
    before: int | None
    after: int
    reason: Reason | None = None

    def to_dict(self) -> Json:
        """Return the move as JSON."""
        why = {"cause": str(self.reason.cause)} if self.reason else {}
        of = {"of": self.reason.value} if self.reason and self.reason.value else {}
        return {"step": str(self.step), "from": self.before, "to": self.after, **why, **of}


@dataclass(frozen=True, slots=True)
class Step:
    """One policy's work.

    Attributes:
        name: Which.
        before: Positions of the candidates before it, best first.
        after: The same after it; a pin may have come, its variants may have gone.
        reasons: Why, by position, for those that the policy meant.
    """

    name: StepName
    before: Sequence[int]
    after: Sequence[int]
    reasons: Mapping[int, Reason] = field(default_factory=dict)


def explored(steps: Iterable[Step]) -> frozenset[int]:
    """Return the positions of new products that were given a place."""
    slots = (step.reasons for step in steps if step.name is StepName.SLOTS)
    return frozenset(
        position
        for reasons in slots
        for position, reason in reasons.items()
        if reason.cause is Cause.EXPLORED
    )


_PLACES = range(1, 1_000_000)


def moves_of(steps: Iterable[Step], wanted: Iterable[int]) -> dict[int, tuple[Move, ...]]:
    """Return what the steps did to some of the candidates.

    Moves follow each other: where one ends the next begins, and the last one ends at the place in
    the final order.

    Args:
        steps: In the order they were taken.
        wanted: Positions of the candidates.

    Example:
        >>> step = Step(StepName.STOCK, [0, 1], [1, 0], {0: Reason(Cause.SOLD_OUT)})
        >>> moves_of([step], [0])[0][0].to_dict()
        {'step': 'stock', 'from': 1, 'to': 2, 'cause': 'sold_out'}
    """
    moves: dict[int, list[Move]] = {position: [] for position in wanted}
    order, after = None, dict[int, int]()
    for step in steps:
        same = step.before is order  # where the step before ended
        before = after if same else dict(zip(step.before, _PLACES, strict=False))
        order, after = step.after, dict(zip(step.after, _PLACES, strict=False))
        for position, own in moves.items():
            reason, then = step.reasons.get(position), after.get(position)
            if then is not None and (reason is not None or before.get(position) != then):
                own.append(Move(step.name, before.get(position), then, reason))
    return {position: tuple(own) for position, own in moves.items()}
