"""Files that are shipped with the package: mappings and roles."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["shipped_text"]


def shipped_text(name: str) -> str:
    """Return the text of a file of `mappings/`, from the package or else from the source tree.

    Args:
        name: Below `mappings/`, such as `products.json` or `roles/reader.json`.

    Raises:
        OSError: There is no such file.

    Example:
        >>> shipped_text("products.json")[0]
        '{'
    """
    installed = resources.files("es_hybrid") / "_mappings" / name
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "mappings" / name).read_text(encoding="utf-8")
