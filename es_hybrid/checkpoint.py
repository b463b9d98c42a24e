"""How far a run has come, in a small file, so that the next one goes on from there.

The file is replaced in one step after each chunk, so it always names a place before which every
record is stored, unchanged, stale or in the dead-letter file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import orjson

from es_hybrid._durable import replace_file
from es_hybrid.errors import ConfigurationError

__all__ = ["Checkpoint", "Progress", "SourceId", "identify"]

_VERSION = 1
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class SourceId:
    """What tells a file from another of the same name.

    Attributes:
        path: As it was given.
        size: Bytes at the beginning of the run.
        head: Hash of the first bytes, up to 64 KiB.
    """

    path: str
    size: int
    head: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come.

    Attributes:
        index: The index itself, not its alias.
        sources: The files of the feed.
        part: Which part of the feed, such as `1/4`; `None` for all of it.
        taken: Records of the feed that are dealt with.
        counts: The numbers of the report.
        dead_letter_bytes: Length of the dead-letter file.
        marks: Highest sequence number by shard when the run began; empty unless it deletes.
    """

    index: str
    sources: tuple[SourceId, ...] = ()
    part: str | None = None
    taken: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    dead_letter_bytes: int = 0
    marks: Sequence[int] = ()


class Checkpoint:
    """The file of one run's progress.

    Args:
        path: Made when the run begins, removed when it is done.
        sources: The files of the feed, in order. A feed of other records would be cut at the wrong
            place, so a run goes on only with the same files; one may have grown.
        part: Which part of the feed is read, such as `1/4`; `None` for all of it.

    Raises:
        ConfigurationError: A source cannot be read again, or not at all.

    Example:
        report = shop.ingest(
            "products",
            read_ndjson("products.ndjson"),
            checkpoint=Checkpoint("products.checkpoint", sources=["products.ndjson"]),
        )
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sources: Sequence[str | os.PathLike[str]] = (),
        part: str | None = None,
    ) -> None:
        self._path = Path(path)
        self.part = part
        self.sources = tuple(identify(source) for source in sources)

    def begin(self, index: str) -> Progress:
        """Return how far an earlier run came; nothing is done where there was none.

        Raises:
            ConfigurationError: The file is no checkpoint, or of another index or feed.

        Example:
            >>> Checkpoint("not-there.checkpoint").begin("products-1").taken
            0
        """
        found = self._read()
        if found is None:
            return Progress(index, self.sources, self.part)
        if found.index != index:
            self._refuse(f"is of {found.index}, this run writes to {index}")
        if len(found.sources) != len(self.sources):
            self._refuse(f"is of {len(found.sources)} files, this run reads {len(self.sources)}")
        if found.part != self.part:
            asked = self.part or "all"
            self._refuse(f"is of {found.part or 'all'} of the feed, this run reads {asked}")
        for then, now in zip(found.sources, self.sources, strict=True):
            if now.size < then.size or identify(now.path, upto=then.size).head != then.head:
                self._refuse(f"is of a feed in which {now.path} was another file")
        return found

    def write(self, progress: Progress) -> None:
        """Replace the file; it is on the disk when this returns.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     checkpoint = Checkpoint(f"{folder}/products.checkpoint")
            ...     checkpoint.write(Progress("products-1", taken=500))
            ...     checkpoint.begin("products-1").taken
            500
        """
        content = orjson.dumps({"es_hybrid_checkpoint": _VERSION, **asdict(progress)})
        replace_file(self._path, content)

    def remove(self) -> None:
        """Remove the file: the run is done.

        Example:
            >>> Checkpoint("not-there.checkpoint").remove()  # as harmless as the first time
        """
        self._path.unlink(missing_ok=True)

    def _read(self) -> Progress | None:
        try:
            content: dict[str, Any] = orjson.loads(self._path.read_bytes())
            if content.pop("es_hybrid_checkpoint") != _VERSION:
                self._refuse("is of another version of es-hybrid")
            sources = tuple(SourceId(**source) for source in content.pop("sources"))
            return Progress(sources=sources, **content)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigurationError(
                f"checkpoint {self._path} cannot be read: {error.strerror}"
            ) from None
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
            self._refuse("is no checkpoint")

    def _refuse(self, reason: str) -> NoReturn:
        raise ConfigurationError(
            f"checkpoint {self._path} {reason}",
            hint="name another file, or remove this one to begin anew",
        )


def identify(path: str | os.PathLike[str], *, upto: int | None = None) -> SourceId:
    """Return what tells a file from others.

    Args:
        path: Of a file; standard input cannot be read twice.
        upto: The file's size at an earlier time: bytes after that do not count.

    Raises:
        ConfigurationError: It cannot be read, or not again.
    """
    name = os.fspath(path)
    if name == "-":
        raise ConfigurationError(
            "standard input cannot be read again from where a run stopped",
            hint="put the feed into a file",
        )
    try:
        with Path(name).open("rb") as file:
            head = file.read(_HEAD_BYTES if upto is None else min(_HEAD_BYTES, upto))
            size = file.seek(0, os.SEEK_END)
    except OSError as error:
        raise ConfigurationError(f"products {name} cannot be read: {error.strerror}") from None
    return SourceId(name, size, hashlib.blake2b(head, digest_size=12).hexdigest())
