"""The section of the language model that grades products."""

from __future__ import annotations

from pydantic import Field, SecretStr

from es_hybrid.settings.values import Section

__all__ = ["JudgeSettings"]


class JudgeSettings(Section):
    """A language model that grades products, for `es-hybrid judge llm` alone."""

    base_url: str | None = Field(None, description="OpenAI-style base URL, ending in `/v1`")
    api_key: SecretStr | None = Field(None, description="Bearer key; none is sent as `EMPTY`")
    model: str = Field("", description="Model name, sent and kept with each grade")
    timeout_s: float = Field(120.0, gt=0, description="Seconds for one grade, retries included")
    max_in_flight: int = Field(4, ge=1, le=64, description="Requests at once")
    max_tokens: int = Field(512, ge=16, description="Approximate tokens of one product's text")
