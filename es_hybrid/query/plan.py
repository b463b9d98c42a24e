"""What a search is going to do: the plan and its parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from es_hybrid.policies import NO_POLICIES, Policies
from es_hybrid.protocols import Boost, LearnedRanking
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import VectorField
from es_hybrid.types import (
    Degradation,
    FusionOptions,
    Json,
    PassthroughReason,
    PlanName,
    Recommendation,
    Stage,
    UsedWeights,
)

RETRIEVER_PLANS = frozenset(
    {PlanName.NATIVE_LINEAR, PlanName.NATIVE_RRF, PlanName.TEXT_SIMILARITY_RERANKER}
)
"""Plans that need a paid licence; each is a compound retriever."""


@dataclass(frozen=True, slots=True)
class RerankPlan:
    """What is shown to the reranker, and what its scores weigh."""

    top: int
    fields: tuple[str, ...]
    instruction: str | None
    blend: float
    chosen_by: str = "model"
    """What the blend comes from; see `FusionOptions.chosen_by`."""
    product_template: str | None = None
    """Lines with fields in braces; `None` joins the fields."""
    stand_in: bool = False
    """Whether the query's words order the candidates where the reranker fails."""


@dataclass(frozen=True, slots=True)
class InferencePlan:
    """Reranking by Elasticsearch itself.

    Attributes:
        endpoint: `inference_id` of a rerank endpoint.
        field: What it is shown of each product; the retriever takes one field.
        window: Candidates per leg of the fused plan, should that one take its place.
    """

    endpoint: str
    field: str
    window: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One search, decided.

    Attributes:
        name: How Elasticsearch is asked.
        request: What the caller sent.
        query: The lexical leg's query.
        passthrough: Why the request is not touched, `None` where it is.
        window: Candidates per leg.
        num_candidates: HNSW candidates per shard.
        vector: Field of the semantic leg, `None` without one.
        embed_instruction: The task of the query's vector; `None`: the embedder's own.
        filter: What every semantic hit must satisfy.
        code_query: Finds products by the exact codes in the query, `None` where there are none.
        fusion: How legs become one list.
        min_similarity: Cosine floor of semantic-only hits.
        rerank: What is reranked, `None` where nothing is.
        inference: What Elasticsearch reranks itself, `None` where it does not.
        boosts: Business factors.
        policies: What else the rules say.
        learned: The model that corrects the relevance before the boosts; `None` without one.
        asked: Query and filter as they were asked for, without what the rules leave out; by these
            an order's token is known.
        candidate_fields: Doc values fetched with the candidates.
        id_field: Field to read ids from, `None` reads `_id`.
        instructions: The task that each model will read, by stage.
        shown: What of its document each candidate brings along, as body fields of a search; `None`
            fetches documents for the page alone.
        recommendation: What is recommended; `None` for a search.
        degraded: What is known to be missing before anything is sent.
        untouched: Nothing can be added, so the request goes out as it came.
        facets_of_candidates: Count aggregations over the candidates, not over the lexical matches.
        admit_matches_only: Leave out what no word matches, where words match anything.
        explain: Whether each hit is explained.
        language: Language of the sentences.
        budget_s: Seconds for the model calls.
        raise_errors: Whether a model's failure is raised.
    """

    name: PlanName
    request: SearchRequest
    query: Json
    passthrough: PassthroughReason | None = None
    window: int = 100
    num_candidates: int = 150
    vector: VectorField | None = None
    embed_instruction: str | None = None
    filter: Json | None = None
    code_query: Json | None = None
    fusion: FusionOptions = field(default_factory=FusionOptions)
    min_similarity: float | None = None
    rerank: RerankPlan | None = None
    inference: InferencePlan | None = None
    boosts: tuple[Boost, ...] = ()
    policies: Policies = NO_POLICIES
    learned: LearnedRanking | None = None
    asked: tuple[Json, Json | None] | None = None
    candidate_fields: tuple[str, ...] = ()
    id_field: str | None = None
    instructions: Mapping[Stage, str] = field(default_factory=dict)
    shown: Json | None = None
    recommendation: Recommendation | None = None
    degraded: tuple[Degradation, ...] = ()
    untouched: bool = False
    facets_of_candidates: bool = False
    admit_matches_only: bool = False
    explain: bool = False
    language: str = "en"
    budget_s: float = 0.4
    raise_errors: bool = False

    @property
    def fused_by_server(self) -> bool:
        """Whether Elasticsearch fuses the legs itself."""
        return self.name is PlanName.SINGLE or self.by_retriever

    @property
    def by_retriever(self) -> bool:
        """Whether a compound retriever does it, which a cluster's licence or version may lack."""
        return self.name in RETRIEVER_PLANS

    @property
    def weights(self) -> UsedWeights | None:
        """How much each leg and the reranker count; `None` where Elasticsearch or one leg decides."""
        if self.vector is None or self.name is PlanName.SINGLE or self.inference is not None:
            return None
        fusion, rerank = self.fusion, self.rerank
        return UsedWeights(
            method=fusion.method,
            lexical=fusion.lexical_weight,
            semantic=fusion.semantic_weight,
            chosen_by=fusion.chosen_by,
            rerank=rerank.blend if rerank else None,
            rerank_chosen_by=rerank.chosen_by if rerank else None,
        )

    @property
    def counts_later(self) -> bool:
        """Whether aggregations wait until the candidates are known."""
        return self.facets_of_candidates and bool(aggregations_of(self.request.body))

    @property
    def score_floor(self) -> float | None:
        """KNN score below which a semantic-only hit is not admitted."""
        if self.vector is None or self.min_similarity is None:
            return None
        return self.vector.score(self.min_similarity)

    @property
    def token(self) -> str | None:
        """Token of an order that an earlier answer froze."""
        order = self.request.options.order
        return order if isinstance(order, str) else None

    @property
    def wants_token(self) -> bool:
        """Whether the answer is to carry a token of its order."""
        return self.request.options.order is True

    @property
    def collapse_field(self) -> str | None:
        """Field of which each value is answered once."""
        collapse = self.request.body.get("collapse")
        return collapse["field"] if collapse else self.policies.variants


def aggregations_of(body: Json) -> Json:
    """Return the aggregations a body asks for, whichever way it spells them."""
    return body.get("aggregations") or body.get("aggs") or {}


def in_place_of(plan: Plan) -> Plan:
    """Return the fused plan that takes the place of one that Elasticsearch could not do."""
    window = plan.window if plan.inference is None else plan.inference.window
    return replace(plan, name=PlanName.MSEARCH_FUSION, inference=None, window=window)


def without_vector(plan: Plan) -> Plan:
    """Return what is left of a plan when the query's vector could not be had."""
    return replace(plan, name=PlanName.LEXICAL_ONLY, vector=None, inference=None)
