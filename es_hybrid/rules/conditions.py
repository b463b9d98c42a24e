"""When a rule is in force: by the shopper's words, by what is known of the request, by date."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Self, TypeAlias

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from es_hybrid.indexing.hanzi import fold as simplified

__all__ = ["Moment", "Texts", "When", "folded", "stands_in"]

_LONGEST = 200
"""Characters of a query that rules look at."""


@lru_cache(maxsize=8192)
def folded(text: str) -> str:
    """Return words as rules compare them: without case, accents, width, script or extra spaces.

    Example:
        >>> folded("  Café  LATTE "), folded("連衣裙")
        ('cafe latte', '连衣裙')
    """
    text = text[:_LONGEST]
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(simplified(unicodedata.normalize("NFKC", letters)).split())


@dataclass(frozen=True, slots=True)
class Moment:
    """What a rule may depend on.

    Attributes:
        text: The shopper's words, folded.
        context: What the request says of itself, such as audience or season: values by name.
        now_s: Seconds since the epoch.
    """

    text: str = ""
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)
    now_s: float = 0.0

    @classmethod
    def of(
        cls, text: str | None, *, context: Mapping[str, str | Sequence[str]] | None, now_s: float
    ) -> Self:
        """Return the moment of one request.

        Args:
            text: The shopper's words.
            context: `ext.hybrid.context`.
            now_s: Seconds since the epoch.
        """
        said = {
            name: (v,) if isinstance(v, str) else tuple(v) for name, v in (context or {}).items()
        }
        return cls(folded(text or ""), said, now_s)


def as_tuple(value: object) -> object:
    """Return one value as a list of one; what is no value is left to the check that follows."""
    if isinstance(value, (str, bool, int, float)):
        return (value,)
    return tuple(value) if isinstance(value, (list, set)) else value


Texts: TypeAlias = Annotated[tuple[str, ...], BeforeValidator(as_tuple), Field(strict=False)]
"""One text, or a list of them."""


# Defaults by keyword: type checkers see no other ones.
class When(BaseModel):
    """A rule's condition; all that is given must hold, and of a list one is enough.

    Example:
        >>> moment = Moment.of("Trail shoe", context={"audience": "women"}, now_s=0)
        >>> When(query="trail *").holds(moment), When(words=["boot"]).holds(moment)
        (True, False)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)

    query: Texts = Field(default=(), description="The whole query; `*` stands for any words")
    words: Texts = Field(default=(), description="Words or phrases, one of which the query holds")
    context: Annotated[dict[str, Texts], Field(strict=False)] = Field(
        default={},
        description="Values of `ext.hybrid.context`, one of which the request has, by name",
    )
    since: AwareDatetime | None = Field(
        default=None,
        alias="from",
        strict=False,
        description="From this date and time on, with its zone",
    )
    until: AwareDatetime | None = Field(
        default=None, strict=False, description="Before this date and time"
    )
    months: tuple[Annotated[int, Field(ge=1, le=12)], ...] = Field(
        default=(), strict=False, description="In these months (UTC), 1 to 12, every year"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("says nothing; leave it out for a rule that always holds")
        if any(not folded(text) for text in (*self.query, *self.words)):
            raise ValueError("holds a blank text")
        if any(len(text) > _LONGEST for text in (*self.query, *self.words)):
            raise ValueError(f"holds a text of more than {_LONGEST} characters")
        if self.since and self.until and self.since >= self.until:
            raise ValueError("ends before it begins")
        return self

    @property
    def exact_queries(self) -> tuple[str, ...]:
        """The queries, folded, where each is a whole one without `*`; none otherwise."""
        plain = not any("*" in query for query in self.query)
        return tuple(map(folded, self.query)) if plain else ()

    def holds(self, moment: Moment) -> bool:
        """Say whether the rule is in force."""
        if self.query and not any(_matches(folded(each), moment.text) for each in self.query):
            return False
        if self.words and not any(stands_in(each, moment.text) for each in self.words):
            return False
        for name, wanted in self.context.items():
            if not set(wanted).intersection(moment.context.get(name, ())):
                return False
        return self._in_time(moment.now_s)

    def _in_time(self, now_s: float) -> bool:
        if self.since and now_s < self.since.timestamp():
            return False
        if self.until and now_s >= self.until.timestamp():
            return False
        return not self.months or datetime.fromtimestamp(now_s, UTC).month in self.months


def _matches(pattern: str, text: str) -> bool:
    """Say whether a pattern is the whole text; never slower than one look at each character."""
    first, *others = pattern.split("*")
    if not others:
        return pattern == text
    if not text.startswith(first):
        return False
    *middle, last = others
    place = len(first)
    for part in middle:
        found = text.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return text.endswith(last) and len(text) - len(last) >= place


def stands_in(words: str, text: str) -> bool:
    """Say whether words stand in a folded text, Latin ones as whole words.

    Chinese has no spaces to tell words by.

    Example:
        >>> stands_in("Acme", "acme shoe"), stands_in("me", "acme shoe"), stands_in("鞋", "跑鞋女")
        (True, False, True)
    """
    plain = folded(words)
    place = text.find(plain)
    while plain and place >= 0:
        around = text[max(place - 1, 0) : place], text[place + len(plain) :][:1]
        ends = plain[0], plain[-1]
        if not any(_glued(pair) for pair in zip(around, ends, strict=True)):
            return True
        place = text.find(plain, place + 1)
    return False


def _glued(pair: tuple[str, str]) -> bool:
    return all(char.isascii() and char.isalnum() for char in pair)
