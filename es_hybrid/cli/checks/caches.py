"""Look at what is remembered: the caches of the process, and the Redis behind them."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import SecretStr

from es_hybrid import HybridError
from es_hybrid.checks import Check, Status
from es_hybrid.cli.failures import sentence
from es_hybrid.redis_cache import open_redis
from es_hybrid.settings import Settings

__all__ = ["check_caches"]

_PATIENCE_S = 5.0


def check_caches(settings: Settings) -> Iterator[Check]:
    """Yield the sizes in force, and whether each Redis of the settings answers."""
    cache = settings.cache
    detail = (
        f"vectors up to {cache.vector_bytes:,} bytes, rerank scores up to {cache.score_bytes:,},"
        f" answers for {cache.results_ttl_s:g} s"
    )
    yield Check("caches", Status.OK, detail)
    for url, setting, without in (
        (cache.redis_url, "ES_HYBRID_CACHE__REDIS_URL", "each process remembers for itself"),
        (settings.shoppers.redis_url, "ES_HYBRID_SHOPPERS__REDIS_URL", "shoppers are not known"),
    ):
        if url is not None:
            yield _redis(url, setting, without)


def _redis(url: SecretStr, setting: str, without: str) -> Check:
    name = f"redis of {setting}"
    try:
        with open_redis(url.get_secret_value(), timeout_s=_PATIENCE_S, setting=setting) as redis:
            found = redis.info("server").get("redis_version", "of no version that it tells")
    except HybridError as error:
        return Check(name, Status.PROBLEM, sentence(error), without)
    except Exception as error:  # noqa: BLE001 - redis-py's own errors, and their text may hold the address
        hint = f"start it, or correct {setting}; meanwhile {without}"
        return Check(name, Status.PROBLEM, f"it does not answer ({type(error).__name__})", hint)
    return Check(name, Status.OK, f"Redis {found} answers")
