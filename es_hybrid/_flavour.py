"""Tells a plug-in of one flavour from one of the other, before the first search does."""

from __future__ import annotations

import inspect

from es_hybrid.errors import ConfigurationError


def async_check_plugin(plugin: object, method: str) -> None:
    """Refuse a plug-in whose method is not awaited; a Protocol cannot tell the two apart.

    Raises:
        ConfigurationError: The method is a plain function, or there is none.
    """
    _check_flavour(plugin, method, awaited=True, client="HybridClient")


def check_plugin(plugin: object, method: str) -> None:
    """Refuse a plug-in whose method must be awaited.

    Raises:
        ConfigurationError: The method is a coroutine function, or there is none.
    """
    _check_flavour(plugin, method, awaited=False, client="AsyncHybridClient")


def _check_flavour(plugin: object, method: str, *, awaited: bool, client: str) -> None:
    function = getattr(plugin, method, None)
    kind = type(plugin).__name__
    if not callable(function):
        raise ConfigurationError(f"{kind} has no method {method}()")
    if inspect.iscoroutinefunction(function) is not awaited:
        form = "is a plain method" if awaited else "is a coroutine method"
        raise ConfigurationError(f"{kind}.{method}() {form}", hint=f"pass it to {client} instead")
