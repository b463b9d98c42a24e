"""The part of `ext.hybrid` that the log of searches takes down; no answer depends on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

__all__ = ["Experiment", "LogOptions"]

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
"""A name or an id, as long as UBI allows."""


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Experiment(_Options):
    """Which side of an experiment a search is on."""

    name: Name = Field(description="The experiment")
    variant: Name = Field(description="Its variant that answers this search")


class LogOptions(_Options):
    """What the log is told of a search; see docs/logs.md."""

    query_id: Name | None = Field(
        None, description="The caller's own id; later pages send that of the first page"
    )
    user: Name | None = Field(None, description="Who is searching")
    client: Name | None = Field(None, description="Browser or app")
    session: Name | None = Field(None, description="Session")
    experiment: Experiment | None = Field(None, description="On which side of an experiment")
