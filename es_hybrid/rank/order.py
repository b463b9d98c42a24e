"""A search's final order, and the token that freezes it, so that later pages never shift.

Model servers come and go between pages; with the token the second page follows the first one's
order whatever happens. It holds ids and scores, no shopper's words, and fits one search only: a
digest of index, query and filters is checked.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from es_hybrid.errors import RequestError
from es_hybrid.types import HitKey

PATH = "ext.hybrid.order"
_VERSION = 1
_LARGEST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Order:
    """What of a ranking its pages need.

    Attributes:
        keys: All candidates, those that are shown first, best first.
        scores: Final scores of the shown ones, in order.
        groups: Values of the collapse field among the candidates.
        added: Candidates that the lexical query does not match.
        continues: Whether more lexical hits may follow.
        explored: Places, from 0, that new products were given.
    """

    keys: Sequence[HitKey]
    scores: Sequence[float]
    groups: Sequence[Any] = ()
    added: int = 0
    continues: bool = False
    explored: tuple[int, ...] = ()

    @property
    def best_score(self) -> float | None:
        """The highest final score, `None` without candidates."""
        return self.scores[0] if self.scores else None

    @property
    def lowest_score(self) -> float:
        """The last candidate's score; what follows is scored below it."""
        return self.scores[-1] if self.scores else 1.0

    def page(self, from_: int, size: int) -> list[tuple[HitKey, float]]:
        """Return keys and final scores of one page, best first."""
        end = min(from_ + size, len(self.scores))
        return [(self.keys[place], self.scores[place]) for place in range(from_, end)]

    def explored_ids(self, from_: int, size: int) -> tuple[str, ...]:
        """Return the ids of one page's new products that were given their place."""
        return tuple(
            self.keys[place][1] for place in self.explored if from_ <= place < from_ + size
        )


def fingerprint(*parts: Any) -> str:
    """Return a short digest of what a search asks, by which its token is known.

    Example:
        >>> fingerprint("products", {"match": {"title": "shoe"}}) == fingerprint("products", {})
        False
    """
    data = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(data.encode("ascii"), digest_size=9).hexdigest()


def freeze(order: Order, *, search: str) -> str:
    """Return the token of an order; about 1 kB for a hundred candidates.

    Args:
        order: What later pages need.
        search: Fingerprint of the search.
    """
    indices = list(dict.fromkeys(index for index, _ in order.keys))
    places = {index: place for place, index in enumerate(indices)}
    content = {
        "v": _VERSION,
        "q": search,
        "i": indices,
        "k": [[places[index], id_] for index, id_ in order.keys],
        "s": list(order.scores),
        "g": list(order.groups),
        "a": order.added,
        "c": order.continues,
        **({"e": list(order.explored)} if order.explored else {}),
    }
    packed = zlib.compress(orjson.dumps(content), level=6)
    return base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def thaw(token: str, *, search: str) -> Order:
    """Return the order of a token.

    Raises:
        RequestError: It is not a token, or of another search.
    """
    try:
        packed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        content = orjson.loads(zlib.decompressobj().decompress(packed, _LARGEST_BYTES))
        indices = content["i"]
        order = Order(
            keys=[(str(indices[place]), str(id_)) for place, id_ in content["k"]],
            scores=[float(score) for score in content["s"]],
            groups=list(content["g"]),
            added=int(content["a"]),
            continues=bool(content["c"]),
            explored=tuple(int(place) for place in content.get("e", ())),
        )
        version, made_for = content["v"], content["q"]
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError, IndexError):
        raise RequestError("is not a token of this client", path=PATH) from None
    if version != _VERSION or made_for != search or len(order.scores) > len(order.keys):
        hint = "start again at the first page"
        raise RequestError("was made for another search", path=PATH, hint=hint)
    return order
