"""All shapes."""

from __future__ import annotations

from tests.swap.shapes.answers import ANSWERS
from tests.swap.shapes.calls import CALLS
from tests.swap.shapes.compound import COMPOUND
from tests.swap.shapes.filters import FILTERS, NOT_OURS
from tests.swap.shapes.orders import ORDERS
from tests.swap.shapes.parts import PARTS
from tests.swap.shapes.queries import FULL_TEXT, URL_QUERIES
from tests.swap.shapes.refused import REFUSED
from tests.swap.shapes.shape import Shape

ANSWERED: tuple[Shape, ...] = (
    *(*FULL_TEXT, *URL_QUERIES, *COMPOUND, *FILTERS, *NOT_OURS),
    *(*PARTS, *ANSWERS, *ORDERS, *CALLS),
)
"""Requests that Elasticsearch answers."""

SHAPES: tuple[Shape, ...] = (*ANSWERED, *REFUSED)
