"""Settings of recommendations."""

from __future__ import annotations

from pydantic import Field

from es_hybrid.settings.values import Names, Section

__all__ = ["RecommendSettings"]


class RecommendSettings(Section):
    """Recommendations; see docs/recommendations.md."""

    title_field: str = Field("title", description="Field whose words likeness is looked for in")
    category_field: str = Field(
        "category_path", description="Keyword field of the category; complements are of another one"
    )
    counters: Names = Field(
        ("sales_7d", "clicks_7d", "sales_30d", "sales_total", "review_count"),
        description="What trending products are known by; each counts more than all after it",
    )
    created_field: str = Field(
        "created_at", description="Date by which the newest are known, where nothing was counted"
    )
    window: int = Field(50, ge=1, le=1000, description="Candidates per leg, at least")
