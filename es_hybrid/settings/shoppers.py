"""The section of the settings tree that says what is kept of shoppers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

__all__ = ["ShopperSettings"]


class ShopperSettings(BaseModel):
    """What is kept of shoppers who are known by an id; see docs/personalisation.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    store: Literal["none", "redis", "index"] = Field(
        "none", description="Where shoppers are kept: nowhere, in a Redis, or in an index"
    )
    redis_url: SecretStr | None = Field(
        None, description="Address of that Redis; if it evicts keys, it loses who opted out"
    )
    index: str = Field(
        "es-hybrid-shoppers", description="Name of that index; the first event creates it"
    )
    secret: SecretStr | None = Field(
        None, description="Key of the hashes that stand for ids; without one, ids can be guessed"
    )
    ttl_days: float = Field(
        90.0, gt=0, description="Days after which an event, and a shopper not seen since, is gone"
    )
    most_events: int = Field(100, ge=1, le=200, description="Newest events kept per shopper")
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
