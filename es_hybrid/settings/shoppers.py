"""The section of the settings tree that says what is kept of shoppers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["ShopperSettings"]


class ShopperSettings(BaseModel):
    """What is kept of shoppers who are known by an id; see docs/personalisation.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: Literal["none", "redis", "index"] = Field(
        "none", description="Where it is kept: nowhere, in a Redis, or in an index"
    )
    redis_url: SecretStr | None = Field(
        None, description="That Redis; one that evicts keys would lose who opted out"
    )
    index: str = Field("es-hybrid-shoppers", description="That index; made by the first event")
    secret: SecretStr | None = Field(
        None, description="Key of the hash that stands for an id; without one, an id can be guessed"
    )
    ttl_days: float = Field(
        90.0, gt=0, description="Days after which an event, and a shopper not seen since, is gone"
    )
    most_events: int = Field(
        100, ge=1, le=200, description="Events kept of one shopper, the newest"
    )
    products: int = Field(
        16,
        ge=0,
        le=100,
        description="Products whose stored vectors, brands, categories and prices are looked up for"
        " a search; 0: none",
    )
    timeout_ms: float = Field(
        20.0,
        gt=0,
        description="Milliseconds a search waits for the store before it goes on without",
    )
