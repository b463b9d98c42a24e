"""What is known of the nodes that were started here, one file for each."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

from scripts.dev.node.process import ProcessId
from scripts.dev.node.records import read_record, write_record


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node that was started here.

    Args:
        name: What it was called.
        process: The launcher, which leads the server's process group.
        version: Of the server.
        security: Whether requests need a user or a key.
        home: Its own folder.
        url: Where it answers; empty while it is still starting.
        licence: Such as `basic`.
        user: Who may do everything, where security is on.
        password: That user's.
        api_key: A key of that user's, as the header carries it.
        owner: A process without which the node is not wanted; None for a node that stays.
    """

    name: str
    process: ProcessId
    version: str
    security: bool
    home: str
    url: str = ""
    licence: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    owner: ProcessId | None = None

    @property
    def authorization(self) -> str | None:
        """The header that opens it, where it is closed."""
        return f"ApiKey {self.api_key}" if self.api_key else None

    def public(self) -> dict[str, object]:
        """Return what anybody may see: no password and no key."""
        shown = asdict(self)
        for secret in ("password", "api_key", "owner"):
            del shown[secret]
        return shown


def path_of(dev_dir: Path, name: str) -> Path:
    """Return the file that describes the node of this name."""
    return dev_dir / f"elasticsearch-{name}.json"


def write(dev_dir: Path, state: NodeState) -> None:
    """Replace what is known of a node; only its owner may read it."""
    write_record(path_of(dev_dir, state.name), asdict(state))


def read(dev_dir: Path, name: str) -> NodeState | None:
    """Return what is known of a node; None if nothing is, or nothing that is understood."""
    known = read_record(path_of(dev_dir, name))
    if known is None:
        return None
    try:
        process, owner = ProcessId(**known.pop("process")), known.pop("owner")
        return NodeState(process=process, owner=ProcessId(**owner) if owner else None, **known)
    except (KeyError, TypeError):
        return None  # written by another version of these tools


def forget(dev_dir: Path, name: str) -> None:
    """Remove what is known of a node."""
    path_of(dev_dir, name).unlink(missing_ok=True)
