"""The answer of a search: Elasticsearch's own response, with what es_hybrid did beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from elastic_transport import ApiError, ApiResponseMeta, ObjectApiResponse

from es_hybrid.protocols import SearchDone
from es_hybrid.rank.parts import HitParts
from es_hybrid.respond.degrade import level_of
from es_hybrid.types import (
    Assigned,
    Degradation,
    HitKey,
    Json,
    Level,
    PassthroughReason,
    PlanName,
    Recommendation,
    Remembered,
    Stage,
    UsedWeights,
)

__all__ = ["HitView", "HybridInfo", "HybridResponse", "HybridResponses", "event_of", "joined"]


@dataclass(frozen=True, slots=True)
class HybridInfo:
    """What es_hybrid did for one search.

    Attributes:
        plan: How the search was carried out.
        reason: Why the request was not touched, for a passthrough.
        reranked: How many candidates were reranked.
        added: How many hits of the total no word of the query matches.
        explored: Ids of the page's new products that were given their place; a click or a sale there
            says less of relevance than elsewhere.
        degraded: What the search did without, and why.
        stood_in: Whether the query's words stood in for a reranker that failed.
        cut_texts: Products whose text is longer than `ES_HYBRID_RERANK__MAX_TOKENS`: the reranker
            reads its beginning, cut at a sentence end.
        instructions: The task sentence that a model was sent, by its stage, where one was.
        remembered: What came from a cache.
        timings_ms: Wall-clock milliseconds per stage.
        weights: How much each leg and the reranker counted, and what said so; `None` where one leg
            or Elasticsearch itself decided.
        rules: Name and version of the rules in force, such as `default@3`; `None` without any.
        recommendation: What was recommended, and what was asked for; `None` for a search.
        learned: Version of the learned model that took part; `None` where the untrained order stands.
        order: Token of the order, where `ext.hybrid.order` asked for one; later pages send it.
        experiment: Which side of an experiment the answer is from; `None` for no side.
        parts: For `explain`, and where the search is logged, what made each hit's score, by
            `(index, id)`, in the order of the page.
        explained: Whether the caller asked for the parts.
        query_id: What logged events refer to; `None` where the search is not logged.
    """

    plan: PlanName
    reason: PassthroughReason | None = None
    reranked: int = 0
    added: int = 0
    explored: tuple[str, ...] = ()
    degraded: tuple[Degradation, ...] = ()
    stood_in: bool = False
    cut_texts: int = 0
    instructions: Mapping[Stage, str] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=Remembered)
    timings_ms: Mapping[Stage, float] = field(default_factory=dict)
    weights: UsedWeights | None = None
    rules: str | None = None
    recommendation: Recommendation | None = None
    learned: str | None = None
    order: str | None = None
    experiment: Assigned | None = None
    parts: Mapping[HitKey, HitParts] = field(default_factory=dict)
    explained: bool = True
    query_id: str | None = None

    @property
    def level(self) -> Level | None:
        """The rung of the ladder that the search stood on; `None` for a passthrough."""
        if self.plan is PlanName.PASSTHROUGH:
            return None
        if self.plan is PlanName.LEXICAL_ONLY and self.recommendation is None:
            return Level.LEXICAL
        return level_of(self.degraded, stood_in=self.stood_in)

    def traits(self) -> dict[str, str | bool | int | tuple[str, ...] | None]:
        """Return what a trace says of the search: names and counts, nothing that was typed."""
        return {
            "plan": str(self.plan),
            "passthrough": None if self.reason is None else str(self.reason),
            "level": None if self.level is None else str(self.level),
            "degraded": tuple(f"{each.stage}:{each.reason}" for each in self.degraded) or None,
            "reranked": self.reranked,
            "cut_texts": self.cut_texts,
            "remembered": self.remembered.answer,
        }

    def to_dict(self) -> Json:
        """Return the same as JSON; part of the body where the caller sent `ext.hybrid`."""
        info: Json = {
            "plan": str(self.plan),
            "reason": None if self.reason is None else str(self.reason),
            "level": None if self.level is None else str(self.level),
            "reranked": self.reranked,
            "added": self.added,
            "cut_texts": self.cut_texts,
            "degraded": [
                {"stage": str(d.stage), "reason": str(d.reason), "detail": d.detail}
                for d in self.degraded
            ],
            "instructions": {str(stage): task for stage, task in self.instructions.items()},
            "remembered": self.remembered.to_dict(),
            "timings_ms": {str(stage): round(ms, 3) for stage, ms in self.timings_ms.items()},
        }
        if self.weights is not None:
            info["weights"] = self.weights.to_dict()
        if self.rules is not None:
            info["rules"] = self.rules
        if self.recommendation is not None:
            info["recommendation"] = {
                "asked": str(self.recommendation.asked),
                "made": str(self.recommendation.made),
                "seeds": self.recommendation.seeds,
            }
        if self.explored:
            info["explored"] = list(self.explored)
        if self.learned is not None:
            info["learned"] = self.learned
        if self.order is not None:
            info["order"] = self.order
        if self.experiment is not None:
            info["experiment"] = self.experiment.to_dict()
        if self.query_id is not None:
            info["query_id"] = self.query_id
        if self.parts and self.explained:
            info["explain"] = [
                {"_id": part.hit.id, **part.to_dict()} for part in self.parts.values()
            ]
        return info


@dataclass(frozen=True, slots=True)
class HitView:
    """One hit, typed.

    Attributes:
        index: Concrete index.
        id: Document id.
        score: Final score.
        source: The document, as far as the caller asked for it.
        raw: The hit as it stands in the body.
    """

    index: str
    id: str
    score: float | None
    source: Mapping[str, Any]
    raw: Mapping[str, Any]


class HybridResponses(ObjectApiResponse[Any]):
    """The answer of `msearch`: Elasticsearch's own shape, and what was done for each search."""

    def __init__(
        self, body: Any, meta: ApiResponseMeta, hybrid: Sequence[HybridInfo | None]
    ) -> None:
        super().__init__(body=body, meta=meta)
        object.__setattr__(self, "_hybrid", tuple(hybrid))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.body, self.meta, self.hybrid)

    @property
    def hybrid(self) -> tuple[HybridInfo | None, ...]:
        """One a search, in order; `None` where it failed."""
        infos: tuple[HybridInfo | None, ...] = object.__getattribute__(self, "_hybrid")
        return infos


class HybridResponse(ObjectApiResponse[Any]):
    """Behaves as Elasticsearch's response, and knows what was done.

    Example:
        >>> from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig
        >>> meta = ApiResponseMeta(200, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "es", 9200))
        >>> info = HybridInfo(PlanName.MSEARCH_FUSION)
        >>> response = HybridResponse({"hits": {"hits": []}}, meta, info)
        >>> response["hits"]["hits"], response.hybrid.plan.value
        ([], 'msearch_fusion')
    """

    def __init__(self, body: Any, meta: ApiResponseMeta, hybrid: HybridInfo) -> None:
        super().__init__(body=body, meta=meta)
        # ApiResponse hands unknown attributes on to its body, hence the direct way.
        object.__setattr__(self, "_hybrid", hybrid)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.body, self.meta, self.hybrid)

    @property
    def hybrid(self) -> HybridInfo:
        """What es_hybrid did for this search."""
        info: HybridInfo = object.__getattribute__(self, "_hybrid")
        return info

    def on_side(self, side: Assigned) -> HybridResponse:
        """Return the same answer, saying which side of an experiment it is from."""
        return self.with_info(replace(self.hybrid, experiment=side))

    def with_hits(self, hits: Sequence[Json]) -> HybridResponse:
        """Return the same answer with other hits on its page."""
        body = {**self.body, "hits": {**self.body["hits"], "hits": list(hits)}}
        return HybridResponse(body, self.meta, self.hybrid)

    def from_memory(self) -> HybridResponse:
        """Return the same answer, saying that it was made for an earlier search."""
        return self.with_info(
            replace(self.hybrid, remembered=replace(self.hybrid.remembered, answer=True))
        )

    def with_info(self, info: HybridInfo) -> HybridResponse:
        """Return the same answer, saying something else of what was done."""
        body = self.body
        if "hybrid" in (body.get("ext") or {}):
            body = {**body, "ext": {**body["ext"], "hybrid": info.to_dict()}}
        return HybridResponse(body, self.meta, info)

    @property
    def hits(self) -> tuple[HitView, ...]:
        """The page's hits, typed; `resp["hits"]["hits"]` holds them as they came."""
        return tuple(
            HitView(
                index=hit.get("_index", ""),
                id=hit.get("_id", ""),
                score=hit.get("_score"),
                source=hit.get("_source", {}),
                raw=hit,
            )
            for hit in self.body.get("hits", {}).get("hits", ())
        )

    @property
    def total(self) -> int | None:
        """Matching hits; `None` where counting was switched off."""
        total = self.body.get("hits", {}).get("total")
        if isinstance(total, Mapping):
            return int(total["value"])
        return None if total is None else int(total)


def joined(responses: Sequence[HybridResponse | ApiError], *, took_ms: float) -> HybridResponses:
    """Return the answers of several searches in the shape of `_msearch`.

    Args:
        responses: One a search, at least one; a failed one is the exception it would have raised.
        took_ms: Wall-clock milliseconds of all.
    """
    bodies = [
        {"error": each.body.get("error", {}), "status": each.meta.status}
        if isinstance(each, ApiError)
        else {**each.body, "status": 200}
        for each in responses
    ]
    infos = [None if isinstance(each, ApiError) else each.hybrid for each in responses]
    return HybridResponses({"took": round(took_ms), "responses": bodies}, responses[0].meta, infos)


def event_of(response: HybridResponse, *, took_ms: float) -> SearchDone:
    """Return what a metrics hook is told; of an answer that was given again, no stage took part."""
    info = response.hybrid
    again = info.remembered.answer
    return SearchDone(
        plan=info.plan,
        took_ms=took_ms,
        timings_ms={} if again else info.timings_ms,
        degraded=info.degraded,
        level=info.level,
        remembered=Remembered(answer=True) if again else info.remembered,
        explored=info.explored,
        recommended=info.recommendation.made if info.recommendation else None,
        total=response.total,
        returned=len(response.body.get("hits", {}).get("hits", ())),
    )
