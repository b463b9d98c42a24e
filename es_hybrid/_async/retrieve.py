"""Everything a search asks of Elasticsearch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from elastic_transport import ApiResponseMeta, ObjectApiResponse
from elasticsearch import ApiError, AsyncElasticsearch, AuthorizationException, BadRequestError
from elasticsearch.exceptions import HTTP_EXCEPTIONS

from es_hybrid.preview import CandidateRequest, candidate_request, counting_request
from es_hybrid.query.fetch import fetch_params, groups_body, page_body, rest_body, text_body
from es_hybrid.query.legs import Server
from es_hybrid.query.plan import Plan, without_vector
from es_hybrid.query.request import SearchRequest
from es_hybrid.rank.order import Order
from es_hybrid.respond.answer import below, in_order, with_inner_hits
from es_hybrid.respond.degrade import failed_leg
from es_hybrid.types import Degradation, HitKey, Json, LegName, LegResult, PlanName, Vector
from es_hybrid.wire.msearch import read_leg, read_native

_NDJSON = {"accept": "application/json", "content-type": "application/x-ndjson"}


@dataclass(frozen=True, slots=True)
class Retrieved:
    """Both legs as they came back.

    Attributes:
        lexical: The BM25 leg, never failed.
        semantic: The kNN leg; empty where there was none, or it failed.
        codes: Products found by exact code; empty where none was asked for.
        meta: Of the HTTP answer.
        lack: What Elasticsearch could not do of the plan.
        refused: The plan that it refused as a whole, for its licence or its version.
    """

    lexical: LegResult
    semantic: LegResult
    codes: LegResult
    meta: ApiResponseMeta
    lack: Degradation | None = None
    refused: PlanName | None = None


class AsyncRetriever:
    """Sends a plan's requests through the caller's client, which is never changed.

    Args:
        es: The shop's own client, or an `options()` copy of it.
    """

    def __init__(self, es: AsyncElasticsearch) -> None:
        self._es = es

    async def passthrough(self, request: SearchRequest) -> ObjectApiResponse[Any]:
        """Send a request as it came, without `ext.hybrid`."""
        return await self._es.search(**request.arguments)

    async def legs(self, plan: Plan, vector: Vector | None, server: Server) -> Retrieved:
        """Fetch the candidates in one trip.

        Raises:
            ApiError: The lexical leg failed; the class is the one `es.search` would have raised.
        """
        try:
            legs, meta = await self._msearch(candidate_request(plan, vector, server), plan)
        except (BadRequestError, AuthorizationException) as error:
            if vector is None:
                raise
            # One leg that cannot be parsed fails them all.
            reason = {"type": str(error.error)}
            refusal = LegResult(LegName.LEXICAL, error=reason, status=error.status_code)
            legs, meta = {LegName.LEXICAL: refusal}, error.meta
        failed = next((leg for leg in legs.values() if leg.error is not None), None)
        if plan.may_be_refused and legs[LegName.LEXICAL].status in {400, 403}:
            retry = await self.legs(replace(plan, name=PlanName.MSEARCH_FUSION), vector, server)
            return replace(retry, refused=plan.name)
        if legs[LegName.LEXICAL].error is not None and vector is not None:
            # The vector may be at fault: a cluster can forbid scripts. Lexical search must go on.
            bare = candidate_request(without_vector(plan), None, server)
            legs, meta = await self._msearch(bare, plan)
        lexical = legs[LegName.LEXICAL]
        if lexical.error is not None:
            raise api_error(lexical, meta)
        return Retrieved(
            lexical,
            legs.get(LegName.SEMANTIC, LegResult(LegName.SEMANTIC)),
            legs.get(LegName.CODE, LegResult(LegName.CODE)),
            meta,
            failed_leg(failed) if failed is not None else None,
        )

    async def sources(self, plan: Plan, keys: Sequence[HitKey]) -> Mapping[HitKey, Json]:
        """Fetch what the reranker reads, by key; a deleted document is missing."""
        found = await self._hits(plan, text_body(plan, keys))
        return {(hit["_index"], hit["_id"]): hit["_source"] for hit in found}

    async def counts(self, plan: Plan) -> tuple[LegResult, ApiResponseMeta]:
        """Ask for totals, aggregations and suggestions alone: the order is known.

        Raises:
            ApiError: Elasticsearch's own.
        """
        legs, meta = await self._msearch(counting_request(plan), plan)
        lexical = legs[LegName.LEXICAL]
        if lexical.error is not None:
            raise api_error(lexical, meta)
        return lexical, meta

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
        # The client's own msearch() cannot ask for named scores before 9.x, and would encode the
        # lines a second time.
        answer = await self._es.perform_request(
            "POST",
            request.path,
            params=request.params,
            headers=_NDJSON,
            body=request.lines,
            endpoint_id="msearch",
            path_parts={"index": plan.request.index or ""},
        )
        if not isinstance(answer, ObjectApiResponse) or "responses" not in answer.body:
            raise ApiError("unexpected answer to _msearch", meta=answer.meta, body=answer.body)
        read = read_native if request.native else read_leg
        pairs = zip(request.legs, answer["responses"], strict=True)
        legs = {leg: read(leg, each, id_field=plan.id_field) for leg, each in pairs}
        return legs, answer.meta


def api_error(leg: LegResult, meta: ApiResponseMeta) -> ApiError:
    """Return the exception that `es.search` would have raised for a failed search."""
    error = leg.error or {}
    kind = HTTP_EXCEPTIONS.get(leg.status, ApiError)
    body = {"error": error, "status": leg.status}
    return kind(
        message=str(error.get("type", "search failed")),
        meta=replace(meta, status=leg.status),
        body=body,
    )
