"""Random histories: what writers do and what goes wrong, made from a seed alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a writer does to one product."""

    INDEX = "index"
    UPDATE = "update"
    UPSERT = "upsert"
    DELETE = "delete"


Document = dict[str, Any] | None
"""A product as it should be; `None` where there is none."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write.

    Attributes:
        kind: What is done.
        id: To which product.
        fields: What is written; every value is written once in a history.
        in_bulk: Whether it is sent as a bulk request.
    """

    kind: Kind
    id: str
    fields: dict[str, Any]
    in_bulk: bool

    def applied(self, document: Document) -> Document:
        """Return the product after the write."""
        match self.kind:
            case Kind.INDEX:
                return dict(self.fields)
            case Kind.DELETE:
                return None
            case Kind.UPDATE if document is None:
                return None
            case _:
                return {**(document or {}), **self.fields}


@dataclass(frozen=True, slots=True)
class History:
    """What happens around one reindex.

    Attributes:
        seed: Makes all the rest.
        products: How many there are at first.
        shards: Of the index.
        writers: How many write at once; each product has one writer.
        embeds: Whether vectors are made, or the documents copied by the server.
        ranges: Into how many ranges of sequence numbers deletes are narrowed down.
        kills: After how many signs of progress each run is killed; the last run is not.
        cuts: Seconds after which the reindexer's connections are cut.
        restart_s: Seconds after which the node is killed and started again; `None` for never.
        goes_back: Whether a rollback follows, with a kill of its own.
    """

    seed: int
    products: int
    shards: int
    writers: int
    embeds: bool
    ranges: int
    kills: tuple[int, ...]
    cuts: tuple[float, ...]
    restart_s: float | None
    goes_back: bool

    def writes(self, writer: int) -> Iterator[Write]:
        """Yield what one writer does, without end."""
        chance = random.Random(f"{self.seed}/{writer}")
        mine = [f"p{n}" for n in range(self.products + 10) if n % self.writers == writer]
        number = 0
        while True:
            number += 1
            kind = chance.choices(list(Kind), weights=(3, 4, 2, 2))[0]
            value = f"{writer}-{number}"
            name = chance.choice(("price", "stock", "name"))
            fields = {name: value}
            if kind is Kind.INDEX:
                fields = {"name": f"product {value}", "price": value, "stock": value}
            # A quarter of the products get half of the writes.
            near = mine[: max(len(mine) // 4, 1)]
            yield Write(
                kind, chance.choice(chance.choice((near, mine))), fields, chance.random() < 0.5
            )


def history(seed: int, *, restart: bool = False) -> History:
    """Return the history of a seed.

    Args:
        seed: Any number.
        restart: Whether the node is restarted in it.

    Example:
        >>> history(7) == history(7)
        True
    """
    chance = random.Random(seed)
    kills = tuple(chance.randint(1, 14) for _ in range(chance.choice((0, 1, 1, 2, 3))))
    cuts = tuple(chance.uniform(0.05, 2.0) for _ in range(chance.choice((0, 0, 1, 4))))
    return History(
        seed=seed,
        products=chance.randint(20, 80),
        shards=chance.choice((1, 1, 2, 3)),
        writers=chance.choice((1, 2, 3)),
        embeds=chance.random() < 0.6,
        ranges=chance.choice((10_000, 100, 10)),
        kills=kills,
        cuts=cuts,
        restart_s=chance.uniform(0.2, 2.5) if restart else None,
        goes_back=chance.random() < 0.3,
    )
