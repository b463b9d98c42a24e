"""Feeds that overtake each other: what a newer feed wrote, an older one leaves as it is.

Each document keeps the time of the feed that last spoke of it, and a script on the server compares
the two. Elasticsearch's external versions would do for whole documents alone: an update, which is
what keeps a vector on the server, cannot carry one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.actions import KEEP_VECTOR, VECTOR_FIELDS, Action, script_action
from es_hybrid.indexing.coerce import BadValue
from es_hybrid.indexing.dates import as_date
from es_hybrid.indexing.sources import Product
from es_hybrid.types import Json, zoned

__all__ = [
    "IS_NEWER",
    "complete_meta",
    "feed_time_s",
    "feed_time_text",
    "guarded_action",
    "is_gone",
]

IS_NEWER = "ctx._source.feed_time != null && ctx._source.feed_time.compareTo(params.feed_time) > 0"
"""Painless: whether the stored document comes from a newer feed than `params.feed_time`."""

_GUARDED = f"if ({IS_NEWER}) {{ ctx.op = 'none' }} else {{ {KEEP_VECTOR} }}"


def feed_time_text(value: datetime | str) -> str:
    """Return a feed's time as it is stored: UTC, to the millisecond, so that text order is time's.

    Args:
        value: A time zone is required of a `datetime`; text without one is taken as UTC.

    Raises:
        ConfigurationError: It is no time.

    Example:
        >>> feed_time_text("2026-11-21T03:00:00+01:00")
        '2026-11-21T02:00:00.000Z'
    """
    moment = value if isinstance(value, datetime) else _parsed(value)
    if moment.tzinfo is None:
        raise ConfigurationError(
            "feed_time has no time zone", hint="such as datetime.now(UTC), or 2026-11-21T03:00:00Z"
        )
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def feed_time_s(value: datetime | str) -> float:
    """Return a feed's time in seconds since the epoch.

    Raises:
        ConfigurationError: It is no time.

    Example:
        >>> feed_time_s("1970-01-01T01:00:10+01:00")
        10.0
    """
    return datetime.fromisoformat(feed_time_text(value)).timestamp()


def is_gone(stored: object | None, *, feed_time: str | None, complete: str | None) -> bool:
    """Tell whether a product is not stored because a newer, complete feed lacks it.

    Args:
        stored: What the index has under its id; `None` when it has nothing.
        feed_time: Of the feed that has the product.
        complete: Of the newest complete feed.

    Example:
        >>> is_gone(None, feed_time="2026-11-20", complete="2026-11-21")
        True
    """
    if stored is not None or feed_time is None or complete is None:
        return False
    return feed_time < complete


def complete_meta(meta: Mapping[str, Any], *, feed_time: str) -> Json | None:
    """Return a mapping's `_meta` with the time of a complete feed; `None` if it has a newer one."""
    ours = meta.get("es_hybrid") or {}
    if (ours.get("complete_feed_time") or "") >= feed_time:
        return None
    return {**meta, "es_hybrid": {**ours, "complete_feed_time": feed_time}}


def guarded_action(
    product: Product, added: Mapping[str, Any] | None, *, keep: str | None, feed_time: str
) -> Action:
    """Return the bulk item that writes a product unless what is stored comes from a newer feed.

    Args:
        product: Written whole.
        added: Fields of its vector, where it has a new one.
        keep: The vector field, where the stored vector of an equal text is to stay.
        feed_time: As `feed_time_text` gives it.
    """
    extra = orjson.dumps(
        {"document_hash": product.document_hash, "feed_time": feed_time, **(added or {})},
        option=orjson.OPT_SERIALIZE_NUMPY,
    )
    rest = orjson.dumps(
        {
            "keep": [keep, *VECTOR_FIELDS] if keep else [],
            "text_hash": product.text_hash,
            "feed_time": feed_time,
        }
    )
    params = b'{"doc":%b,%b,%b' % (product.body[:-1], extra[1:], rest[1:])
    return script_action(product.id, _GUARDED, params, upsert=True)


def _parsed(text: str) -> datetime:
    try:
        return zoned(datetime.fromisoformat(text))
    except ValueError:
        pass
    try:
        found = as_date(text)
    except BadValue as error:
        raise ConfigurationError(f"feed_time {error}") from None
    if found is None:
        raise ConfigurationError("feed_time is empty")
    return datetime.fromisoformat(found)
