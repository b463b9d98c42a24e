"""A plug-in of the wrong flavour is refused with the name of the class to use."""

from __future__ import annotations

import pytest

from es_hybrid._flavour import async_check_plugin, check_plugin
from es_hybrid.errors import ConfigurationError


class Plain:
    def rerank(self) -> None: ...


class Awaited:
    async def rerank(self) -> None: ...


def test_the_right_flavour_passes() -> None:
    """Nothing is said about a plug-in that fits."""
    check_plugin(Plain(), "rerank")
    async_check_plugin(Awaited(), "rerank")


def test_the_wrong_flavour_is_refused() -> None:
    """The message names the plug-in, its method and the client that takes it."""
    with pytest.raises(
        ConfigurationError,
        match=r"^Awaited\.rerank\(\) is a coroutine method; pass it to AsyncHybridClient instead$",
    ):
        check_plugin(Awaited(), "rerank")
    with pytest.raises(
        ConfigurationError,
        match=r"^Plain\.rerank\(\) is a plain method; pass it to HybridClient instead$",
    ):
        async_check_plugin(Plain(), "rerank")


def test_a_plugin_without_the_method_is_refused() -> None:
    """An object that is no plug-in at all is said to be none."""
    with pytest.raises(ConfigurationError, match=r"object has no method rerank\(\)"):
        check_plugin(object(), "rerank")
