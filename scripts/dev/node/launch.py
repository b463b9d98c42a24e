"""Prepare a node's folder and start its process, as a user who is not root."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from scripts.dev.node import server as servers
from scripts.dev.node.places import is_root, make_open_folder
from scripts.dev.node.process import Account, ProcessId, spawn
from scripts.dev.node.server import Server

_FOLDERS = ("config", "data", "logs", "tmp")
_NOBODY = 65534


def unprivileged_account() -> Account | None:
    """Return who runs the server in root's place; None where nobody needs to."""
    if not is_root():
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(uid=_NOBODY, gid=_NOBODY)
    return Account(uid=nobody.pw_uid, gid=nobody.pw_gid)


def prepare(server: Server, *, account: Account | None, user: tuple[str, str] | None) -> None:
    """Write a fresh configuration; data stays, everything belongs to the server's user.

    Args:
        server: Whose folder is prepared.
        account: Who will run it; None for the present user.
        user: Name and password of a user who may do everything.
    """
    for name in ("config", "logs", "tmp"):
        shutil.rmtree(server.home / name, ignore_errors=True)
    for name in _FOLDERS:
        make_open_folder(server.home / name)
    _write_config(server, user)
    if account:
        for path in [server.home, *_everything_under(server.home)]:
            os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _write_config(server: Server, user: tuple[str, str] | None) -> None:
    shipped, config = server.tree / "config", server.home / "config"
    for name in ("log4j2.properties", "roles.yml", "role_mapping.yml"):
        shutil.copyfile(shipped / name, config / name)
    options = (shipped / "jvm.options").read_text()
    (config / "jvm.options").write_text(servers.jvm_options(options))
    (config / "elasticsearch.yml").write_text(servers.settings_yml(server))
    users, roles = config / "users", config / "users_roles"
    for path in (users, roles):
        path.touch(mode=0o600)
    if user:
        name, password = user
        users.write_text(servers.users_entry(name, password, salt=secrets.token_bytes(32)))
        roles.write_text(f"superuser:{name}\n")


def _everything_under(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        yield from (Path(root) / name for name in [*folders, *files])


def start_process(server: Server, *, account: Account | None) -> ProcessId:
    """Start the launcher, its words going to a file.

    Raises:
        ProcessLookupError: It ended at once.
    """
    return spawn(
        servers.command(server),
        folder=server.tree,  # where 9.x looks for its modules
        environ=servers.environment(server),
        log=console_log(server.home),
        account=account,
    )


def console_log(home: Path) -> Path:
    """Return the file with what the server printed."""
    return home / "logs" / "console.log"
