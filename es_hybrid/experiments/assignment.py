"""Who sees which arm: the same shopper always the same, on every server, without any store."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Arm", "assign"]

_BUCKETS = 2**64


class Arm(NamedTuple):
    """One side of an experiment.

    Attributes:
        name: Such as `control`.
        share: Part of the traffic, 0 to 1.
    """

    name: str
    share: float


def assign(experiment: str, unit: str, arms: Sequence[Arm]) -> str | None:
    """Return the arm of a shopper, or `None` for the traffic that takes no part.

    A hash of the experiment's and the shopper's id decides. Arms lie one after the other from 0,
    so that a growing last arm takes shoppers in and turns none over; another experiment assigns anew.

    Args:
        experiment: Its name.
        unit: What is assigned: a shopper's or session's id.
        arms: Their shares add up to 1 at most.

    Raises:
        ValueError: A share is negative, or all add up to more than 1.

    Example:
        >>> assign("new-ranking", "shopper-7", [Arm("control", 0.5), Arm("hybrid", 0.5)])
        'hybrid'
    """
    shares = [arm.share for arm in arms]
    if any(share < 0.0 for share in shares) or sum(shares) > 1.0 + 1e-9:
        raise ValueError("shares must not be negative, nor add up to more than 1")
    # The length parts the names: no experiment and shopper read like another pair.
    told = f"{len(experiment)}:{experiment}:{unit}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(told, digest_size=8).digest()
    place = int.from_bytes(digest, "big") / _BUCKETS
    upto = 0.0
    for arm in arms:
        upto += arm.share
        if place < upto:
            return arm.name
    return None
