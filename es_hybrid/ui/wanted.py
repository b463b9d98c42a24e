"""What a visitor has set on the recommendations page, and the request that follows from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Self

from es_hybrid.ui.catalogue import Catalogue
from es_hybrid.ui.controls import Controls, filter_clauses

__all__ = ["MOST_IDS", "Kind", "Wanted", "ids_in", "recommend_arguments"]

MOST_IDS = 50
"""Products that a recommendation starts from; the shop's own limit is higher."""

_BETWEEN = re.compile(r"[\s,;，；、]+")  # noqa: RUF001 - as people write in Chinese


class Kind(StrEnum):
    """What can be recommended, as the arguments of `HybridClient.recommend` name it."""

    LIKE = "like"
    CART = "cart"
    USER = "user"
    TRENDING = "trending"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The state of the recommendations page.

    Attributes:
        kind: What is wanted.
        ids: Products it starts from.
        controls: Filters, size and language, as on the search page.
    """

    kind: Kind = Kind.LIKE
    ids: tuple[str, ...] = ()
    controls: Controls = field(default_factory=lambda: Controls(""))

    @property
    def starts_from_nothing(self) -> bool:
        """Whether a product has to be picked first."""
        return self.kind is not Kind.TRENDING and not self.ids

    def with_id(self, id_: str) -> Self:
        """Return the same with one product more; what is trending starts from none."""
        kind = Kind.LIKE if self.kind is Kind.TRENDING else self.kind
        return replace(self, kind=kind, ids=tuple(dict.fromkeys((*self.ids, id_)))[:MOST_IDS])

    def without_id(self, id_: str) -> Self:
        """Return the same with one product less."""
        return replace(self, ids=tuple(other for other in self.ids if other != id_))


def ids_in(text: str) -> tuple[str, ...]:
    """Return the ids that were typed, each once.

    Example:
        >>> ids_in("p00, p36 p00")
        ('p00', 'p36')
    """
    return tuple(dict.fromkeys(filter(None, _BETWEEN.split(text))))[:MOST_IDS]


def recommend_arguments(wanted: Wanted, catalogue: Catalogue) -> dict[str, Any]:
    """Return the arguments of `HybridClient.recommend`, without the index.

    Example:
        >>> asked = recommend_arguments(Wanted(Kind.CART, ("p1",)), Catalogue("title"))
        >>> asked["cart"], asked["size"]
        (['p1'], 6)
    """
    controls = wanted.controls
    asked: dict[str, Any] = {
        "size": controls.size,
        "source": catalogue.shown,
        "filter": filter_clauses(controls, catalogue),
        "ext": {"hybrid": {"explain": True, "explain_language": str(controls.language)}},
    }
    match wanted.kind:
        case Kind.LIKE | Kind.CART:
            asked[wanted.kind] = list(wanted.ids)
        case Kind.USER:
            asked["user"] = {"events": [{"event": "view", "product_id": id_} for id_ in wanted.ids]}
        case Kind.TRENDING:
            pass
    return asked
