"""The rules in force, remembered for a while; a rules index that fails costs no search.

Where a look-up fails, the last known rules stay in force, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from elasticsearch import AsyncElasticsearch

from es_hybrid._async.remembered import AsyncRemembered
from es_hybrid._async.rules import AsyncRules
from es_hybrid.errors import ConfigurationError, RequestError, RulesError
from es_hybrid.protocols import Boost
from es_hybrid.query.request import SearchRequest
from es_hybrid.rules.boosts import BOOSTS_PATH
from es_hybrid.rules.document import parse_rules
from es_hybrid.rules.in_force import NO_RULES, ReadyRules
from es_hybrid.settings import RulesSettings
from es_hybrid.types import Degradation, DegradationReason, Stage

_PATH = "ext.hybrid.rules"


class AsyncRulebook:
    """Gives each search the rules in force.

    Args:
        settings: Which rule set, where, and for how long it is remembered.
        plugin: Finds a boost by its name and the path where it stands.
        clock: Monotonic seconds.

    Raises:
        ConfigurationError: The settings' own rule set is wrong.
    """

    def __init__(
        self,
        settings: RulesSettings,
        *,
        plugin: Callable[[str, str], Boost],
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._plugin = plugin
        self._remembered = AsyncRemembered[ReadyRules](settings, clock=clock)
        self._own = NO_RULES if settings.inline is None else self._from_settings(settings.inline)

    def _from_settings(self, content: Mapping[str, Any]) -> ReadyRules:
        if self._settings.name is not None:
            raise ConfigurationError(
                "ES_HYBRID_RULES__NAME and ES_HYBRID_RULES__INLINE exclude each other"
            )
        try:
            return ReadyRules.of(parse_rules(content), source="settings", plugin=self._plugin)
        except (RulesError, RequestError) as error:
            raise ConfigurationError(f"ES_HYBRID_RULES__INLINE: {error}") from None

    async def of(
        self, es: AsyncElasticsearch, request: SearchRequest
    ) -> tuple[ReadyRules, Degradation | None]:
        """Return the rules in force for a request, and what went wrong on the way.

        Raises:
            RequestError: The request brings a rule set that is wrong.
        """
        asked = request.options.rules
        if asked is False:
            return NO_RULES, None
        if isinstance(asked, Mapping):
            return self._from_request(asked), None
        name = asked if isinstance(asked, str) else self._settings.name
        if name is None:
            return self._own, None
        known = await self._remembered.of(name, lambda wanted: self._looked_up(es, wanted))
        if known.failure is None:
            return known.value or NO_RULES, None
        if known.value is None:
            detail = f"no rules of {name} are known: {known.failure}"
            return NO_RULES, Degradation(Stage.RULES, DegradationReason.NO_RULES, detail)
        detail = f"{known.value.source} stays in force: {known.failure}"
        return known.value, Degradation(Stage.RULES, DegradationReason.STALE_RULES, detail)

    def profile(self, rules: ReadyRules, name: str) -> tuple[Boost, ...]:
        """Return a named list of boosts: of the rules in force, or of the settings' own.

        Raises:
            RequestError: There is none of this name.
        """
        for holder in (rules, self._own):
            if name in holder.profiles:
                return holder.profiles[name]
        known = ", ".join(sorted({*rules.profiles, *self._own.profiles})) or "none"
        raise RequestError(
            "names no profile of the rules", path=BOOSTS_PATH, hint=f"known: {known}"
        )

    def _from_request(self, content: Mapping[str, Any]) -> ReadyRules:
        try:
            rules = parse_rules(content, path=_PATH)
            return ReadyRules.of(rules, source="request", plugin=self._plugin)
        except RulesError as error:
            raise RequestError(error.reason, path=error.path, hint=error.hint) from None

    async def _looked_up(self, es: AsyncElasticsearch, name: str) -> ReadyRules:
        patient = es.options(request_timeout=self._settings.timeout_s, max_retries=0)
        found = await AsyncRules(patient, index=self._settings.index).get(name)
        rules = parse_rules(found.rules, path=found.source)
        return ReadyRules.of(rules, source=found.source, plugin=self._plugin)
