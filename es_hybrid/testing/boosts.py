"""The contract of a boost: a factor above 0 for any product, from the fields it names."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from es_hybrid.protocols import Boost
from es_hybrid.testing.contract import Broken, conclude, described
from es_hybrid.types import BoostContext, Hit

_NOW_S = 1_700_000_000.0
_HIT = Hit("products", "1", 4.2, 0.7, 1, 2)
_VALUES: Mapping[str, list[Any]] = {
    "a number": [12.5],
    "zero": [0],
    "a negative number": [-3],
    "a huge number": [10**12],
    "a text": ["Acme"],
    "a boolean": [True],
    "a date": ["2023-11-01T08:00:00.000Z"],
    "several values": [3, 1, 2],
}

_NAME = "`name` is a short text"
_FIELDS = "`fields` lists the names of doc-value fields"
_PLAIN = "factor() is a plain method: it serves both clients"
_RAISES = "factor() gives a factor for any product: what it raises fails the search"
_FACTOR = "A factor is a finite number above 0"
_SAME = "The same product gets the same factor"
_READS = "Only fields that `fields` names are read: no other is fetched"


class _Recorded(dict[str, Sequence[Any]]):
    """Doc values that remember which were asked for."""

    def __init__(self, fields: Mapping[str, Sequence[Any]]) -> None:
        super().__init__(fields)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Sequence[Any]:
        self.asked.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field's values."""
        self.asked.add(name)
        return super().get(name, default)


def check_boost(boost: Boost, *, hits: Sequence[Hit] = ()) -> None:
    """Check a boost against its contract.

    Args:
        boost: For either client.
        hits: Products of the shop, beside the ones made up here: without the field, and with
            numbers, texts, dates and several values in it.

    Raises:
        ContractViolation: Lists every broken rule.

    Example:
        >>> from es_hybrid.rank.boost import NumericBoost
        >>> check_boost(NumericBoost("sales_30d", scale=100, by=1.5))
    """
    fields = _fields(boost)
    if isinstance(fields, Broken):
        return conclude(boost, [*_naming(boost), fields])
    products = {"no field": _HIT}
    for what, values in _VALUES.items():
        products[what] = _HIT._replace(fields=dict.fromkeys(fields, values))
    products |= {f"product {number} of yours": hit for number, hit in enumerate(hits, 1)}
    return conclude(boost, [*_naming(boost), *_factors(boost, fields, products)])


def _fields(boost: Boost) -> tuple[str, ...] | Broken:
    try:
        fields: object = boost.fields
    except AttributeError:
        return Broken(_FIELDS, "there is no such attribute")
    if isinstance(fields, str) or not isinstance(fields, Sequence):
        return Broken(_FIELDS, f"it is a {type(fields).__name__}")
    if not all(isinstance(name, str) and name for name in fields):
        return Broken(_FIELDS, "one of them is not a text")
    return tuple(fields)


def _naming(boost: Boost) -> Iterator[Broken]:
    name = getattr(boost, "name", None)
    if not isinstance(name, str) or not name:
        yield Broken(_NAME, f"it is {name!r}")


def _factors(
    boost: Boost, fields: tuple[str, ...], products: Mapping[str, Hit]
) -> Iterator[Broken]:
    if inspect.iscoroutinefunction(getattr(boost, "factor", None)):
        yield Broken(_PLAIN, "it is a coroutine method")
        return
    for what, product in products.items():
        recorded = _Recorded(product.fields)
        hit = product._replace(fields=recorded)
        try:
            once, again = (boost.factor(hit, BoostContext(_NOW_S)) for _ in range(2))
        except Exception as error:  # noqa: BLE001 - what it raises is what is judged
            yield Broken(_RAISES, f"with {what}, {described(error)}")
            continue
        if not _is_factor(once):
            yield Broken(_FACTOR, f"with {what} it is {once!r}")
        elif once != again:
            yield Broken(_SAME, f"with {what} it was {once:.4g}, then {again:.4g}")
        if unnamed := recorded.asked.difference(fields):
            yield Broken(_READS, f"{', '.join(sorted(unnamed))} was read")


def _is_factor(value: object) -> bool:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return math.isfinite(number) and number > 0.0
