"""What settings are made of: a list of names, shares by group of queries, JSON in the environment."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from es_hybrid.types import QueryKind

__all__ = ["GROUPS", "Names", "Section", "Shares", "decoded"]


def _split(value: object) -> object:
    return [v.strip() for v in value.split(",") if v.strip()] if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
"""A list of names; in the environment, separated by commas."""


def decoded(value: object) -> object:
    """Return what JSON in the environment says; a file holds the value itself."""
    return json.loads(value) if isinstance(value, str) else value


_LANGUAGES = ("ar", "en", "ja", "ko", "ru", "zh")


def _known_groups(shares: dict[str, float]) -> dict[str, float]:
    known = (*QueryKind, *_LANGUAGES)
    unknown = [name for name in shares if name not in known]
    if unknown:
        raise ValueError(f"name kinds or languages of queries: {', '.join(known)}")
    return shares


Shares = Annotated[
    dict[str, Annotated[float, Field(ge=0, le=1)]],
    BeforeValidator(decoded),
    AfterValidator(_known_groups),
]
"""A share for kinds or languages of queries; in the environment as JSON."""

GROUPS = (
    "by kind (`code`, `natural language`, `attribute`, `keywords`) or language (`zh`, `en`) of the"
    " query, a kind first; in the environment as JSON"
)


class Section(BaseModel):
    """A section of the tree: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")
