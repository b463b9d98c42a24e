"""The part of `ext.hybrid` that gives new products places."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Explore"]

_MOST_COUNTED = 1000


class Explore(BaseModel):
    """What a request says of new products; the rules say the rest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    slots: int | None = Field(None, ge=0, le=24, description="Places of each page")
    per: int | None = Field(None, ge=1, le=1000, description="Places of a page")
    first_place: int | None = Field(None, ge=1, le=1000, description="The highest one, from 1")
    created_field: str | None = Field(
        None, min_length=1, description="Doc-value field of the date a product came"
    )
    younger_than_days: float | None = Field(
        None, gt=0, allow_inf_nan=False, description="Older products are not new"
    )
    impressions_field: str | None = Field(
        None, min_length=1, description="Doc-value field that counts how often a product was shown"
    )
    impressions: dict[str, Annotated[int, Field(ge=0)]] | None = Field(
        None,
        max_length=_MOST_COUNTED,
        description="How often products were shown, by id; wins over the field",
    )
    until_impressions: int | None = Field(
        None, ge=1, description="Products shown at least this often are not new any more"
    )
    pool: int | None = Field(None, ge=1, le=1000, description="New candidates that are drawn from")
    seed: str | None = Field(
        None,
        repr=False,
        description="What the draw depends on, such as a session; default: the search and the day",
    )
