"""Opens Redis for both flavours; the one home of redis-py, which the extra `redis` installs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from es_hybrid.errors import ConfigurationError, missing_extra

__all__ = ["async_open_redis", "open_redis"]


_CACHE = "ES_HYBRID_CACHE__REDIS_URL"


def async_open_redis(url: str, *, timeout_s: float, setting: str = _CACHE) -> Any:
    """Return a `redis.asyncio.Redis`; nothing is connected yet.

    Args:
        url: Such as `redis://localhost:6379/0` or `rediss://:password@cache:6380/0`.
        timeout_s: Seconds for one answer, and for one connection.
        setting: Where the address stands, for the error.

    Raises:
        ConfigurationError: redis-py is not installed, or the address is none.
    """
    package = _package(setting)
    from redis.asyncio import Redis  # noqa: PLC0415 - optional
    from redis.asyncio.retry import Retry  # noqa: PLC0415 - optional

    retry = Retry(package.backoff.NoBackoff(), 0)
    return _open(Redis, url, timeout_s=timeout_s, retry=retry, setting=setting)


def open_redis(url: str, *, timeout_s: float, setting: str = _CACHE) -> Any:
    """Return a `redis.Redis`; see `async_open_redis`."""
    package = _package(setting)
    from redis.retry import Retry  # noqa: PLC0415 - optional

    retry = Retry(package.backoff.NoBackoff(), 0)
    return _open(package.Redis, url, timeout_s=timeout_s, retry=retry, setting=setting)


def _package(setting: str) -> ModuleType:
    try:
        import redis.backoff  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise missing_extra(
            error, user="a Redis", extra="redis", also=f", or unset {setting}"
        ) from None
    return redis


def _open(kind: Any, url: str, *, timeout_s: float, retry: object, setting: str) -> Any:
    try:
        # The library's own retries would wait longer than a search can.
        return kind.from_url(
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=retry
        )
    except ValueError:
        raise ConfigurationError(
            f"{setting} is not a Redis address",
            hint="it begins with redis://, rediss:// or unix://",
        ) from None
