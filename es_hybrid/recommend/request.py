"""What a shop asks to have recommended: the arguments of `shop.recommend`, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from es_hybrid.errors import RequestError
from es_hybrid.query.options import PATH, HybridOptions, parse_options
from es_hybrid.query.shopper import User
from es_hybrid.rank.personal import Shopper
from es_hybrid.rules.shopper import shopper_of
from es_hybrid.types import Json, Recommended

__all__ = ["Like", "RecommendRequest", "read_recommend"]

Like = str | Sequence[str]
"""One product id, or several."""

_MOST_IDS = 100
_MOST_SEEN = 10_000
_LARGEST_SIZE = 1000
_MOST_EVENTS = 50
"""Products of a shopper's past that a recommendation starts from: those that count most."""

_OF_A_QUERY = {
    "text": "a recommendation has no shopper's words",
    "text_path": "a recommendation has no shopper's words",
    "vector": "the vector is that of the products it starts from",
    "plan": "a recommendation is always fused here",
    "embed": "nothing is embedded",
    "rerank": "nothing is reranked",
    "facets": "a recommendation counts no facets",
    "admit": "a recommendation has no shopper's words",
    "order": "a recommendation is one page; pass what was shown as seen",
    "user": "pass user= to recommend",
    "learned": "models are learned from searches",
}
"""Options of a search that say nothing here, and why."""


@dataclass(frozen=True, slots=True)
class RecommendRequest:
    """One call of `recommend`, sorted.

    Attributes:
        index: Name or alias.
        asked: What is wanted.
        ids: Products it starts from.
        seen: What is not recommended again.
        filters: What every product must satisfy.
        size: Products wanted.
        source: What of each is answered, as `_source` of a search; `None`: all but vectors.
        options: The checked `ext.hybrid`.
        user: Bounds and field names of a shopper's boost.
        shopper: Who it is for; `None` where that was not said.
    """

    index: str
    asked: Recommended
    ids: tuple[str, ...] = field(default=(), repr=False)
    seen: tuple[str, ...] = field(default=(), repr=False)
    filters: tuple[Json, ...] = ()
    size: int = 10
    source: Any = None
    options: HybridOptions = field(default_factory=HybridOptions, repr=False)
    user: User = field(default_factory=User, repr=False)
    shopper: Shopper | None = field(default=None, repr=False)

    def past_ids(self, *, now_s: float) -> tuple[str, ...]:
        """Return the products of the shopper's past that count most, and they the most first."""
        shopper = self.shopper or Shopper()
        return tuple(shopper.product_weights(now_s=now_s))[:_MOST_EVENTS]


def read_recommend(
    index: str,
    *,
    like: Like | None = None,
    cart: Like | None = None,
    user: User | Shopper | Mapping[str, Any] | None = None,
    seen: Like = (),
    filters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    size: int = 10,
    source: Any = None,
    ext: Mapping[str, Any] | None = None,
) -> RecommendRequest:
    """Check the arguments of `recommend`; see `AsyncRecommending.recommend`.

    Raises:
        RequestError: One of them is wrong; names it, and never repeats its value.

    Example:
        >>> read_recommend("products", like="p1").asked.value
        'similar'
        >>> read_recommend("products").asked.value
        'trending'
    """
    if not index:
        raise RequestError("name the index or alias to recommend from", path="index")
    if like is not None and cart is not None:
        raise RequestError("like and cart are two recommendations", path="cart")
    if type(size) is not int or not 1 <= size <= _LARGEST_SIZE:
        raise RequestError(f"must be a number from 1 to {_LARGEST_SIZE}", path="size")
    known, shopper = _shopper(user)
    ids: tuple[str, ...] = ()
    asked = Recommended.TRENDING
    if like is not None:
        ids, asked = _ids(like, "like", most=_MOST_IDS), Recommended.SIMILAR
    elif cart is not None:
        ids, asked = _ids(cart, "cart", most=_MOST_IDS), Recommended.BOUGHT_TOGETHER
    elif shopper is not None:
        asked = Recommended.FOR_YOU
    return RecommendRequest(
        index=index,
        asked=asked,
        ids=ids,
        seen=_ids(seen, "seen", most=_MOST_SEEN),
        filters=_clauses(filters),
        size=size,
        source=source,
        options=_options(ext),
        user=known,
        shopper=shopper,
    )


def _ids(given: Any, path: str, *, most: int) -> tuple[str, ...]:
    ids = [given] if isinstance(given, str) else given
    if not isinstance(ids, Sequence) or not all(isinstance(id_, str) and id_ for id_ in ids):
        raise RequestError("must be a product id, or a list of them", path=path)
    if len(ids) > most:
        raise RequestError(f"holds more than {most} products", path=path)
    return tuple(dict.fromkeys(ids))


def _clauses(filters: Any) -> tuple[Json, ...]:
    clauses = [filters] if isinstance(filters, Mapping) else filters or ()
    if not isinstance(clauses, Sequence) or not all(isinstance(each, Mapping) for each in clauses):
        raise RequestError("must be a query clause, or a list of them", path="filter")
    return tuple(dict(each) for each in clauses)


def _shopper(user: Any) -> tuple[User, Shopper | None]:
    if user is None:
        return User(), None
    if isinstance(user, Shopper):
        return User(), user
    if isinstance(user, User):
        return user, shopper_of(user)
    if not isinstance(user, Mapping):
        raise RequestError("must be an object as ext.hybrid.user, or a Shopper", path="user")
    try:
        found = User.model_validate(dict(user))
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        path = ".".join(("user", *map(str, first["loc"])))
        raise RequestError(str(first["msg"]), path=path) from None
    return found, shopper_of(found)


def _options(ext: Mapping[str, Any] | None) -> HybridOptions:
    section = (ext or {}).get("hybrid", {})
    if section is False:
        raise RequestError("a recommendation cannot be switched off", path=PATH)
    options = parse_options(section)
    for name, why in _OF_A_QUERY.items():
        if isinstance(section, Mapping) and section.get(name) is not None:
            raise RequestError("is an option of a search", path=f"{PATH}.{name}", hint=why)
    return options
