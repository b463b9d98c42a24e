"""Names of indices behind an alias, and the actions that move the alias."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from es_hybrid.errors import ConfigurationError
from es_hybrid.types import Json

__all__ = ["TOKEN_BITS", "alias_of", "check_alias", "index_name", "swap_actions"]

TOKEN_BITS = 32
"""Random bits of a name: two indices of one second share them once in four billion times."""

_NAME = re.compile(r"(?P<alias>.+)-\d{8}t\d{6}-(?:[0-9a-f]{4}){1,2}")
_FORBIDDEN = re.compile(r'[\\/*?"<>|\s,#:]|[A-Z]|^[-_+.]')


def index_name(alias: str, *, now: datetime, token: int) -> str:
    """Return the name of a new index behind an alias.

    Args:
        alias: The name that shops search.
        now: The time of creation; shown in UTC.
        token: Any number; its last 32 bits keep two indices of one second apart.

    Raises:
        ConfigurationError: Elasticsearch would not take the name.

    Example:
        >>> index_name("products", now=datetime(2026, 11, 21, 10, 15, tzinfo=UTC), token=0x4F2A9C01)
        'products-20261121t101500-4f2a9c01'
    """
    check_alias(alias)
    return f"{alias}-{now.astimezone(UTC):%Y%m%dt%H%M%S}-{token & 0xFFFF_FFFF:08x}"


def alias_of(index: str) -> str | None:
    """Return the alias that an index was made for, or `None` for a name that is not ours.

    Example:
        >>> alias_of("products-20261121t101500-4f2a9c01")
        'products'
    """
    match = _NAME.fullmatch(index)
    return match["alias"] if match else None


def check_alias(alias: str) -> None:
    """Refuse a name that Elasticsearch would not take for an index.

    Raises:
        ConfigurationError: Says what is wrong with it.
    """
    if not alias or _FORBIDDEN.search(alias):
        raise ConfigurationError(
            f"{alias!r} cannot name an index",
            hint="use lower-case letters, digits, - and _, beginning with a letter or digit",
        )
    if len(alias.encode()) > 200:
        raise ConfigurationError(f"the name {alias[:40]}… is longer than 200 bytes")


def swap_actions(alias: str, *, old: str | None, new: str) -> list[Json]:
    """Return the `_aliases` actions that move an alias in one atomic step."""
    add: Json = {"add": {"index": new, "alias": alias, "is_write_index": True}}
    if old is None:
        return [add]
    return [{"remove": {"index": old, "alias": alias, "must_exist": True}}, add]
