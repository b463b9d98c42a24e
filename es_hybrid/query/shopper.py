"""The part of `ext.hybrid` that says who is searching."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

__all__ = ["User", "UserEvent", "UserPrices"]

_MOST_EVENTS = 200

Texts = Annotated[tuple[str, ...], Field(strict=False)]
"""A list of texts."""


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    def __repr_args__(self) -> tuple[tuple[str, object], ...]:
        return ()  # who a shopper is, and what they did, belongs in no log


class UserEvent(_Options):
    """One product that the shopper viewed, put into the cart, or bought."""

    event: Literal["view", "cart", "purchase"] = Field("view", description="What was done")
    at: Annotated[AwareDatetime, Field(strict=False)] | None = Field(
        None, description="When, such as `2026-11-21T10:15:00Z`; default: just now"
    )
    product_id: str | None = Field(
        None, min_length=1, description="Its id; what is not given of it is looked up"
    )
    brand: str | Texts | None = Field(None, description="The product's brands")
    category: str | Texts | None = Field(None, description="Its categories")
    price: float | None = Field(None, gt=0, allow_inf_nan=False, description="Its price")


class UserPrices(_Options):
    """The prices that a shopper asks for, in the index's unit."""

    lowest: float | None = Field(None, gt=0, allow_inf_nan=False, description="From")
    highest: float | None = Field(None, gt=0, allow_inf_nan=False, description="To")


class User(_Options):
    """Who is searching: recent events and stated preferences. Nothing of it is kept or logged."""

    id: str | None = Field(
        None,
        min_length=1,
        max_length=512,
        description="Whose stored events and preferences take part, besides what is given here",
    )
    events: Annotated[tuple[UserEvent, ...], Field(strict=False, max_length=_MOST_EVENTS)] = Field(
        (), description=f"What the shopper did lately, at most {_MOST_EVENTS}"
    )
    brands: Texts = Field((), description="Brands that the shopper says they like")
    categories: Texts = Field((), description="Categories that they say they like")
    prices: UserPrices | None = Field(None, description="Price range that they asked for")
    opt_out: bool = Field(default=False, description="`true` uses nothing of the rest")
    factor: float = Field(
        1.25,
        ge=1,
        le=2,
        allow_inf_nan=False,
        description="Factor of a product that fits the shopper entirely",
    )
    fields: dict[str, str] = Field(
        {},
        description="Doc-value fields of `brand`, `category`, `price`, where they have other names",
    )
