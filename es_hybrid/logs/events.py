"""What shoppers did, in the shape of User Behavior Insights, schema 1.3.0.

Events come from browsers, so only what is known is taken: a `message`, or an attribute that is not
listed here, may hold a shopper's words and is left out. The shape: https://github.com/o19s/ubi,
`schema/1.3.0/event.schema.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from es_hybrid.errors import RequestError
from es_hybrid.logs.records import Source, stamp
from es_hybrid.types import Json, zoned

__all__ = ["MOST_EVENTS", "Action", "Event", "EventsReport", "RefusedEvent", "read_events"]

MOST_EVENTS = 1000
"""Events of one batch."""


class Action(StrEnum):
    """What reports count, in UBI's own words; any other word is logged as well."""

    CLICK = "click"
    CLICK_THROUGH = "click_through"
    VIEW = "view"
    CART = "add_to_cart"
    PURCHASE = "purchase"
    IMPRESSION = "impression"


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, Field(min_length=1, max_length=100)]
ProductId = Annotated[str, Field(min_length=1, max_length=256), BeforeValidator(_as_text)]


class _Known(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Product(_Known):
    """The product that something was done with."""

    object_id: ProductId
    object_id_type: Name | None = None
    object_id_field: Name | None = None


class Position(_Known):
    """Where it stood."""

    ordinal: int | None = Field(None, ge=1)


class Attributes(_Known):
    """What is known of an event beside what was done."""

    object: Product | None = None
    position: Position | None = None
    quantity: float | None = Field(None, ge=0, allow_inf_nan=False)
    revenue: float | None = Field(None, ge=0, allow_inf_nan=False)
    currency: Name | None = None
    event_id: Name | None = None
    experiment: Name | None = None
    variant: Name | None = None


class Event(_Known):
    """One event, checked."""

    action_name: Name
    query_id: Name | None = None
    client_id: Name | None = None
    session_id: Name | None = None
    user_id: Name | None = None
    timestamp: datetime | None = None
    event_attributes: Attributes = Attributes()

    def record(self, source: Source, *, now_s: float) -> Json:
        """Return what is logged.

        Args:
            source: Whose log it is.
            now_s: Seconds since the epoch, for an event without a time. One without a time zone is
                in UTC.

        Example:
            >>> Event(action_name="click", user_id="7").record(Source(), now_s=0.0)["timestamp"]
            '1970-01-01T00:00:00.000Z'
        """
        at_s = now_s if self.timestamp is None else zoned(self.timestamp).timestamp()
        kinds = {"client": self.client_id, "session": self.session_id, "user": self.user_id}
        ids = {f"{kind}_id": source.privacy.id(kind, value) for kind, value in kinds.items()}
        attributes = self.event_attributes.model_dump(exclude_none=True)
        record = {
            "@timestamp": stamp(at_s),
            "timestamp": stamp(at_s),
            "application": source.application,
            "action_name": str(self.action_name),
            "query_id": self.query_id,
            **ids,
            "event_attributes": attributes or None,
        }
        return {name: value for name, value in record.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """An event that is not one.

    Attributes:
        place: In the batch, from 0.
        reason: What is wrong; never repeats a value.
    """

    place: int
    reason: str


@dataclass(frozen=True, slots=True)
class EventsReport:
    """What became of a batch.

    Attributes:
        taken: Events that will be written.
        dropped: Events that will not: logging is off, or too much waits to be written.
        refused: Events that are none.
    """

    taken: int = 0
    dropped: int = 0
    refused: tuple[RefusedEvent, ...] = ()


def read_events(batch: Sequence[Any]) -> tuple[list[Event], tuple[RefusedEvent, ...]]:
    """Check a batch; one wrong event does not spoil the others.

    Raises:
        RequestError: It is no list, or holds more than a thousand.

    Example:
        >>> events, refused = read_events([{"action_name": "click"}, {}])
        >>> len(events), refused[0].reason
        (1, 'action_name: Field required')
    """
    if isinstance(batch, str | bytes | Mapping) or not isinstance(batch, Sequence):
        raise RequestError("is not a list of events", path="events")
    if len(batch) > MOST_EVENTS:
        raise RequestError(
            f"holds more than {MOST_EVENTS:,}", path="events", hint="send it in parts"
        )
    events, refused = [], []
    for place, content in enumerate(batch):
        try:
            events.append(Event.model_validate(content))
        except ValidationError as error:
            refused.append(RefusedEvent(place, _reason(error)))
    return events, tuple(refused)


def _reason(error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    path = ".".join(map(str, first["loc"]))
    return f"{path}: {first['msg']}" if path else str(first["msg"])
