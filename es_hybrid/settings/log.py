"""The settings of the log of searches and of what shoppers did; nothing is logged by default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints, model_validator

__all__ = ["Keeping", "LogSettings"]

Keeping = Literal["drop", "hash", "keep"]
"""What becomes of a shopper's words, or of who they are."""

_SHORTEST_SALT = 16


class LogSettings(BaseModel):
    """Logging of searches and events; see docs/logs.md."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    to: Literal["off", "elasticsearch", "files"] = Field(
        "off", description="Where searches and events are logged: nowhere, data streams, or files"
    )
    streams: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]*$")] = Field(
        "ubi", description="Prefix of the names: `ubi` gives `ubi_queries` and `ubi_events`"
    )
    directory: Path | None = Field(None, description="Where files are written")
    application: str | None = Field(
        None, max_length=100, description="UBI's `application`: the shop, or the part of it"
    )
    text: Keeping = Field(
        "drop", description="The shopper's words: not logged, as a keyed hash, or as they are"
    )
    ids: Keeping = Field(
        "drop", description="Users, clients and sessions: not logged, as a keyed hash, or as given"
    )
    salt: SecretStr | None = Field(
        None, description=f"Key of the hashes, at least {_SHORTEST_SALT} characters; keep it secret"
    )
    parts: bool = Field(
        default=True, description="Whether each product's scores and boosts are logged"
    )
    reports: bool = Field(
        default=False,
        description="Whether reports of ingests, reindexes and experiments are logged as well",
    )
    waiting: int = Field(
        2000,
        ge=1,
        description="Records that may wait to be written; any more are dropped and counted",
    )
    batch: int = Field(500, ge=1, description="Records written at once, at most")
    every_s: float = Field(1.0, ge=0, description="Seconds for which records are gathered")
    timeout_s: float = Field(10.0, gt=0, description="Seconds for one write")
    close_s: float = Field(
        5.0, ge=0, description="Seconds for which closing the client waits for unwritten records"
    )
    file_bytes: int = Field(
        64_000_000,
        ge=1000,
        description="Bytes after which a new file is begun; each day begins one, too",
    )
    keep_days: float | None = Field(
        None, gt=0, description="Days after which files are deleted; `None`: never"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.to == "files" and self.directory is None:
            raise ValueError("LOG__TO=files needs LOG__DIRECTORY")
        if self.to != "off" and "hash" in (self.text, self.ids):
            salt = self.salt.get_secret_value() if self.salt else ""
            if len(salt) < _SHORTEST_SALT:
                raise ValueError(
                    f"hashes need LOG__SALT of at least {_SHORTEST_SALT} characters: without one,"
                    " whoever guesses a word has its hash"
                )
        return self
