"""Rule sets in their index: `shop.rules.put("default", rules)`, without a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.versions import AsyncVersions
from es_hybrid.rules.diff import Change, diff_rules
from es_hybrid.rules.document import parse_rules
from es_hybrid.rules.versions import RULES, RulesVersion


class AsyncRules(AsyncVersions[RulesVersion]):
    """Reads and writes rule sets; what is wrong is a `RulesError`, a lost race `RulesConflict`.

    Args:
        es: The shop's own client.
        index: Where rule sets are kept; made by the first `put`.

    Example:
        saved = await shop.rules.put("default", {"stock": {"action": "bury"}}, comment="sale")
        await shop.rules.rollback("default")
    """

    def __init__(self, es: AsyncElasticsearch, *, index: str) -> None:
        super().__init__(es, RULES, index=index)

    async def diff(
        self,
        name: str,
        *,
        before: int | None = None,
        after: int | Mapping[str, Any] | None = None,
    ) -> tuple[Change, ...]:
        """Return what differs between two versions, or between a version and a rule set.

        Args:
            name: Of the rule set.
            before: A version; by default the one in force.
            after: A version, or a rule set that is not saved; by default the one in force.

        Raises:
            RulesError: One of them is not there, or is wrong.

        Example:
            for change in await shop.rules.diff("default", before=1):
                print(change)
        """
        old = (await self.get(name, before)).rules
        if isinstance(after, Mapping):
            parse_rules(after)
            return diff_rules(old, after)
        return diff_rules(old, (await self.get(name, after)).rules)
