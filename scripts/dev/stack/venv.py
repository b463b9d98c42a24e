"""Make the virtual environment once, and again only when what it holds should change."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from scripts.dev.node.errors import SetupError
from scripts.dev.node.lock import file_lock
from scripts.dev.node.places import DEV_DIR, PROJECT, make_open_folder
from scripts.dev.node.progress import Progress, say
from scripts.dev.node.records import read_record, write_record

EXTRAS = "local,async,dev"
NEWEST_CLIENT = 9
DEFAULT_FOLDER = PROJECT / ".venv"


def ensure(
    folder: Path = DEFAULT_FOLDER, *, server_major: int | None = None, dev_dir: Path = DEV_DIR
) -> Path:
    """Return the environment's Python, with everything installed that the project needs.

    An Elasticsearch server refuses clients of a newer major, so the server decides which client
    is installed.

    Args:
        folder: Where the environment is, or will be.
        server_major: Major version of the server; None keeps the client that is there.
        dev_dir: Where the lock is, by which two set-ups at once are kept apart.

    Raises:
        SetupError: It could not be made; the message says why.
    """
    make_open_folder(dev_dir)
    python = folder / "bin" / "python"
    with file_lock(dev_dir / f"{folder.name}.lock", waiting_for=f"another set-up of {folder}"):
        stamp = read_record(_stamp_path(folder)) if python.exists() else None
        known = stamp.get("client_major") if stamp else None
        major = min(server_major or known or NEWEST_CLIENT, NEWEST_CLIENT)
        wanted = make_stamp((PROJECT / "pyproject.toml").read_bytes(), client_major=major)
        if stamp == wanted:
            return python
        _make(folder, python)
        label = f"installing es_hybrid, its tools and client {major} into {folder.name}"
        install(python, requirements(major), label=label)
        write_record(_stamp_path(folder), wanted)
    return python


def make_stamp(pyproject: bytes, *, client_major: int) -> dict[str, object]:
    """Say what an environment holds; equal stamps need no new installation.

    Args:
        pyproject: The file that lists what is needed.
        client_major: Major version of the Elasticsearch client.
    """
    return {
        "pyproject": hashlib.sha256(pyproject).hexdigest(),
        "extras": EXTRAS,
        "client_major": client_major,
        "python": ".".join(str(number) for number in sys.version_info[:2]),
    }


def requirements(client_major: int) -> list[str]:
    """List what is installed, as pip takes it.

    Example:
        >>> requirements(8)[-1]
        'elasticsearch>=8,<9'
    """
    return [
        "--editable",
        f"{PROJECT}[{EXTRAS}]",
        f"elasticsearch>={client_major},<{client_major + 1}",
    ]


def _stamp_path(folder: Path) -> Path:
    return folder / "es-hybrid-stamp.json"


def _make(folder: Path, python: Path) -> None:
    if _works(python):
        return
    say(f"making {folder.name} with Python {sys.version.split()[0]}")
    code, words = _run([sys.executable, "-m", "venv", "--clear", str(folder)], label="making it")
    if code != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise SetupError(
            f"python3 -m venv failed: {_gist(words)} (Debian: apt-get install python3-venv)"
        )


def _works(python: Path) -> bool:
    """Tell whether a Python of this version is there, and pip with it."""
    check = f"import pip, sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        return (
            subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
        )
    except OSError:
        return False


def install(python: Path, wanted: Sequence[str], *, label: str) -> None:
    """Install with uv where it can be had, for its speed; otherwise, or if it fails, with pip.

    Args:
        python: The environment's Python.
        wanted: What to install, as pip takes it.
        label: Said if it takes longer than a second.

    Raises:
        SetupError: pip failed too; the message holds its reason.
    """
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if _run([*pip, "uv"], label="installing uv")[0] == 0:
        uv = [str(python), "-m", "uv", "pip", "install", "--quiet", "--python", str(python)]
        if _run([*uv, *wanted], label=label)[0] == 0:
            return
        say("uv could not install everything; trying pip")
    code, words = _run([*pip, *wanted], label=label)
    if code != 0:
        raise SetupError(f"pip could not install what is needed: {_gist(words)}")


def _run(command: Sequence[str], *, label: str) -> tuple[int, str]:
    """Run quietly; return the exit code and the words of a command."""
    with tempfile.TemporaryFile() as output, Progress(label) as progress:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=PROJECT
        )
        try:
            while process.poll() is None:
                progress.update()
                time.sleep(0.05)
        finally:
            process.terminate()
            process.wait()
        output.seek(0)
        return process.returncode, output.read().decode(errors="replace")


def _gist(words: str) -> str:
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["it gave no reason"])[-1]
