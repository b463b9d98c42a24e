"""One line of the export, and the truth behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from demo.shape import Truth

Field = str | int | float | list[str] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Product:
    """What the shop exports (`fields`) and what is so (`truth`), which is never exported."""

    fields: Mapping[str, Field]
    truth: Truth

    @property
    def id(self) -> str:
        """Return the product's id."""
        return str(self.fields["id"])

    @property
    def language(self) -> str:
        """Return the language of the product's text, `zh` or `en`."""
        return str(self.fields["language"])

    @property
    def brand(self) -> str:
        """Return the brand as the shop writes it."""
        return str(self.fields["brand"])

    @property
    def price(self) -> float:
        """Return the price in the major unit of the product's currency."""
        return cast("float", self.fields["price"])
