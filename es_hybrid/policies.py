"""What a merchandiser decided for one search, resolved: values that plan and ranking share.

Whatever depends on the query, the season or the audience has been decided when one of these is
made; `es_hybrid.rules` makes them. No policy at all is `NO_POLICIES`, and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

__all__ = [
    "NO_POLICIES",
    "BoostLimits",
    "Cap",
    "Diversity",
    "Exclusion",
    "Exploration",
    "Pin",
    "Policies",
    "StockAction",
    "StockPolicy",
]


class StockAction(StrEnum):
    """What happens to a product that is sold out."""

    KEEP = "keep"
    """It stays where it is."""
    DEMOTE = "demote"
    """Its score is multiplied by a factor."""
    BURY = "bury"
    """It stands below all candidates that can be bought."""
    HIDE = "hide"
    """It is not found at all: neither hit, total nor facet counts it."""
    SUBSTITUTE = "substitute"
    """The best product of its group that can be bought takes its place, and it is buried."""


@dataclass(frozen=True, slots=True)
class StockPolicy:
    """When a product is sold out, and what happens to it.

    Attributes:
        field: Doc-value field of the stock.
        action: What happens.
        above: A number above this is in stock; not used where `equals` is given.
        equals: Values of which one means in stock, such as `(True,)`.
        missing_is_in_stock: Whether a product without the field can be bought.
        factor: What `DEMOTE` multiplies the score by.
        group: For `SUBSTITUTE`, the field that products which can replace each other share.
    """

    field: str
    action: StockAction
    above: float = 0.0
    equals: tuple[Any, ...] = ()
    missing_is_in_stock: bool = True
    factor: float = 0.5
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Pin:
    """A product that stands at a place of its own.

    Attributes:
        id: Document id.
        position: Wanted place, from 1; the next free one where it is taken.
        rule: Which rule says so; ids of one rule close up where one of them cannot be shown.
        in_stock_only: Whether it is only a pin while it can be bought.
    """

    id: str
    position: int
    rule: int = 0
    in_stock_only: bool = False


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Products that are not found.

    Attributes:
        ids: By document id.
        field: By a value of a field.
        values: Of which one is enough.
    """

    ids: tuple[str, ...] = ()
    field: str | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """How often one value may be seen in a row of places.

    Attributes:
        field: Doc-value field, such as brand, seller or category.
        most: Products of one value in each `per` places.
        per: Places, usually a page.
        exempt_named: Whether a value that the query names is not capped.
    """

    field: str
    most: int
    per: int = 24
    exempt_named: bool = True


@dataclass(frozen=True, slots=True)
class Diversity:
    """How much variety is worth.

    Attributes:
        field: Doc-value field whose values are to alternate; `None` compares stored vectors.
        strength: From 0, relevance alone, to 1.
        first: Places that are made various; what stands below keeps its order.
    """

    field: str | None = None
    strength: float = 0.3
    first: int = 24


@dataclass(frozen=True, slots=True)
class Exploration:
    """How much of each page new products get.

    Attributes:
        created_field: Doc-value field of the date a product came.
        younger_than_days: Older products are not new.
        impressions_field: Doc-value field that counts how often a product was shown.
        impressions: The same by document id, where the caller counts; it wins over the field.
        until_impressions: A product that was shown as often has had its chance. Where nobody
            counts, age alone ends it.
        slots: Places on each page.
        per: Places of a page.
        first_place: The first page's highest place for a new product, from 1; the others follow
            every `per / slots` places.
        pool: New products among the candidates that are drawn from, the most relevant ones.
        seed: What the draw depends on; by default the search and the day.
    """

    created_field: str = "created_at"
    younger_than_days: float = 30.0
    impressions_field: str | None = None
    impressions: Mapping[str, int] = field(default_factory=dict)
    until_impressions: int = 500
    slots: int = 1
    per: int = 24
    first_place: int = 6
    pool: int = 10
    seed: str | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The doc values that are read."""
        return (self.created_field, *((self.impressions_field,) if self.impressions_field else ()))


@dataclass(frozen=True, slots=True)
class BoostLimits:
    """How far all boosts together may move a product.

    Attributes:
        places: At most so many places up or down; `None`: any.
        share: At most so much of the relevance range, 0 to 1; `None`: any.
    """

    places: int | None = None
    share: float | None = None


@dataclass(frozen=True)
class Policies:
    """Everything that is in force for one search, besides its boosts.

    Attributes:
        source: What the answer calls the rules, such as `default@3`.
        stock: What happens to sold-out products.
        pins: In the order of the rules.
        exclusions: Products that are not found.
        caps: All of them hold.
        diversity: Variety at the top.
        explore: Places for new products.
        limits: Of the boosts; `None` leaves them to request and settings.
        variants: Field of which each value is answered once.
    """

    source: str | None = None
    stock: StockPolicy | None = None
    pins: tuple[Pin, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    caps: tuple[Cap, ...] = ()
    diversity: Diversity | None = None
    explore: Exploration | None = None
    limits: BoostLimits | None = None
    variants: str | None = None

    @cached_property
    def reorder(self) -> bool:
        """Whether anything is done to candidates once they are ranked."""
        return bool(self.moves_sold_out or self.pins or self.caps or self.diversity or self.explore)

    @property
    def moves_sold_out(self) -> bool:
        """Whether sold-out candidates are moved; hidden ones are no candidates."""
        stock = self.stock
        return stock is not None and stock.action not in {StockAction.KEEP, StockAction.HIDE}

    @property
    def compares_vectors(self) -> bool:
        """Whether candidates' stored vectors are needed."""
        return self.diversity is not None and self.diversity.field is None

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Doc-value fields that must come with the candidates."""
        stock = self.stock
        names: list[str | None] = [cap.field for cap in self.caps]
        if stock is not None and (self.moves_sold_out or any(p.in_stock_only for p in self.pins)):
            names += [stock.field, stock.group]
        if self.diversity is not None:
            names.append(self.diversity.field)
        if self.explore is not None:
            names += self.explore.fields
        return tuple(dict.fromkeys(name for name in names if name))


NO_POLICIES = Policies()
"""No rule is in force."""
