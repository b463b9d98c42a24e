"""Many searches at once: one embedding call, one `_msearch` of all legs, one of all pages."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from elasticsearch import ApiError, AsyncElasticsearch

from es_hybrid._async.planning import plan_of
from es_hybrid._async.retrieve import AsyncRetriever, Retrieved
from es_hybrid._async.search import AsyncSearcher
from es_hybrid._async.shopper_book import compared
from es_hybrid._async.toolbox import AsyncToolbox
from es_hybrid._budget import Budget
from es_hybrid._cache import Tally
from es_hybrid._concurrency import async_map_ordered
from es_hybrid._deadline import AsyncCall
from es_hybrid._tracing import span
from es_hybrid.errors import RequestError
from es_hybrid.query.plan import Plan, in_place_of, without_vector
from es_hybrid.query.request import parse_request
from es_hybrid.query.searches import read_searches
from es_hybrid.respond.notes import Notes
from es_hybrid.response import HybridResponse, HybridResponses, event_of, joined
from es_hybrid.stages import (
    NO_CANDIDATES,
    Candidates,
    body_of,
    candidates_of,
    final_order,
    fitting,
    own_vector,
    ranking_of,
    response_of,
    texts_of,
    words_instead,
)
from es_hybrid.types import Degradation, Stage, Vector

_CALLS_AT_ONCE = 4
_PAGES_AT_ONCE = 8


@dataclass(slots=True)
class Job:
    """One of the searches, on its way.

    Attributes:
        arguments: As `search` takes them.
        plan: What is done; a lack found on the way changes it.
        notes: Times and degradations.
        vector: The query's vector.
        legs: What Elasticsearch answered; `None` where it failed.
        candidates: All hits that take part.
        reranked: Rerank scores by place.
    """

    arguments: Mapping[str, Any]
    plan: Plan
    notes: Notes
    vector: Vector | None = None
    legs: Retrieved | None = None
    candidates: Candidates = NO_CANDIDATES
    reranked: dict[int, float] | None = None

    @property
    def alone(self) -> bool:
        """Whether nothing of the search can be done together with others."""
        plan = self.plan
        return plan.passthrough is not None or plan.untouched or plan.token is not None


class AsyncManySearcher:
    """Runs the searches of one `msearch`.

    Args:
        es: The shop's own client.
        toolbox: What all copies of the client share.
        searcher: Makes the searches that go alone, and shares its steps.
    """

    def __init__(
        self, es: AsyncElasticsearch, toolbox: AsyncToolbox, searcher: AsyncSearcher
    ) -> None:
        self._es = es
        self._tools = toolbox
        self._searcher = searcher
        self._retriever = AsyncRetriever(es)

    async def msearch(self, arguments: Mapping[str, Any]) -> HybridResponses:
        """Answer one call of `msearch`; see `AsyncHybridClient.msearch`."""
        searches = read_searches(arguments)
        if not searches:
            answer = await self._es.msearch(**arguments)
            infos = [None] * len(answer.body.get("responses", ()))
            return HybridResponses(answer.body, answer.meta, infos)
        with span("msearch") as current:
            current.note(lambda: {"searches": len(searches)})
            return await self._run(searches)

    async def _run(self, searches: Sequence[Mapping[str, Any]]) -> HybridResponses:
        started = time.perf_counter()
        jobs = [await self._job(place, search) for place, search in enumerate(searches)]
        together = [job for job in jobs if not job.alone]
        budget = Budget(max((job.plan.budget_s for job in together), default=0.0), time.monotonic())
        with span(Stage.EMBED.value):
            await self._embed(together, budget)
        with span(Stage.RETRIEVE.value):
            await self._legs(together)
        with span(Stage.RERANK.value):
            await self._rerank(together, budget)
        async with aclosing(async_map_ordered(self._answer, jobs, limit=_PAGES_AT_ONCE)) as answers:
            responses = [answer async for answer in answers]
        return joined(responses, took_ms=(time.perf_counter() - started) * 1000.0)

    async def _job(self, place: int, search: Mapping[str, Any]) -> Job:
        notes = Notes(time.perf_counter, span)
        try:
            return Job(
                search, await plan_of(self._es, self._tools, parse_request(search), notes), notes
            )
        except RequestError as error:
            raise error.inside(f"searches.{2 * place + 1}") from None

    async def _embed(self, jobs: Sequence[Job], budget: Budget) -> None:
        """Embed each different text once, all of one task in one call."""
        tasks: dict[str | None, dict[str, list[Job]]] = {}
        for job in jobs:
            job.vector = own_vector(job.plan)
            if job.plan.vector is not None and job.vector is None:
                waiting = tasks.setdefault(job.plan.embed_instruction, {})
                waiting.setdefault(job.plan.request.text or "", []).append(job)

        async def embed(task: str | None) -> None:
            await self._embed_as(task, tasks[task], budget)

        await self._each(embed, tasks)

    async def _embed_as(
        self, task: str | None, waiting: Mapping[str, Sequence[Job]], budget: Budget
    ) -> None:
        strict = any(job.plan.raise_errors for same in waiting.values() for job in same)
        tallies = [Tally() for _ in waiting]
        rows = await self._tools.embed(
            list(waiting), instruction=task, budget=budget, raise_errors=strict, tallies=tallies
        )
        for tally, same in zip(tallies, waiting.values(), strict=True):
            for job in same:
                job.notes.vectors = tally
        for place, same in enumerate(waiting.values()):
            for job in same:
                vector = rows if isinstance(rows, Degradation) else fitting(rows[place], job.plan)
                if isinstance(vector, Degradation):
                    job.notes.degraded(vector)
                    job.plan = without_vector(job.plan)
                else:
                    job.vector = vector

    async def _legs(self, jobs: Sequence[Job]) -> None:
        """Fetch all candidates in one trip."""
        if not jobs:
            return
        server = await self._tools.schemas.server(self._es)
        searches = [(job.plan, job.vector) for job in jobs]
        found = await self._retriever.many_legs(searches, server)
        for job, legs in zip(jobs, found, strict=True):
            if not isinstance(legs, Retrieved):
                continue
            job.legs = legs
            self._searcher.note_legs(job.plan, legs, job.notes)
            if legs.replaced:
                job.plan = in_place_of(job.plan)
            fusers = self._tools.fusers(job.plan)
            job.candidates = candidates_of(
                job.plan,
                legs.lexical,
                legs.semantic,
                legs.codes,
                fusers,
                pins=legs.pins.hits,
            )

    async def _rerank(self, jobs: Sequence[Job], budget: Budget) -> None:
        """Rerank with one call for each different query and instruction."""
        groups: dict[tuple[str, str | None], list[Job]] = {}
        for job in jobs:
            if job.plan.rerank and not job.plan.inference and job.candidates.hits:
                key = (job.plan.request.text or "", job.plan.rerank.instruction)
                groups.setdefault(key, []).append(job)

        async def rerank(same: Sequence[Job]) -> None:
            await self._rerank_together(same, budget)

        await self._each(rerank, groups.values())

    @staticmethod
    async def _each(work: AsyncCall[Any, None], items: Iterable[Any]) -> None:
        """Do the same for each, several at a time."""
        async with aclosing(async_map_ordered(work, items, limit=_CALLS_AT_ONCE)) as done:
            async for _ in done:
                pass

    async def _rerank_together(self, jobs: Sequence[Job], budget: Budget) -> None:
        texts = [await self._texts(job) for job in jobs]
        for job, own in zip(jobs, texts, strict=True):
            job.candidates = replace(job.candidates, texts=own)
        first = jobs[0].plan
        scores = await self._tools.rerank(
            first.request.text or "",
            [text for each in texts for text in each.values()],
            instruction=first.rerank.instruction if first.rerank else None,
            budget=budget,
            raise_errors=any(job.plan.raise_errors for job in jobs),
            tallies=[job.notes.scores for job, each in zip(jobs, texts, strict=True) for _ in each],
        )
        begin = 0
        for job, own in zip(jobs, texts, strict=True):
            if isinstance(scores, Degradation):
                job.notes.degraded(scores)
                job.candidates = words_instead(job.plan, job.candidates, own, job.notes)
                continue
            job.reranked = dict(zip(own, scores[begin : begin + len(own)], strict=True))
            begin += len(own)

    async def _texts(self, job: Job) -> dict[int, str]:
        if job.plan.rerank is None:
            return {}
        keys = job.candidates.best(job.plan.rerank.top)
        sources = await self._retriever.sources(job.plan, list(keys.values()))
        return texts_of(job.plan, keys, sources, self._tools.settings, job.notes)

    async def _answer(self, job: Job) -> HybridResponse | ApiError:
        try:
            if job.legs is None:
                return await self._searcher.search(job.arguments)
            return await self._page(job, job.legs, job.candidates)
        except ApiError as error:
            return error

    async def _page(self, job: Job, legs: Retrieved, candidates: Candidates) -> HybridResponse:
        tools = self._tools
        job.plan = await compared(self._retriever, job.plan, candidates, job.notes)
        now_s = tools.wall_clock()
        ranking = ranking_of(
            job.plan, candidates, job.reranked, tools.settings, now_s=now_s, notes=job.notes
        )
        if job.plan.policies.reorder:
            ranking = await self._searcher.ruled(
                job.plan, candidates, ranking, job.notes, now_s=now_s
            )
        order = final_order(job.plan, candidates, ranking)
        with job.notes.timing(Stage.FETCH):
            page = await self._retriever.page(job.plan, order)
            later = job.plan.counts_later
            facets = await self._retriever.facets(job.plan, order) if later else None
        body = body_of(job.plan, legs.lexical, order, page, job.notes, facets=facets)
        response = response_of(
            job.plan,
            body,
            legs.meta,
            job.notes,
            ranking=ranking,
            order=order,
            logged=tools.log.wants_parts,
        )
        took_ms = job.notes.took_ms()
        tools.tell(event_of(response, took_ms=took_ms))
        if not tools.log.is_on:
            return response
        started_s = time.perf_counter() - took_ms / 1000.0
        return tools.log.searched(job.plan.request, response, started_s=started_s)
