"""The whole tree of settings, and the only reader of the environment."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from es_hybrid.errors import ConfigurationError
from es_hybrid.settings.judge import JudgeSettings
from es_hybrid.settings.log import LogSettings
from es_hybrid.settings.look_up import ExperimentSettings, RulesSettings
from es_hybrid.settings.recommend import RecommendSettings
from es_hybrid.settings.sections import (
    CacheSettings,
    EmbedSettings,
    IndexSettings,
    IngestSettings,
    RankSettings,
    RerankSettings,
    SearchSettings,
)
from es_hybrid.settings.serve import ServeSettings
from es_hybrid.settings.shoppers import ShopperSettings

__all__ = ["PREFIX", "Settings", "known_names", "setting_origins"]

PREFIX = "ES_HYBRID_"
_RENAMED = ("__MAX_CHARS", "__MAX_TOKENS")  # what a text may have was counted in characters

EVIDENCE = "tuned"
"""The table of a file that says how its settings came about."""


class Settings(BaseSettings):
    """All settings.

    Example:
        >>> Settings(search=SearchSettings(window=200)).search.window
        200
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        enable_decoding=False,
        nested_model_default_partial_update=True,
    )

    es_url: str | None = Field(None, description="Elasticsearch, for the command line and tests")
    es_api_key: SecretStr | None = Field(None, description="Its API key")
    index: IndexSettings = IndexSettings()
    embed: EmbedSettings = EmbedSettings()
    rerank: RerankSettings = RerankSettings()
    rank: RankSettings = RankSettings()
    cache: CacheSettings = CacheSettings()
    search: SearchSettings = SearchSettings()
    rules: RulesSettings = RulesSettings()
    shoppers: ShopperSettings = ShopperSettings()
    recommend: RecommendSettings = RecommendSettings()
    experiment: ExperimentSettings = ExperimentSettings()
    ingest: IngestSettings = IngestSettings()
    log: LogSettings = LogSettings()
    serve: ServeSettings = ServeSettings()
    judge: JudgeSettings = JudgeSettings()

    def __init__(self, **values: Any) -> None:
        _refuse_unknown(os.environ)
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigurationError(_sentence(error)) from None

    @classmethod
    def from_file(cls, path: str | Path, *more: str | Path, **values: Any) -> Self:
        """Read TOML files; the environment and explicit values win over them.

        Args:
            path: A file. Its table `tuned`, where `es-hybrid tune` says how it came about, is no
                setting.
            *more: Further files; a later one wins.
            **values: As the constructor takes them.

        Raises:
            ConfigurationError: A file is missing, is not TOML, or holds an unknown name.
        """
        content: dict[str, Any] = {}
        for file in (path, *more):
            content = _merged(content, _read(file))
        content.pop(EVIDENCE, None)
        return cls(**_merged(_without_environment(content, os.environ), values))


def _read(path: str | Path) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"settings file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"settings file {path} is not TOML: {error}") from None


def setting_origins(*files: str | Path) -> dict[str, str]:
    """Say where each setting that is no default comes from: a variable's name, or a file's.

    Args:
        *files: As `Settings.from_file` read them.

    Example:
        `setting_origins("shop.toml")` is such as `{"embed.model": "ES_HYBRID_EMBED__MODEL"}`.
    """
    found: dict[str, str] = {}
    for file in files:
        for name, value in _read(file).items():
            inner = value if isinstance(value, Mapping) else None
            keys = [name] if inner is None else [f"{name}.{key}" for key in inner]
            found |= dict.fromkeys(keys, str(file))
    variables = {name.upper() for name in os.environ}
    for variable in known_names():
        if variable in variables:
            found[variable.removeprefix(PREFIX).lower().replace("__", ".", 1)] = variable
    return found


def known_names() -> Iterator[str]:
    """Yield every environment variable that is read."""
    for name, section in Settings.model_fields.items():
        inner = section.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from (f"{PREFIX}{name}__{key}".upper() for key in inner.model_fields)
        else:
            yield f"{PREFIX}{name}".upper()


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = sorted(known_names())
    for name in sorted(environ):
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            renamed = name.upper().replace(*_RENAMED)
            near = difflib.get_close_matches(renamed, known, n=1)
            hint = f"did you mean {near[0]}?" if near else "see docs/settings.md"
            raise ConfigurationError(f"unknown setting {name}", hint=hint)


def _sentence(error: ValidationError) -> str:
    """Name the settings and what is wrong, without the values: one may be a key."""
    lines = []
    for item in error.errors(include_input=False, include_url=False):
        place = "__".join(str(part) for part in item["loc"]).upper()
        lines.append(f"{PREFIX}{place}: {item['msg']}")
    return "; ".join(lines)


def _without_environment(content: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Drop from a file what the environment says: pydantic ranks arguments above it."""
    names = {name.upper() for name in environ}
    kept: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            kept[name] = {
                k: v for k, v in value.items() if f"{PREFIX}{name}__{k}".upper() not in names
            }
        elif f"{PREFIX}{name}".upper() not in names:
            kept[name] = value
    return kept


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in over.items():
        inner = merged.get(name)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(inner, value) if both else value  # type: ignore[arg-type]
    return merged
