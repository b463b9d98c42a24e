"""Say how a search of an index would be carried out, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

import elasticsearch

from es_hybrid import HybridClient
from es_hybrid.checks import Check, Status
from es_hybrid.cli.failures import sentence
from es_hybrid.types import PlanName

__all__ = ["check_plan"]

_WORDS = "trail running shoe"
"""A search box's usual length; no shopper's."""


def check_plan(shop: HybridClient, index: str) -> Iterator[Check]:
    """Yield the capability record, and the plan that an ordinary search would have.

    Args:
        shop: An open shop; its embedder is asked for a vector.
        index: Index or alias.
    """
    try:
        record = shop.capabilities(index).to_dict()
        plan = shop.plan(index=index, ext={"hybrid": {"text": _WORDS}})
    except (elasticsearch.ApiError, elasticsearch.TransportError) as error:
        yield Check("plan", Status.NOTE, f"not made: {sentence(error)}")
        return
    said = "; ".join(f"{name} {_shown(value)}" for name, value in record.items() if value)
    yield Check("capabilities", Status.OK, said)
    without = [note for note in plan.notes if note.startswith("without ")]
    detail = "; ".join((str(plan.name), *plan.notes))
    if plan.name is PlanName.LEXICAL_ONLY or without:
        hint = "docs/when-things-fail.md says what each reason means"
        yield Check("plan", Status.NOTE, detail, hint)
    else:
        yield Check("plan", Status.OK, detail)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
