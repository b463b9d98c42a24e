"""Look at the rules: whether those that every search asks for are there and can be read."""

from __future__ import annotations

from collections.abc import Iterator

import elasticsearch

from es_hybrid import HybridClient, HybridError
from es_hybrid.checks import Check, Status
from es_hybrid.cli.failures import sentence
from es_hybrid.rules import parse_rules
from es_hybrid.settings import RulesSettings

__all__ = ["check_rules"]


def check_rules(shop: HybridClient, settings: RulesSettings) -> Iterator[Check]:
    """Yield which rules are in force; a rule set that is asked for and wrong is a problem.

    Args:
        shop: An open shop; its settings' own rule set was read when it was opened.
        settings: Which rule set is asked for, and where it is kept.
    """
    if settings.inline is not None:
        yield Check("rules", Status.OK, "those of the settings are in force")
        return
    if settings.name is None:
        yield _unasked(shop, settings)
        return
    try:
        found = shop.rules.get(settings.name)
        parse_rules(found.rules)
    except elasticsearch.AuthorizationException as error:
        hint = "searches with this key go without rules"
        yield Check("rules", Status.NOTE, sentence(error), hint)
    except (HybridError, elasticsearch.ApiError, elasticsearch.TransportError) as error:
        yield Check("rules", Status.PROBLEM, sentence(error), "searches go without rules")
    else:
        detail = f"{found.source} of {settings.index} is in force, saved {found.created_at}"
        yield Check("rules", Status.OK, detail)


def _unasked(shop: HybridClient, settings: RulesSettings) -> Check:
    try:
        names = shop.rules.names()
    except (elasticsearch.ApiError, elasticsearch.TransportError):
        names = ()  # a key that may not look; nothing asks for them
    if not names:
        return Check("rules", Status.OK, "none are asked for")
    detail = f"{settings.index} holds {', '.join(names)}, and no search asks for them by itself"
    return Check("rules", Status.OK, detail, "ES_HYBRID_RULES__NAME puts one in force for all")
