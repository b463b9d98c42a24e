"""The settings of the HTTP service."""

from __future__ import annotations

from pydantic import Field

from es_hybrid.settings.values import Section

__all__ = ["ServeSettings"]


class ServeSettings(Section):
    """The HTTP service; see docs/http-service.md."""

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(9280, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    allow_writes: bool = Field(
        default=False, description="Whether requests that write are handed on to Elasticsearch"
    )
    max_body_bytes: int = Field(
        20_000_000,
        ge=1000,
        description="Bytes of a request's body, decompressed; larger ones get 413",
    )
    max_requests: int = Field(
        256, ge=1, description="Requests in progress at once; any more get 429"
    )
    timeout_s: float = Field(
        30.0, gt=0, description="Seconds for one request to Elasticsearch; then 504"
    )
    drain_s: float = Field(
        5.0,
        ge=0,
        description="Seconds between a stop signal, when readiness ends, and the end of listening",
    )
    grace_s: float = Field(
        30.0, gt=0, description="Seconds after that for requests still in progress"
    )
