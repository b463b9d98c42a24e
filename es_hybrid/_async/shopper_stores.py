"""Where shoppers are kept: in a Redis, or in an index. Both know them by a hash alone.

Each write is one step on the server, so that two tabs of one shopper lose nothing of each other, and
nothing is written of a shopper who has opted out, however close the two come.
"""

from __future__ import annotations

from typing import Any, Protocol

import orjson
from elasticsearch import AsyncElasticsearch, BadRequestError, NotFoundError

from es_hybrid.kept_shoppers import KeptShopper, read_shopper
from es_hybrid.rank.personal import Shopper
from es_hybrid.settings import ShopperSettings
from es_hybrid.types import Json

_SECONDS_A_DAY = 86_400.0


class AsyncShopperStore(Protocol):
    """What a store can do; `key` is a `shopper_key`."""

    async def load(self, key: str, *, now_s: float) -> Shopper:
        """Return what is kept; of an unknown shopper, nothing."""
        ...

    async def add(self, key: str, event: Json, *, now_s: float) -> bool:
        """Keep an event; `False`: the shopper has opted out."""
        ...

    async def prefer(self, key: str, preferences: Json, *, now_s: float) -> bool:
        """Keep preferences in place of those before; `False`: the shopper has opted out."""
        ...

    async def opt_out(self, key: str, *, now_s: float) -> None:
        """Delete everything, and keep nothing from now on."""
        ...

    async def opt_in(self, key: str) -> None:
        """Keep again what comes from now on."""
        ...

    async def forget(self, key: str) -> None:
        """Delete everything but an opt-out."""
        ...

    async def purge(self, *, now_s: float) -> int:
        """Delete who was not seen for too long; return how many."""
        ...


_ADD = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], 0, ARGV[3] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
"""
_PREFER = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""


class AsyncRedisShoppers:
    """Shoppers in Redis, which forgets by itself whoever was not seen for `ttl_days`.

    Args:
        redis: As `async_open_redis` opens it.
        settings: How much is kept, for how long.
    """

    def __init__(self, redis: Any, settings: ShopperSettings) -> None:
        self._redis = redis
        self._settings = settings
        self._ttl_ms = max(round(settings.ttl_days * _SECONDS_A_DAY * 1000), 1)

    async def load(self, key: str, *, now_s: float) -> Shopper:
        """Return what is kept, in one trip."""
        events, likes, out = _names(key)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.lrange(events, 0, self._settings.most_events - 1)
        pipeline.get(likes)
        pipeline.exists(out)
        rows, preferences, opted_out = await pipeline.execute()
        return read_shopper(
            [_read(row) for row in rows],
            _read(preferences),
            opted_out=bool(opted_out),
            now_s=now_s,
            ttl_days=self._settings.ttl_days,
        )

    async def add(self, key: str, event: Json, *, now_s: float) -> bool:  # noqa: ARG002
        """Keep an event; `False`: the shopper has opted out."""
        events, _, out = _names(key)
        packed, most = orjson.dumps(event), self._settings.most_events
        return bool(await self._redis.eval(_ADD, 2, events, out, packed, self._ttl_ms, most))

    async def prefer(self, key: str, preferences: Json, *, now_s: float) -> bool:  # noqa: ARG002
        """Keep preferences in place of those before; `False`: the shopper has opted out."""
        _, likes, out = _names(key)
        packed = orjson.dumps(preferences)
        return bool(await self._redis.eval(_PREFER, 2, likes, out, packed, self._ttl_ms))

    async def opt_out(self, key: str, *, now_s: float) -> None:
        """Delete everything, and keep nothing from now on; this never expires."""
        events, likes, out = _names(key)
        pipeline = self._redis.pipeline(transaction=True)
        pipeline.set(out, str(round(now_s)))
        pipeline.delete(events, likes)
        await pipeline.execute()

    async def opt_in(self, key: str) -> None:
        """Keep again what comes from now on."""
        await self._redis.delete(_names(key)[2])

    async def forget(self, key: str) -> None:
        """Delete everything but an opt-out."""
        await self._redis.delete(*_names(key)[:2])

    async def purge(self, *, now_s: float) -> int:  # noqa: ARG002
        """Do nothing: keys expire by themselves."""
        return 0


_ALIVE = "if (ctx._source.opted_out == true) { ctx.op = 'none' } else { "
_ADD_SCRIPT = _ALIVE + (
    "def kept = new ArrayList(); kept.add(params.event);"
    " for (def old : ctx._source.events) {"
    " if (kept.size() < params.most && old.at >= params.oldest) { kept.add(old) } }"
    " ctx._source.events = kept; ctx._source.seen_at = params.now }"
)
_PREFER_SCRIPT = _ALIVE + (
    "ctx._source.preferences = params.preferences; ctx._source.seen_at = params.now }"
)
_FORGET_SCRIPT = _ALIVE + "ctx.op = 'delete' }"
_OPT_IN_SCRIPT = "if (ctx._source.opted_out == true) { ctx.op = 'delete' } else { ctx.op = 'none' }"

_MAPPINGS: Json = {
    "dynamic": False,
    "properties": {
        "opted_out": {"type": "boolean"},
        "seen_at": {"type": "date", "format": "epoch_millis"},
        # Kept as they are and never searched.
        "events": {"type": "object", "enabled": False},
        "preferences": {"type": "object", "enabled": False},
    },
}
_INDEX: Json = {"number_of_shards": 1, "auto_expand_replicas": "0-1", "hidden": True}
_TRIES = 5


class AsyncIndexShoppers:
    """Shoppers in an index, one document each; `load` reads it in real time, without a refresh.

    Args:
        es: The shop's own client.
        settings: Which index, how much is kept, for how long.
        made: Indices that are known to be there; added to.
    """

    def __init__(
        self, es: AsyncElasticsearch, settings: ShopperSettings, *, made: set[str]
    ) -> None:
        self._es = es
        self._settings = settings
        self._made = made

    async def load(self, key: str, *, now_s: float) -> Shopper:
        """Return what is kept; without the index, nothing."""
        try:
            answer = await self._es.get(index=self._settings.index, id=key)
        except NotFoundError:
            return Shopper()
        return KeptShopper(key, self._settings).read(answer.body["_source"], now_s=now_s)

    async def add(self, key: str, event: Json, *, now_s: float) -> bool:
        """Keep an event; `False`: the shopper has opted out."""
        oldest = now_s - self._settings.ttl_days * _SECONDS_A_DAY
        params = {"event": event, "most": self._settings.most_events, "oldest": oldest}
        return await self._write(key, _ADD_SCRIPT, params, {"events": [event]}, now_s=now_s)

    async def prefer(self, key: str, preferences: Json, *, now_s: float) -> bool:
        """Keep preferences in place of those before; `False`: the shopper has opted out."""
        said = {"preferences": preferences}
        return await self._write(key, _PREFER_SCRIPT, said, said, now_s=now_s)

    async def opt_out(self, key: str, *, now_s: float) -> None:
        """Delete everything, and keep nothing from now on."""
        await self._create_index()
        mark = {"opted_out": True, "seen_at": round(now_s * 1000)}
        # A recommendation finds shoppers by a search; one who has opted out must not be found.
        await self._es.index(index=self._settings.index, id=key, document=mark, refresh=True)

    async def opt_in(self, key: str) -> None:
        """Keep again what comes from now on."""
        await self._delete(key, _OPT_IN_SCRIPT)

    async def forget(self, key: str) -> None:
        """Delete everything but an opt-out."""
        await self._delete(key, _FORGET_SCRIPT)

    async def purge(self, *, now_s: float) -> int:
        """Delete who was not seen for `ttl_days`; return how many."""
        oldest = round((now_s - self._settings.ttl_days * _SECONDS_A_DAY) * 1000)
        gone = {"range": {"seen_at": {"lt": oldest, "format": "epoch_millis"}}}
        stays = {"term": {"opted_out": True}}
        try:
            answer = await self._es.delete_by_query(
                index=self._settings.index,
                query={"bool": {"filter": [gone], "must_not": [stays]}},
                conflicts="proceed",
                refresh=True,
            )
        except NotFoundError:
            return 0
        return int(answer["deleted"])

    async def _write(
        self, key: str, script: str, params: Json, document: Json, *, now_s: float
    ) -> bool:
        await self._create_index()
        now = round(now_s * 1000)
        answer = await self._es.update(
            index=self._settings.index,
            id=key,
            script={"source": script, "params": {**params, "now": now}},
            upsert={"events": [], **document, "seen_at": now},
            retry_on_conflict=_TRIES,
        )
        return bool(answer["result"] != "noop")

    async def _delete(self, key: str, script: str) -> None:
        try:
            await self._es.update(
                index=self._settings.index,
                id=key,
                script={"source": script},
                retry_on_conflict=_TRIES,
                refresh=True,
            )
        except NotFoundError:
            return

    async def _create_index(self) -> None:
        """Make the index where it is missing: one made by a write would index what it holds."""
        index = self._settings.index
        if index in self._made:
            return
        if not await self._es.indices.exists(index=index):
            try:
                await self._es.indices.create(
                    index=index, mappings=_MAPPINGS, settings={"index": _INDEX}
                )
            except BadRequestError as error:
                if error.error != "resource_already_exists_exception":  # by somebody else, just now
                    raise
        self._made.add(index)


def _names(key: str) -> tuple[str, str, str]:
    """Return the keys of events, preferences and opt-out; braces keep them on one Redis node."""
    begin = f"es-hybrid:shopper:{{{key}}}"
    return f"{begin}:events", f"{begin}:likes", f"{begin}:out"


def _read(packed: Any) -> Any:
    try:
        return orjson.loads(packed) if packed else None
    except orjson.JSONDecodeError:
        return None
