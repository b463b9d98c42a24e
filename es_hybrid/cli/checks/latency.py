"""How long a model takes for one, sixteen and sixty-four texts, each text another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import NamedTuple

from es_hybrid import HybridError

__all__ = ["SIZES", "Timing", "measure", "spelled"]

SIZES = (1, 16, 64)
_CALLS = 3


class Timing(NamedTuple):
    """What one size took.

    Attributes:
        size: Texts in the call.
        took_s: Median seconds; `None`: the call failed.
        reason: Why it failed.
    """

    size: int
    took_s: float | None
    reason: str = ""


def measure(call: Callable[[list[str]], object], *, sizes: Sequence[int] = SIZES) -> list[Timing]:
    """Call a model a few times with each number of texts.

    Args:
        call: Takes different product texts.
        sizes: How many texts.
    """
    return [_measured(call, size) for size in sorted(set(sizes))]


def spelled(timings: Sequence[Timing]) -> str:
    """Return timings for a person.

    Example:
        >>> spelled([Timing(1, 0.0123), Timing(64, None, "it answered 422")])
        '1 text 12.3 ms, 64 texts failed'
    """
    return ", ".join(_one(timing) for timing in timings)


def _measured(call: Callable[[list[str]], object], size: int) -> Timing:
    spent = []
    for number in range(_CALLS):
        # Never the same text twice: a server that remembers would look fast.
        texts = [_product(size * 1000 + number * 100 + place) for place in range(size)]
        start_s = perf_counter()
        try:
            call(texts)
        except HybridError as error:
            return Timing(size, None, str(error))
        except Exception as error:  # noqa: BLE001 - a shop's own model may raise anything
            return Timing(size, None, f"{type(error).__name__}: {error}")
        spent.append(perf_counter() - start_s)
    return Timing(size, sorted(spent)[_CALLS // 2])


def _product(number: int) -> str:
    """Return a text of a product's usual length."""
    return (
        f"Trail running shoe model {number}, light and grippy, with a cushioned sole of"
        f" {number % 40} mm, a breathable upper and reflective laces, for long days on wet hills"
    )


def _one(timing: Timing) -> str:
    count = f"{timing.size} text{'s' if timing.size != 1 else ''}"
    return f"{count} {'failed' if timing.took_s is None else f'{timing.took_s * 1000:.1f} ms'}"
