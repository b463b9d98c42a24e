"""What a shop may write itself can be handed over somewhere."""

from __future__ import annotations

import inspect
import re

import es_hybrid
from es_hybrid import AsyncHybridClient, HybridClient
from es_hybrid._async.products import AsyncProductIngest
from es_hybrid._sync.products import ProductIngest


def test_each_public_protocol_is_taken_by_a_client() -> None:
    """Nobody implements a stage and then finds no argument for it."""
    takers = (HybridClient, AsyncHybridClient, ProductIngest, AsyncProductIngest)
    taken = {
        word
        for taker in takers
        for _, function in inspect.getmembers(taker, inspect.isfunction)
        for argument in inspect.signature(function).parameters.values()
        for word in re.findall(r"\w+", str(argument.annotation))
    }
    protocols = [
        thing
        for name in es_hybrid.__all__
        if getattr(thing := getattr(es_hybrid, name), "_is_protocol", False)
    ]
    assert protocols
    lost = [
        one.__name__ for one in protocols if not taken & {base.__name__ for base in one.__mro__}
    ]
    assert lost == []
