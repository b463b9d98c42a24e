"""The answer of a search: Elasticsearch's own response, with what es_hybrid did beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from elastic_transport import ApiError, ApiResponseMeta, ObjectApiResponse

from es_hybrid.rank.parts import HitParts
from es_hybrid.respond.degrade import level_of
from es_hybrid.types import (
    Degradation,
    HitKey,
    Json,
    Level,
    PassthroughReason,
    PlanName,
    Recommendation,
    Remembered,
    Stage,
)

__all__ = ["HitView", "HybridInfo", "HybridResponse", "HybridResponses"]


@dataclass(frozen=True, slots=True)
class HybridInfo:
    """What es_hybrid did for one search.

    Attributes:
        plan: How the search was carried out.
        reason: Why the request was not touched, for a passthrough.
        reranked: How many candidates were reranked.
        added: How many hits of the total no word of the query matches.
        degraded: What the search did without, and why.
        stood_in: Whether the query's words stood in for a reranker that failed.
        instructions: The task sentence that a model was sent, by its stage, where one was.
        remembered: What came from a cache.
        timings_ms: Wall-clock milliseconds a stage.
        rules: Name and version of the rules in force, such as `default@3`; `None` without any.
        recommendation: What was recommended, and what was asked for; `None` for a search.
        order: Token of the order, where `ext.hybrid.order` asked for one; later pages send it.
        parts: For `explain`, what made each hit's score, by `(index, id)`, in the order of the page.
    """

    plan: PlanName
    reason: PassthroughReason | None = None
    reranked: int = 0
    added: int = 0
    degraded: tuple[Degradation, ...] = ()
    stood_in: bool = False
    instructions: Mapping[Stage, str] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=Remembered)
    timings_ms: Mapping[Stage, float] = field(default_factory=dict)
    rules: str | None = None
    recommendation: Recommendation | None = None
    order: str | None = None
    parts: Mapping[HitKey, HitParts] = field(default_factory=dict)

    @property
    def level(self) -> Level | None:
        """The rung of the ladder that the search stood on; `None` for a passthrough."""
        if self.plan is PlanName.PASSTHROUGH:
            return None
        if self.plan is PlanName.LEXICAL_ONLY and self.recommendation is None:
            return Level.LEXICAL
        return level_of(self.degraded, stood_in=self.stood_in)

    def to_dict(self) -> Json:
        """Return the same as JSON; part of the body where the caller sent `ext.hybrid`."""
        info: Json = {
            "plan": str(self.plan),
            "reason": None if self.reason is None else str(self.reason),
            "level": None if self.level is None else str(self.level),
            "reranked": self.reranked,
            "added": self.added,
            "degraded": [
                {"stage": str(d.stage), "reason": str(d.reason), "detail": d.detail}
                for d in self.degraded
            ],
            "instructions": {str(stage): task for stage, task in self.instructions.items()},
            "remembered": asdict(self.remembered),
            "timings_ms": {str(stage): round(ms, 3) for stage, ms in self.timings_ms.items()},
        }
        if self.rules is not None:
            info["rules"] = self.rules
        if self.recommendation is not None:
            info["recommendation"] = {
                "asked": str(self.recommendation.asked),
                "made": str(self.recommendation.made),
                "seeds": self.recommendation.seeds,
            }
        if self.order is not None:
            info["order"] = self.order
        if self.parts:
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

    def from_memory(self) -> HybridResponse:
        """Return the same answer, saying that it was made for an earlier search."""
        info = replace(self.hybrid, remembered=replace(self.hybrid.remembered, answer=True))
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
