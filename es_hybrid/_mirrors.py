"""Gives our method the parameters of another one, without copying them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
S = TypeVar("S")
R = TypeVar("R")


def mirrors(
    original: Callable[Concatenate[Any, P], Any],
) -> Callable[[Callable[Concatenate[S, ...], R]], Callable[Concatenate[S, P], R]]:
    """Declare that a method takes the same arguments as `original`, and returns its own type.

    Type checkers, editors and `inspect.signature` see the parameters of `original`; a misspelled
    one is an error before the program runs. Nothing is wrapped: the method stays the function that
    was written, sync or async. It keeps its docstring where it has one.

    Args:
        original: A method as its class has it, such as `Elasticsearch.search`.

    Example:
        class Shop:
            @mirrors(Elasticsearch.search)
            def search(self, **arguments: Any) -> HybridResponse: ...
    """

    def decorate(function: Callable[Concatenate[S, ...], R]) -> Callable[Concatenate[S, P], R]:
        ours, theirs = inspect.signature(function), inspect.signature(original)
        us, *_ = ours.parameters.values()
        _, *parameters = theirs.parameters.values()
        signature = theirs.replace(
            parameters=[us, *parameters], return_annotation=ours.return_annotation
        )
        function.__signature__ = signature  # type: ignore[attr-defined]
        function.__doc__ = function.__doc__ or original.__doc__
        return function

    return decorate
