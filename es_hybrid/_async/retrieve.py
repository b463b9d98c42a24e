"""Everything a search asks of Elasticsearch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from elastic_transport import ApiResponseMeta, ObjectApiResponse
from elasticsearch import ApiError, AsyncElasticsearch, TransportError
from elasticsearch.exceptions import HTTP_EXCEPTIONS

from es_hybrid.last_mile import vectors_in
from es_hybrid.preview import CandidateRequest, bare_arguments, candidate_request, counting_request
from es_hybrid.query.capabilities import Server
from es_hybrid.query.fetch import (
    cosines_body,
    facets_body,
    fetch_params,
    groups_body,
    page_body,
    rest_body,
    text_body,
    vectors_body,
)
from es_hybrid.query.plan import Plan, in_place_of, without_vector
from es_hybrid.rank.order import Order
from es_hybrid.respond.answer import below, in_order, with_inner_hits
from es_hybrid.respond.degrade import failed_inference, failed_leg, failed_nearness, failed_vectors
from es_hybrid.types import Degradation, HitKey, Json, LegName, LegResult, PlanName, Vector
from es_hybrid.wire.msearch import read_leg, read_native

_FAULTS_OF_A_REQUEST = frozenset({400, 403, 404, 500})
"""Statuses that a request can bring on itself: another one may do, or the bare one says why."""

_NDJSON = {"accept": "application/json", "content-type": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Both legs as they came back.

    Attributes:
        lexical: The BM25 leg, never failed.
        semantic: The kNN leg; empty where there was none, or it failed.
        codes: Products found by exact code; empty where none was asked for.
        pins: Pinned products that the filters let through; empty where no rule pins any.
        meta: Of the HTTP answer.
        lack: What Elasticsearch could not do of the plan.
        refused: The plan that it refused as a whole, for its licence or its version.
        replaced: Whether the fused plan took the place of the one that was asked for.
    """

    lexical: LegResult
    semantic: LegResult
    codes: LegResult
    pins: LegResult
    meta: ApiResponseMeta
    lack: Degradation | None = None
    refused: PlanName | None = None
    replaced: bool = False

    @classmethod
    def of(cls, legs: Mapping[LegName, LegResult], meta: ApiResponseMeta) -> Self:
        """Return what came back of a search whose lexical leg did not fail."""
        failed = next((leg for leg in legs.values() if leg.error is not None), None)
        return cls(
            legs[LegName.LEXICAL],
            legs.get(LegName.SEMANTIC, LegResult(LegName.SEMANTIC)),
            legs.get(LegName.CODE, LegResult(LegName.CODE)),
            legs.get(LegName.PIN, LegResult(LegName.PIN)),
            meta,
            failed_leg(failed) if failed is not None else None,
        )


class AsyncRetriever:
    """Sends a plan's requests through the caller's client, which is never changed.

    Args:
        es: The shop's own client, or an `options()` copy of it.
    """

    def __init__(self, es: AsyncElasticsearch) -> None:
        self._es = es

    async def bare(self, plan: Plan) -> ObjectApiResponse[Any]:
        """Send a request as it came, without `ext.hybrid`.

        Raises:
            ApiError: Elasticsearch's own, as the bare client raises it.
        """
        return await self._es.search(**bare_arguments(plan))

    async def legs(
        self, plan: Plan, vector: Vector | None, server: Server
    ) -> Retrieved | LegResult:
        """Fetch the candidates in one trip.

        Returns:
            The legs, or the lexical leg that failed for what the request says.

        Raises:
            ApiError: The cluster is busy or refuses the caller; asking again would not help.
        """
        request = candidate_request(plan, vector, server)
        try:
            legs, meta = await self._msearch(request, plan)
        except ApiError as error:
            if error.status_code not in _FAULTS_OF_A_REQUEST:
                raise
            # One leg that cannot be parsed fails them all.
            legs, meta = unparsed(error), error.meta
        lexical = legs[LegName.LEXICAL]
        if lexical.error is None:
            return Retrieved.of(legs, meta)
        # An inference endpoint fails with any status, whatever the cluster can do without it.
        if lexical.status not in _FAULTS_OF_A_REQUEST and plan.inference is None:
            raise api_error(lexical, meta)
        if vector is None:
            return lexical
        if plan.inference is not None or (plan.by_retriever and lexical.status in {400, 403}):
            return await self._legs_instead(plan, lexical, vector, server)
        # The vector may be at fault: a cluster can forbid scripts. Lexical search must go on.
        retry = await self.legs(without_vector(plan), None, server)
        return retry if isinstance(retry, LegResult) else replace(retry, lack=failed_leg(lexical))

    async def _legs_instead(
        self, plan: Plan, failed: LegResult, vector: Vector, server: Server
    ) -> Retrieved | LegResult:
        """Fetch the candidates of the fused plan, where Elasticsearch could not do another one."""
        legs = await self.legs(in_place_of(plan), vector, server)
        if isinstance(legs, LegResult):
            return legs
        # An endpoint's own failure is another matter next time.
        if failed.status in {400, 403} and (failed.error or {}).get("type") != "status_exception":
            return replace(legs, refused=plan.name, replaced=True)
        return replace(legs, lack=failed_inference(failed), replaced=True)

    async def many_legs(
        self, searches: Sequence[tuple[Plan, Vector | None]], server: Server
    ) -> list[Retrieved | LegResult]:
        """Fetch the candidates of several searches in one trip; each fails by itself."""
        requests = [candidate_request(plan, vector, server) for plan, vector in searches]
        params = {name: value for each in requests for name, value in each.params.items()}
        lines = b"".join(each.indexed_lines for each in requests)
        try:
            answer = await self._send("/_msearch", params, lines, index="")
        except ApiError as error:
            if error.status_code not in _FAULTS_OF_A_REQUEST:
                raise
            # One that cannot be parsed fails them all: each for itself, then.
            return [await self.legs(plan, vector, server) for plan, vector in searches]
        responses = iter(answer["responses"])
        found: list[Retrieved | LegResult] = []
        for (plan, vector), each in zip(searches, requests, strict=True):
            legs = read_legs(each, [next(responses) for _ in each.searches], plan)
            failed = legs[LegName.LEXICAL].error is not None
            found.append(
                await self.legs(plan, vector, server) if failed else Retrieved.of(legs, answer.meta)
            )
        return found

    async def sources(self, plan: Plan, keys: Sequence[HitKey]) -> Mapping[HitKey, Json]:
        """Fetch what the reranker reads, by key; a deleted document is missing."""
        found = await self._hits(plan, text_body(plan, keys))
        return {(hit["_index"], hit["_id"]): hit["_source"] for hit in found}

    async def vectors(
        self, plan: Plan, keys: Sequence[HitKey]
    ) -> dict[HitKey, Vector] | Degradation:
        """Fetch stored vectors, by key; a product without one is missing."""
        body = vectors_body(plan, keys)
        try:
            return vectors_in(await self._hits(plan, body), body["fields"][0])
        except ApiError as error:
            return failed_vectors(error.error)

    async def cosines(
        self, plan: Plan, keys: Sequence[HitKey], direction: Vector
    ) -> dict[HitKey, float] | Degradation:
        """Return how near candidates' vectors are to a direction; one without a vector is missing."""
        try:
            found = await self._hits(plan, cosines_body(plan, keys, direction))
        except (ApiError, TransportError) as error:
            return failed_nearness(getattr(error, "error", type(error).__name__))
        return {(hit["_index"], hit["_id"]): hit["_score"] - 1.0 for hit in found}

    async def counts(self, plan: Plan) -> Retrieved | LegResult:
        """Ask for totals, aggregations and suggestions alone: the order is known."""
        try:
            legs, meta = await self._msearch(counting_request(plan), plan)
        except ApiError as error:
            if error.status_code not in _FAULTS_OF_A_REQUEST:
                raise
            return unparsed(error)[LegName.LEXICAL]
        failed = legs[LegName.LEXICAL].error is not None
        return legs[LegName.LEXICAL] if failed else Retrieved.of(legs, meta)

    async def facets(self, plan: Plan, order: Order) -> Json:
        """Count the aggregations over the candidates alone."""
        if not order.keys:
            return {}
        body = facets_body(plan, order.keys)
        params = dict(fetch_params(plan))
        if "typed_keys" in plan.request.params:
            params["typed_keys"] = plan.request.params["typed_keys"]
        answer = await self._es.search(index=plan.request.index, body=body, **params)
        counted: Json = answer.body.get("aggregations", {})
        return counted

    async def page(self, plan: Plan, order: Order) -> list[Json]:
        """Fetch one page's hits in their final order, past the candidates in lexical order."""
        from_, size = plan.request.from_, plan.request.size
        ranked = order.page(from_, size)
        page: list[Json] = []
        if ranked:
            found = await self._hits(plan, page_body(plan, [key for key, _ in ranked]))
            page = in_order(found, ranked)
        if len(ranked) < size and order.continues:
            skip = max(0, from_ - len(order.scores))
            rest = rest_body(plan, order.keys, order.groups, from_=skip, size=size - len(ranked))
            page += below(await self._hits(plan, rest), order.lowest_score)
        groups = groups_body(plan, page)
        if groups is None:
            return page
        return with_inner_hits(page, await self._hits(plan, groups), groups["collapse"]["field"])

    async def _hits(self, plan: Plan, body: Json) -> list[Json]:
        answer = await self._es.search(index=plan.request.index, body=body, **fetch_params(plan))
        hits: list[Json] = answer["hits"]["hits"]
        return hits

    async def _msearch(
        self, request: CandidateRequest, plan: Plan
    ) -> tuple[dict[LegName, LegResult], ApiResponseMeta]:
        answer = await self._send(request.path, request.params, request.lines, index=request.index)
        return read_legs(request, answer["responses"], plan), answer.meta

    async def _send(
        self, path: str, params: Mapping[str, str], lines: bytes, *, index: str
    ) -> ObjectApiResponse[Any]:
        # The client's own msearch() cannot ask for named scores before 9.x, and would encode the
        # lines a second time.
        answer = await self._es.perform_request(
            "POST",
            path,
            params=params,
            headers=_NDJSON,
            body=lines,
            endpoint_id="msearch",
            path_parts={"index": index},
        )
        if not isinstance(answer, ObjectApiResponse) or "responses" not in answer.body:
            raise ApiError("unexpected answer to _msearch", meta=answer.meta, body=answer.body)
        return answer


def api_error(leg: LegResult, meta: ApiResponseMeta) -> ApiError:
    """Return the exception that `es.search` would have raised for a failed search."""
    kind = HTTP_EXCEPTIONS.get(leg.status, ApiError)
    error = leg.error or {}
    return kind(
        message=str(error.get("type", "search failed")),
        meta=replace(meta, status=leg.status),
        body={"error": error, "status": leg.status},
    )


def read_legs(
    request: CandidateRequest, responses: Sequence[Json], plan: Plan
) -> dict[LegName, LegResult]:
    """Read the legs of one search."""
    read = read_native if request.native else read_leg
    pairs = zip(request.searches, responses, strict=True)
    id_field, kept = plan.id_field, plan.shown is not None
    return {leg: read(leg, each, id_field=id_field, documents=kept) for (leg, _), each in pairs}


def unparsed(error: ApiError) -> dict[LegName, LegResult]:
    """Return a search that Elasticsearch refused as a whole as a failed lexical leg."""
    reason = {"type": str(error.message)}
    return {LegName.LEXICAL: LegResult(LegName.LEXICAL, error=reason, status=error.status_code)}
