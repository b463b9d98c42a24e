"""The shape of a judgment rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from demo.product import Product

Grader = Callable[[Product], int]


@dataclass(frozen=True, slots=True)
class Rule:
    """A grader and the categories that it judges; everything else is not listed.

    Example:
        >>> Rule(("earphones",), lambda product: 3).pool
        ('earphones',)
    """

    pool: tuple[str, ...]
    grade: Grader
