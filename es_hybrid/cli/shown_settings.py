"""The settings in force as a stranger may see them, and where each comes from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from es_hybrid.checks import Check
from es_hybrid.cli.connect import shown_url
from es_hybrid.settings import Settings, setting_origins

__all__ = ["ShownSettings", "redacted", "shown_settings"]

_MASK = "**********"
_LEAST = 4
"""A shorter secret stands in ordinary words, too."""


@dataclass(frozen=True, slots=True)
class ShownSettings:
    """Settings without their secrets.

    Attributes:
        values: Each setting, `section.name` to value.
        origins: Where those that are set come from: a variable's name, a file's, or `--es-url`.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]

    @classmethod
    def of(cls, settings: Settings, args: argparse.Namespace) -> Self:
        """Return what is shown of the settings that the arguments led to."""
        origins = setting_origins(*(args.settings or ()))
        if args.es_url:
            origins["es_url"] = "--es-url"
        return cls(shown_settings(settings), origins)

    def lines(self, *, changed: bool = False) -> Iterator[str]:
        """Yield a line a setting; of those alone that somebody has set, where that is asked for."""
        for name, value in self.values.items():
            origin = self.origins.get(name)
            if origin or not changed:
                yield f"{name} = {value}  ({origin or 'default'})"

    def to_dict(self) -> dict[str, Any]:
        """Return what a machine reads."""
        return {"settings": dict(self.values), "origins": dict(self.origins)}


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings in force, `section.name` to value, with nothing secret in them."""
    flat: dict[str, Any] = {}
    for name, value in settings.model_dump(mode="json").items():
        if isinstance(value, dict):
            flat |= {f"{name}.{key}": _harmless(inner) for key, inner in value.items()}
        else:
            flat[name] = _harmless(value)
    if flat["rules.inline"] is not None:
        flat["rules.inline"] = "set"  # it may hold what shoppers type
    return flat


def redacted(check: Check, settings: Settings) -> Check:
    """Return what was found without any secret of the settings, whoever has put it there."""
    detail, hint = check.detail, check.hint
    for secret in _secrets(settings):
        detail, hint = detail.replace(secret, _MASK), hint.replace(secret, _MASK)
    return replace(check, detail=detail, hint=hint)


def _harmless(value: Any) -> Any:
    if isinstance(value, list):
        return [_harmless(each) for each in value]
    return shown_url(value) if isinstance(value, str) and "://" in value else value


def _secrets(model: BaseModel) -> Iterator[str]:
    """Yield keys, and the users, passwords and parameters of addresses."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _secrets(value)
        for each in value if isinstance(value, tuple) else (value,):
            secret = each.get_secret_value() if isinstance(each, SecretStr) else ""
            parts = urlsplit(secret or each) if isinstance(secret or each, str) else None
            held = (secret, parts.password, parts.query) if parts else ()
            yield from (found for found in held if found and len(found) >= _LEAST)
