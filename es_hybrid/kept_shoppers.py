"""What a store keeps of a shopper, and how it is read.

A store knows a shopper by a hash of the id, and keeps what was done and said. What is read of it is
trusted as little as what a request says: a stored event that cannot be read is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

from es_hybrid.query.shopper import User, UserEvent
from es_hybrid.rank.personal import Event, Shopper
from es_hybrid.rules.shopper import shopper_of
from es_hybrid.settings import ShopperSettings
from es_hybrid.types import Json

__all__ = [
    "KeptShopper",
    "read_shopper",
    "shopper_key",
    "stored_event",
    "stored_preferences",
    "together",
]

_SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class KeptShopper:
    """A shopper who is kept in an index, as a search beside others finds them.

    Attributes:
        key: See `shopper_key`; the document's id.
        settings: Which index, how much is kept, for how long.

    Example:
        >>> KeptShopper("4f2a", ShopperSettings(store="index")).products_query
        {'terms': {'_id': {'index': 'es-hybrid-shoppers', 'id': '4f2a', 'path': 'events.product_id'}}}
    """

    key: str
    settings: ShopperSettings

    @property
    def fields(self) -> tuple[str, ...]:
        """What is wanted of the document's `_source`."""
        return ("events", "preferences", "opted_out")

    @property
    def products_query(self) -> Json:
        """The query of the products that the shopper knows; an error where there is no index."""
        where = {"index": self.settings.index, "id": self.key, "path": "events.product_id"}
        return {"terms": {"_id": where}}

    def read(self, document: Mapping[str, Any], *, now_s: float) -> Shopper:
        """Return the shopper of a document; of an empty one, nobody.

        Args:
            document: Its `_source`.
            now_s: Seconds since the epoch.
        """
        return read_shopper(
            document.get("events", ()),
            document.get("preferences"),
            opted_out=bool(document.get("opted_out")),
            now_s=now_s,
            ttl_days=self.settings.ttl_days,
        )


def shopper_key(shopper_id: str, *, secret: str | None = None) -> str:
    """Return what a store knows a shopper by: no id is ever stored, sent as an address, or logged.

    Args:
        shopper_id: The shop's own.
        secret: Key of the hash; without one, whoever guesses an id can check it.

    Example:
        >>> len(shopper_key("ann")), shopper_key("ann") == shopper_key("ann", secret="s")
        (32, False)
    """
    key = blake2b((secret or "").encode(), digest_size=32).digest()
    return blake2b(shopper_id.encode("utf-8", "surrogatepass"), digest_size=16, key=key).hexdigest()


def stored_event(event: UserEvent, *, now_s: float) -> Json:
    """Return an event as a store keeps it; one without a time happened now.

    Example:
        >>> stored_event(UserEvent(product_id="7"), now_s=5.0)
        {'event': 'view', 'at': 5.0, 'product_id': '7'}
    """
    at_s = now_s if event.at is None else event.at.timestamp()
    said = event.model_dump(mode="json", exclude={"at"}, exclude_none=True)
    return {"event": said.pop("event"), "at": at_s, **said}


def stored_preferences(user: User) -> Json:
    """Return what a shopper says they like as a store keeps it."""
    kept = user.model_dump(
        mode="json", include={"brands", "categories", "prices"}, exclude_none=True
    )
    return {name: value for name, value in kept.items() if value}


def read_shopper(
    events: Iterable[Any],
    preferences: Any = None,
    *,
    opted_out: bool = False,
    now_s: float,
    ttl_days: float,
) -> Shopper:
    """Return a shopper as a store keeps them; what is too old or cannot be read is left out.

    Args:
        events: See `stored_event`.
        preferences: See `stored_preferences`; `None`: none are stated.
        opted_out: Then nothing of the rest is read.
        now_s: Seconds since the epoch.
        ttl_days: Days that an event counts.

    Example:
        >>> read_shopper([{"event": "view", "at": 0.0}, "broken"], now_s=9.0, ttl_days=1).events[0].at_s
        0.0
    """
    if opted_out:
        return Shopper(opted_out=True)
    oldest_s = now_s - ttl_days * _SECONDS_A_DAY
    found = [event for event in map(_read_event, events) if event is not None]
    try:
        user = User.model_validate(preferences or {})
    except ValidationError:
        user = User()
    said = shopper_of(user)
    return replace(said, events=tuple(e for e in found if (e.at_s or 0.0) >= oldest_s))


def together(stored: Shopper, given: Shopper) -> Shopper:
    """Return what store and request know of a shopper; one opt-out is enough.

    What the request states of prices stands in place of what is stored.
    """
    if stored.opted_out or given.opted_out:
        return Shopper(opted_out=True)
    return Shopper(
        events=(*given.events, *stored.events),
        brands=tuple(dict.fromkeys((*given.brands, *stored.brands))),
        categories=tuple(dict.fromkeys((*given.categories, *stored.categories))),
        prices=given.prices if any(given.prices) else stored.prices,
    )


def _read_event(stored: Any) -> Event | None:
    if not isinstance(stored, Mapping) or not isinstance(stored.get("at"), (int, float)):
        return None
    said = {name: value for name, value in stored.items() if name != "at"}
    try:
        (event,) = shopper_of(User(events=(UserEvent.model_validate(said),))).events
    except ValidationError:
        return None
    return replace(event, at_s=float(stored["at"]))
