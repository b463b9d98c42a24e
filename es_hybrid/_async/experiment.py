"""Gives each search the old query or the new one, as an experiment in its index says."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self

from elasticsearch import ApiError, AsyncElasticsearch, TransportError

from es_hybrid._async.client import AsyncHybridClient
from es_hybrid._async.experiment_watch import AsyncExperimentWatch
from es_hybrid._async.experiments import AsyncExperiments
from es_hybrid._async.remembered import AsyncRemembered
from es_hybrid._async.wrapper import AsyncWrapper
from es_hybrid._concurrency import async_blocking
from es_hybrid._logging import get_logger
from es_hybrid._mirrors import mirrors
from es_hybrid.errors import HybridError
from es_hybrid.experiments.definition import Experiment, Recipe
from es_hybrid.experiments.guardrails import Counts
from es_hybrid.experiments.outcomes import CREDIT, SEARCH, Outcome, Outcomes
from es_hybrid.experiments.routing import (
    assigned,
    concerns,
    credit_of,
    draft,
    from_the_top,
    with_recipe,
)
from es_hybrid.experiments.status import ExperimentStatus
from es_hybrid.query.passthrough import passthrough_reason
from es_hybrid.query.request import SearchRequest, parse_request, without_hybrid
from es_hybrid.record_file import RecordSink, sink_of
from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.types import Assigned, PassthroughReason, PlanName, Variant


class AsyncExperimentClient(AsyncWrapper):
    """Answers each shopper with the old search or the new one, always the same.

    Without a running experiment, a shopper, or words to search for, the answer is the old query's.
    Where the new search fails, the shopper gets the old one's answer, and the failure is counted.
    Where the new search's settings log, each answer is logged once, with its side; what shoppers do
    is logged by `shop.log_event`, in any process. Every other name is the wrapped client's own.

    Args:
        es: The shop's own client, which serves the old query. Never closed or changed here.
        shop: The new search; its settings say where experiments are kept.
        name: The experiment that this client follows.
        record: Path of an NDJSON file, or a function of one record: what `status` reads.
        outcomes: What shoppers did, for the revenue guardrail of this process.

    Example:
        shop = AsyncExperimentClient(es, AsyncHybridClient(es), name="pilot")
        answer = await shop.for_shopper(session_id).search(index="products", query=query)
    """

    def __init__(
        self,
        es: AsyncElasticsearch,
        shop: AsyncHybridClient,
        *,
        name: str,
        record: RecordSink | str | os.PathLike[str] | None = None,
        outcomes: Outcomes | None = None,
    ) -> None:
        settings = shop.settings.experiment
        self._es = es
        self._shop = shop
        self._name = name
        self._shopper: str | None = None
        self._write = sink_of(record)
        self._search_log = shop._toolbox.log  # noqa: SLF001
        self._log = get_logger("es_hybrid.experiment")
        patient = es.options(request_timeout=settings.timeout_s, max_retries=0)
        self._look_up = AsyncExperiments(patient, index=settings.index)
        self._remembered = AsyncRemembered[Experiment](settings, clock=time.monotonic)
        self._watch = AsyncExperimentWatch(
            AsyncExperiments(es, index=settings.index),
            name,
            every_s=settings.ttl_s,
            outcomes=outcomes,
            stopped=lambda: self._remembered.forget(name),
        )

    def for_shopper(self, shopper: str) -> Self:
        """Return a copy that searches for one shopper.

        Args:
            shopper: The id of a shopper or session. It is neither kept nor sent; a salted hash of
                it is recorded and, where `ES_HYBRID_LOG__IDS` allows it, logged.

        Example:
            answer = await shop.for_shopper(session_id).search(index="products", query=query)
        """
        twin = copy.copy(self)
        twin._shopper = shopper  # noqa: SLF001
        return twin

    @mirrors(AsyncElasticsearch.search)
    async def search(self, **arguments: Any) -> HybridResponse:
        """Search with the ranking that the shopper is given.

        Args:
            **arguments: Those of the wrapped client's `search`.

        Returns:
            The answer; `.hybrid.experiment` says which side it is from, `None` for no side.

        Raises:
            RequestError: `ext.hybrid` is wrong.
            ApiError: Elasticsearch's own, where the old query itself fails.

        Example:
            answer = await shop.for_shopper(session_id).search(index="products", query=query)
            print(answer.hybrid.experiment)
        """
        request = parse_request(arguments)
        experiment = (await self._remembered.of(self._name, self._found)).value
        begun_s = time.perf_counter()
        who = None
        if experiment is not None and self._shopper is not None:
            who = assigned(experiment, self._name, self._shopper)
        if (
            experiment is None
            or who is None
            or passthrough_reason(request) is not None
            or not concerns(experiment, request, now_s=datetime.now(UTC).timestamp())
        ):
            answer = await self._old(arguments)
            return self._search_log.searched(request, answer, started_s=begun_s)
        try:
            answer = await self._on_a_side(experiment, who, request, arguments)
        except (ApiError, TransportError):
            self._search_log.failed(request, who, started_s=begun_s)
            raise
        answer = self._search_log.searched(request, answer, started_s=begun_s)
        try:
            await self._told(who, SEARCH, 1.0)
        except Exception as error:  # noqa: BLE001 - what cannot be written must not fail a search
            self._log.warning("experiment.record_failed", error=type(error).__name__)
        return answer

    async def record(
        self,
        side: Assigned | Mapping[str, Any] | None,
        *,
        clicked: Collection[str] = (),
        **metrics: float,
    ) -> None:
        """Record what a shopper did with an answer.

        Args:
            side: The answer's `.hybrid.experiment`, or what its `to_dict` gave; `None` does nothing.
            clicked: Product ids.
            **metrics: Anything that is counted, such as `revenue=49.9`.

        Example:
            await shop.record(answer.hybrid.experiment, clicked=["p3"], revenue=49.9)
        """
        if side is None:
            return
        who = side if isinstance(side, Assigned) else Assigned.from_dict(side)
        if clicked:
            await self._told(who, "clicks", float(len(clicked)))
        if clicked and who.variant is Variant.INTERLEAVED:
            await self._told(who, CREDIT, float(credit_of(who, clicked)))
        for metric, value in metrics.items():
            await self._told(who, metric, value)

    async def look(self) -> ExperimentStatus:
        """Look at the guardrails now, which otherwise happens in the background; may stop it.

        Example:
            print(await shop.look())
        """
        return await self._watch.look()

    async def close(self) -> None:
        """End what runs in the background; both clients stay open.

        Example:
            await shop.close()
        """
        await self._watch.aclose()

    async def _found(self, name: str) -> Experiment:
        return (await self._look_up.get(name)).experiment

    async def _old(self, arguments: Mapping[str, Any]) -> HybridResponse:
        answer = await self._es.search(**without_hybrid(dict(arguments)))
        info = HybridInfo(PlanName.PASSTHROUGH, reason=PassthroughReason.SWITCHED_OFF)
        return HybridResponse(answer.body, answer.meta, info)

    async def _on_a_side(
        self,
        experiment: Experiment,
        who: Assigned,
        request: SearchRequest,
        arguments: Mapping[str, Any],
    ) -> HybridResponse:
        if who.variant is Variant.CONTROL:
            return (await self._counted(experiment, Variant.CONTROL, arguments)).on_side(who)
        if who.variant is Variant.INTERLEAVED:
            arguments = from_the_top(arguments, request)
            old = await self._counted(experiment, Variant.CONTROL, arguments)
        try:
            new = await self._counted(experiment, Variant.TREATMENT, arguments)
        except (ApiError, TransportError, HybridError):
            if who.variant is Variant.TREATMENT:
                return (await self._old(arguments)).on_side(replace(who, failed=True))
            new, who = old, replace(who, failed=True)
        if who.variant is Variant.TREATMENT:
            return new.on_side(who)
        lists = old["hits"]["hits"], new["hits"]["hits"]
        page, shown = draft(experiment, who, request, control=lists[0], treatment=lists[1])
        return new.with_hits(page).on_side(shown)

    async def _counted(
        self, experiment: Experiment, variant: Variant, arguments: Mapping[str, Any]
    ) -> HybridResponse:
        label = experiment.label(self._name)
        begun_s = time.perf_counter()
        recipe = experiment.control if variant is Variant.CONTROL else experiment.treatment
        try:
            answer = await self._with(recipe, arguments)
        except (ApiError, TransportError, HybridError):
            self._watch.count(label, variant, Counts(searches=1, errors=1))
            raise
        took_ms = 1000.0 * (time.perf_counter() - begun_s)
        slow, empty = took_ms > experiment.guardrails.slow_ms, not answer["hits"]["hits"]
        self._watch.count(
            label, variant, Counts(searches=1, slow=slow, empty=empty, took_ms=took_ms)
        )
        return answer

    async def _with(self, recipe: Recipe, arguments: Mapping[str, Any]) -> HybridResponse:
        if recipe is False:
            return await self._old(arguments)
        # Logged once, by `search`: the answer that the shopper gets, and its side.
        # It sorts the arguments itself: a recipe writes another ext.hybrid than the caller's.
        searcher = self._shop._searcher  # noqa: SLF001
        return await searcher.search(with_recipe(arguments, recipe), logged=False)

    async def _told(self, who: Assigned, metric: str, value: float) -> None:
        outcome = Outcome(who.experiment, who.variant, who.unit, metric, value)
        await async_blocking(lambda: self._write(outcome.to_dict()))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}({self._es!r}, {self._name})>"

    def _take(self, options: Mapping[str, Any]) -> None:
        super()._take(options)
        self._shop = self._shop.options(**options)
