"""Settings of recommendations."""

from __future__ import annotations

from pydantic import Field

from es_hybrid.settings.values import Names, Section

__all__ = ["RecommendSettings"]


class RecommendSettings(Section):
    """Recommendations; see docs/recommendations.md."""

    title_field: str = Field(
        "title", description="Field in whose words similar products are looked for"
    )
    category_field: str = Field(
        "category_path",
        description="Keyword field of the category; complements come from another category",
    )
    counters: Names = Field(
        ("sales_7d", "clicks_7d", "sales_30d", "sales_total", "review_count"),
        description="Counters that tell what is trending; each outweighs all that follow it",
    )
    created_field: str = Field(
        "created_at",
        description="Date field that tells the newest products, where nothing was counted",
    )
    window: int = Field(50, ge=1, le=1000, description="Candidates per leg, at least")
