"""A small file that is replaced whole, and a lock beside it."""

from __future__ import annotations

import io
from pathlib import Path

import orjson

from es_hybrid._durable import replace_file
from es_hybrid.errors import ConfigurationError, HybridError
from es_hybrid.types import Json

try:
    import fcntl
except ImportError:  # Windows: nothing keeps a second process away
    fcntl = None  # type: ignore[assignment]

__all__ = ["locked", "read_state", "write_state"]


def locked(path: Path) -> io.FileIO:
    """Return an open file beside `path` whose lock is held until it is closed.

    Raises:
        ConfigurationError: The folder cannot be written to.
        HybridError: Another process holds it.
    """
    try:
        lock = io.FileIO(path.with_name(f"{path.name}.lock"), "a")
    except OSError as error:
        raise ConfigurationError(f"state {path} cannot be written: {error.strerror}") from None
    if fcntl is not None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise HybridError(
                f"another process follows with the state {path}", hint="name another --state"
            ) from None
    return lock


def read_state(path: Path) -> Json | None:
    """Return what the file holds; `None` when there is none.

    Raises:
        ConfigurationError: It is no state.
    """
    try:
        found = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(
            f"state {path} holds something else", hint="name another --state, or remove it"
        )
    return found


def write_state(path: Path, state: Json) -> None:
    """Put a state in place of the file, whole or not at all, even when the machine stops."""
    replace_file(path, orjson.dumps(state))
