"""Learned models as files: read once, looked at again now and then, written in one piece."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.rank.learned import LearnedModel, OtherFeatures, read_model
from es_hybrid.settings import RankSettings
from es_hybrid.types import Degradation, DegradationReason, Stage

__all__ = ["LearnedFiles", "load_model", "save_model"]

_NAME = re.compile(r"[\w][\w.-]{0,99}", re.ASCII)
_MOST_KEPT = 64

Found = tuple[LearnedModel | None, Degradation | None]
"""A model, or why there is none."""


def load_model(path: str | os.PathLike[str]) -> LearnedModel:
    """Read a model's file.

    Raises:
        ConfigurationError: It is missing, unreadable, or no model of this version.

    Example:
        `load_model("toys.json").version` is such as `toys@9f86d081`.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        hint = "train one with es-hybrid train, or correct ES_HYBRID_RANK__MODEL"
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}", hint=hint) from None
    try:
        parsed = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise ConfigurationError(f"{path} is not JSON", hint="train the model again") from None
    digest = hashlib.blake2b(content, digest_size=4).hexdigest()
    return read_model(parsed, source=str(path), digest=digest)


def save_model(model: LearnedModel, path: str | os.PathLike[str]) -> LearnedModel:
    """Write a model's file, so that a search reads the old one or the new one, and never a half.

    Returns:
        The model as it is read from the file.

    Raises:
        ConfigurationError: The file cannot be written.

    Example:
        `save_model(trained.model, "toys.json")`
    """
    target = Path(path)
    part = target.with_name(f"{target.name}.part")
    try:
        part.write_bytes(orjson.dumps(model.to_dict()))
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
    return load_model(target)


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was found in a file.

    Attributes:
        found: The model, or why there is none.
        stamp: By which a changed file is known; `None` where there was none.
        until_s: When it is looked at again.
    """

    found: Found
    stamp: tuple[int, int, int] | None
    until_s: float


class LearnedFiles:
    """Gives searches their model; a file that cannot be used costs them the model and no more.

    Args:
        settings: Which files, and how often they are looked at.
        clock: Seconds, monotonic.

    Example:
        >>> LearnedFiles(RankSettings(), clock=lambda: 0.0).of(None)
        (None, None)
    """

    def __init__(self, settings: RankSettings, *, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._clock = clock
        self._kept: dict[Path, _Kept] = {}

    def of(self, asked: bool | str | None) -> Found:  # noqa: FBT001 - as ext.hybrid has it
        """Return the model of a search, or why there is none; neither where none is wanted.

        Args:
            asked: `ext.hybrid.learned`.
        """
        if asked is False:
            return None, None
        if isinstance(asked, str):
            return self._named(asked)
        if self._settings.model is not None:
            return self._in(Path(self._settings.model))
        return _without("no model is set: ES_HYBRID_RANK__MODEL") if asked else (None, None)

    def _named(self, name: str) -> Found:
        if self._settings.models is None:
            return _without("no folder of models is set: ES_HYBRID_RANK__MODELS")
        # A name of the request never leads out of the folder, nor into a log.
        if not _NAME.fullmatch(name):
            return _without("the name that was asked for is no name of a model")
        return self._in(Path(self._settings.models) / f"{name}.json")

    def _in(self, path: Path) -> Found:
        now_s = self._clock()
        kept = self._kept.get(path)
        if kept is not None and now_s < kept.until_s:
            return kept.found
        stamp = _stamp(path)
        found = kept.found if kept is not None and kept.stamp == stamp else _read(path)
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[path] = _Kept(found, stamp, now_s + self._settings.reload_s)
        return found


def _read(path: Path) -> Found:
    try:
        return load_model(path), None
    except OtherFeatures as error:
        return _without(_told(error, path), DegradationReason.OTHER_FEATURES)
    except ConfigurationError as error:
        return _without(_told(error, path))


def _told(error: ConfigurationError, path: Path) -> str:
    # Whoever reads an answer need not know where a server keeps its files.
    return str(error).replace(str(path), path.name)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _without(detail: str, reason: DegradationReason = DegradationReason.NO_MODEL) -> Found:
    return None, Degradation(Stage.LEARNED, reason, detail)
