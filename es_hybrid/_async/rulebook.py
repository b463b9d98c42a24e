"""The rules in force, remembered for a while; a rules index that fails costs no search.

Nothing runs in the background. When what is remembered is too old, one search looks it up and the
others of that moment wait for the same answer, for at most `timeout_s`. Where the look-up fails,
the last known rules stay in force, the answer says so, and the next try waits for `retry_s`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.rules import AsyncRules
from es_hybrid._flights import AsyncFlights
from es_hybrid.errors import ConfigurationError, HybridError, RequestError, RulesError
from es_hybrid.protocols import Boost
from es_hybrid.query.request import SearchRequest
from es_hybrid.rules.boosts import BOOSTS_PATH
from es_hybrid.rules.document import parse_rules
from es_hybrid.rules.in_force import NO_RULES, ReadyRules
from es_hybrid.settings import RulesSettings
from es_hybrid.types import Degradation, DegradationReason, Stage

_PATH = "ext.hybrid.rules"


@dataclass(frozen=True, slots=True)
class _Known:
    """A rule set as it was looked up.

    Attributes:
        rules: What is in force.
        until_s: When it is looked up again.
        lack: What went wrong the last time.
    """

    rules: ReadyRules
    until_s: float
    lack: Degradation | None = None


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
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._flights = AsyncFlights[str, _Known]()
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
        known = self._known.get(name)
        if known is None or self._clock() >= known.until_s:
            known = await self._refreshed(es, name)
        return known.rules, known.lack

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

    async def _refreshed(self, es: AsyncElasticsearch, name: str) -> _Known:
        timeout_s = self._settings.timeout_s

        async def look_up(_: float) -> _Known:
            patient = es.options(request_timeout=timeout_s, max_retries=0)
            found = await AsyncRules(patient, index=self._settings.index).get(name)
            rules = ReadyRules.of(
                parse_rules(found.rules, path=found.source),
                source=found.source,
                plugin=self._plugin,
            )
            return _Known(rules, self._clock() + self._settings.ttl_s)

        try:
            known = await self._flights.run(name, look_up, timeout_s=timeout_s)
        except (ApiError, TransportError, HybridError, TimeoutError) as error:
            known = self._failed(name, error)
        self._known[name] = known
        return known

    def _failed(self, name: str, error: Exception) -> _Known:
        """Return the last known rules, and that they may be old."""
        last = self._known.get(name)
        until_s = self._clock() + min(self._settings.retry_s, self._settings.ttl_s)
        what = str(error) if isinstance(error, HybridError) else type(error).__name__
        if last is None or last.rules is NO_RULES:
            detail = f"no rules of {name} are known: {what}"
            lack = Degradation(Stage.RULES, DegradationReason.NO_RULES, detail)
            return _Known(NO_RULES, until_s, lack)
        detail = f"{last.rules.source} stays in force: {what}"
        lack = Degradation(Stage.RULES, DegradationReason.STALE_RULES, detail)
        return _Known(last.rules, until_s, lack)
