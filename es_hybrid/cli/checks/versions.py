"""Say which versions are at work, and which extras are installed."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata, requires, version

from es_hybrid import __version__
from es_hybrid.checks import Check, Status

__all__ = ["check_versions", "installed_extras"]

_NAME = "es-hybrid"
_PACKAGES = ("elasticsearch", "elastic-transport", "openai", "httpx", "numpy", "pydantic", "orjson")
_WANTS = re.compile(r"^([\w.-]+).*extra == ['\"]([\w-]+)['\"]")


def check_versions() -> Iterator[Check]:
    """Yield what a support engineer asks first."""
    system = f"{platform.system()} {platform.machine()}"
    ours = f"es_hybrid {__version__}, Python {platform.python_version()}, {system}"
    packages = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    yield Check("versions", Status.OK, f"{ours}; {packages}")
    extras = installed_extras()
    yield Check("extras", Status.OK, ", ".join(extras) or "none whole")


def installed_extras() -> list[str]:
    """Return the extras of which every package is there; none where es_hybrid is not installed."""
    try:
        known = metadata(_NAME).get_all("Provides-Extra") or []
        needed: dict[str, list[str]] = {name: [] for name in known if name != "dev"}
        for requirement in requires(_NAME) or ():
            found = _WANTS.match(requirement)
            if found and found[2] in needed:
                needed[found[2]].append(found[1])
    except PackageNotFoundError:
        return []
    return [name for name, packages in needed.items() if all(map(_version, packages))]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
