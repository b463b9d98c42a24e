"""A plan is decided from request, settings, schema and models, each overriding the next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from es_hybrid.errors import RequestError
from es_hybrid.instructions import PRODUCT_SEARCH, RERANK_TASKS
from es_hybrid.profiles import EmbedderProfile, RerankerProfile
from es_hybrid.query.decide import make_plan
from es_hybrid.query.known_models import Models
from es_hybrid.query.models import Surroundings
from es_hybrid.query.plan import InferencePlan, Plan, in_place_of, without_vector
from es_hybrid.query.request import parse_request
from es_hybrid.query.schema import IndexSchema, VectorField
from es_hybrid.rank.boost import NumericBoost
from es_hybrid.settings import Settings
from es_hybrid.types import DegradationReason, Normalizer, PlanName, ScoreMode, Stage

QUERY = {"match": {"title": "trail shoe"}}
RED = {"term": {"colour": "red"}}
ACME = {"term": {"brand": "Acme"}}
SCHEMA = IndexSchema(
    vector=VectorField("embedding", 3),
    model="m",
    id_field="id",
    doc_value_fields=frozenset({"id", "sales"}),
    search_fields=("title^3", "brand"),
    rerank_fields=("title",),
)
WEAK = EmbedderProfile(0.7, 0.35, frozenset({"en"}))


def plan(
    options: Any = None,
    *,
    schema: IndexSchema = SCHEMA,
    models: Models = Models(embedder="m", reranker=True),  # noqa: B008 - frozen
    settings: Settings | None = None,
    boosts: Any = (),
    **asked: Any,
) -> Plan:
    ext = {} if options is None else {"ext": {"hybrid": options}}
    request = parse_request({"index": "products", "query": QUERY, **asked, **ext})
    return make_plan(request, Surroundings(settings or Settings(), schema, models), boosts=boosts)


def test_the_defaults() -> None:
    """All there: both legs with complete scores, the reranker, a recall of 100."""
    made = plan()
    assert made.name is PlanName.MSEARCH_FUSION
    assert (made.window, made.num_candidates, made.budget_s) == (100, 150, 0.4)
    assert made.fusion.scores is ScoreMode.COMPLETE
    assert made.rerank is not None
    assert (made.rerank.top, made.rerank.fields) == (50, ("title",))
    assert (made.id_field, made.degraded, made.untouched) == ("id", (), False)


@pytest.mark.parametrize(
    ("options", "settings", "wanted"),
    [
        ({}, {}, (100, 150)),
        ({}, {"window": 200}, (200, 300)),
        ({"window": 50}, {"window": 200}, (50, 100)),
        ({}, {"num_candidates": 1000}, (100, 1000)),
        ({"num_candidates": 500}, {"num_candidates": 1000}, (100, 500)),
        ({"window": 300, "num_candidates": 10}, {}, (300, 300)),
    ],
)
def test_window_and_candidates(options: Any, settings: Any, wanted: tuple[int, int]) -> None:
    """Request wins over settings; kNN never looks at fewer candidates than it returns."""
    made = plan(options, settings=Settings(search=settings))
    assert (made.window, made.num_candidates) == wanted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"schema": IndexSchema()}, DegradationReason.NO_VECTOR_FIELD),
        ({"models": Models(reranker=True)}, DegradationReason.NO_EMBEDDER),
        ({"models": Models(embedder="other")}, DegradationReason.MODEL_MISMATCH),
        (
            {
                "models": Models("m", WEAK),
                "query": {"match": {"title": "连衣裙"}},
            },
            DegradationReason.LANGUAGE,
        ),
    ],
)
def test_why_there_is_no_semantic_leg(changes: Any, reason: DegradationReason) -> None:
    """What is missing before anything is sent is said, and the search is lexical."""
    made = plan(**changes)
    assert (made.name, made.vector) == (PlanName.LEXICAL_ONLY, None)
    assert [(d.stage, d.reason) for d in made.degraded] == [(Stage.EMBED, reason)]
    assert made.degraded[0].detail


def test_lexical_only_is_no_degradation() -> None:
    """Asked for, a search without vectors lacks nothing."""
    for made in (
        plan({"plan": "lexical_only"}),
        plan(settings=Settings(search={"plan": "lexical_only"})),
    ):
        assert (made.name, made.degraded) == (PlanName.LEXICAL_ONLY, ())


def test_plans_by_name() -> None:
    """`auto` is the fused plan; a request's plan wins over the setting."""
    single = Settings(search={"plan": "single"})
    assert plan(settings=single).name is PlanName.SINGLE
    assert plan({"plan": "msearch_fusion"}, settings=single).name is PlanName.MSEARCH_FUSION


def test_the_callers_own_vector() -> None:
    """It needs no embedder, no model name and no language, and takes even weights."""
    made = plan(
        {"vector": [1, 0, 0]},
        models=Models("other", WEAK),
        query={"match": {"title": "连衣裙"}},
    )
    assert made.name is PlanName.MSEARCH_FUSION
    assert (made.fusion.lexical_weight, made.score_floor) == (0.5, None)
    assert made.degraded == ()


def test_a_vector_of_the_wrong_length() -> None:
    """It names both lengths and the path."""
    with pytest.raises(RequestError, match=r"ext\.hybrid\.vector: has 2 dims.* has 3"):
        plan({"vector": [1, 0]})


@pytest.mark.parametrize(
    ("options", "settings", "models", "wanted"),
    [
        ({}, {}, Models("m"), 0.5),
        ({}, {}, Models("m", WEAK), 0.7),
        ({}, {"lexical_weight": 0.2}, Models("m", WEAK), 0.2),
        ({}, {"lexical_weight": 0.0}, Models("m", WEAK), 0.0),
        (
            {"fusion": {"weights": {"lexical": 0.9, "semantic": 0.3}}},
            {"lexical_weight": 0.2},
            Models("m", WEAK),
            0.9,
        ),
    ],
)
def test_weights(options: Any, settings: Any, models: Models, wanted: float) -> None:
    """Request, then settings, then the embedder's profile."""
    fusion = plan(options, settings=Settings(search=settings), models=models).fusion
    assert fusion.lexical_weight == wanted
    assert fusion.semantic_weight == pytest.approx(0.3 if wanted == 0.9 else 1 - wanted)


def test_the_floor() -> None:
    """Request, then settings, then profile; as a kNN score of the field's similarity."""
    weak = Models("m", WEAK)
    assert plan(models=weak).score_floor == pytest.approx(0.675)
    assert plan(models=weak, settings=Settings(search={"min_similarity": 0.0})).score_floor == 0.5
    assert plan({"min_similarity": 0.5}, models=weak).score_floor == pytest.approx(0.75)
    assert plan().score_floor is None


def test_the_normaliser_goes_with_the_scores() -> None:
    """Complete scores hold weak matches that must not squeeze the rest; a request decides."""
    assert plan().fusion.normalizer is Normalizer.ROBUST
    assert plan({"fusion": {"scores": "window"}}).fusion.normalizer is Normalizer.MINMAX
    assert plan({"fusion": {"normalize": "zscore"}}).fusion.normalizer is Normalizer.ZSCORE


def test_score_mode() -> None:
    """Complete by default; what changes the lexical scores alone makes them incomparable."""
    assert plan({"fusion": {"scores": "window"}}).fusion.scores is ScoreMode.WINDOW
    assert plan(rescore={"query": {}}).fusion.scores is ScoreMode.WINDOW
    assert plan(indices_boost=[{"a": 2}]).fusion.scores is ScoreMode.WINDOW
    window = Settings(search={"scores": "window"})
    assert plan(settings=window).fusion.scores is ScoreMode.WINDOW


def test_every_filter_binds_the_semantic_leg() -> None:
    """Filters of the query and the `post_filter` are one conjunction."""
    query = {"bool": {"must": QUERY, "filter": RED}}
    assert plan(query=query).filter == RED
    assert plan(query=query, post_filter=ACME).filter == {"bool": {"filter": [RED, ACME]}}
    assert plan(post_filter=ACME).filter == ACME
    assert plan().filter is None


def test_words_beside_a_query_without_text() -> None:
    """`ext.hybrid.text` searches the schema's fields, and the query becomes a filter."""
    made = plan({"text": "boot"}, query=RED)
    words = {"query": "boot", "type": "cross_fields", "fields": ["title^3", "brand"]}
    assert made.query == {"bool": {"must": [{"multi_match": words}], "filter": [RED]}}
    assert made.filter == RED
    alone = plan({"text": "boot"}, query=None)
    assert alone.query == {"multi_match": words}
    assert alone.filter is None


@pytest.mark.parametrize("query", [RED, None])
def test_words_are_searched_without_a_vector_too(query: Any) -> None:
    """Words that stand outside the query must not be lost where there is no embedder."""
    made = plan({"text": "boot"}, query=query, models=Models())
    assert not made.untouched


def test_words_beside_a_query_with_text() -> None:
    """The caller's query stays the lexical leg; the words are for the models."""
    made = plan({"text": "boot"})
    assert (made.query, made.request.text) == (QUERY, "boot")


def test_nothing_to_add() -> None:
    """Without vector, reranker and boosts the request goes out as it came."""
    assert plan(models=Models()).untouched
    assert not plan(models=Models(reranker=True)).untouched
    assert not plan(models=Models(), boosts=(NumericBoost("sales", scale=1),)).untouched


def test_fields_of_boosts() -> None:
    """Doc values are fetched once each, and only those the index has."""
    boosts = (NumericBoost("sales", scale=1), NumericBoost("sales", scale=2), NumericBoost("x", 1))
    assert plan(boosts=boosts).candidate_fields == ("sales",)


def test_an_id_field_without_doc_values() -> None:
    """A field that is no column is not read ids from."""
    assert plan(schema=IndexSchema(vector=SCHEMA.vector, id_field="id")).id_field is None


def test_rerank_options() -> None:
    """Request, then settings, then the reranker's profile."""
    models = Models("m", reranker=True, reranker_profile=RerankerProfile(0.8, None, "rank well"))
    made = plan(models=models).rerank
    assert made is not None
    assert (made.blend, made.instruction) == (0.8, "rank well")
    settings = Settings(rerank={"top": 20, "blend": 0.3, "instruction": "be brief"})
    made = plan(models=models, settings=settings).rerank
    assert made is not None
    assert (made.top, made.blend, made.instruction) == (20, 0.3, "be brief")
    asked = {"rerank": {"top": 5, "blend": 0.0, "instruction": "", "fields": ["brand"]}}
    made = plan(asked, models=models, settings=settings).rerank
    assert made is not None
    assert (made.top, made.blend, made.instruction, made.fields) == (5, 0.0, "", ("brand",))


def test_a_ready_task_becomes_its_sentence() -> None:
    """A name in the request or in the settings is exchanged; a budget is the query's own."""
    words = {"match": {"title": "耳机 预算500元左右"}}
    made = plan({"rerank": {"instruction": "budget"}}, query=words).rerank
    assert made is not None
    assert made.instruction == f"{PRODUCT_SEARCH}, at a price between 400 CNY and 600 CNY"
    made = plan(settings=Settings(rerank={"instruction": "gift"})).rerank
    assert made is not None
    assert made.instruction == RERANK_TASKS["gift"]


def test_the_settings_server_is_not_told_the_models_usual_task() -> None:
    """Its client knows where the task may be sent unasked: one server answers 500 to it."""
    models = Models("m", reranker=True, reranker_profile=RerankerProfile(0.8, None, "rank well"))
    server = Settings(rerank={"url": "http://localhost:9997/v1/rerank", "dialect": "xinference"})
    made = plan(models=models, settings=server).rerank
    assert made is not None
    assert made.instruction is None


def test_no_rerank() -> None:
    """Switched off, or without a reranker, nothing is reranked and nothing is lacking."""
    for made in (plan({"rerank": False}), plan(models=Models("m"))):
        assert (made.rerank, made.degraded) == (None, ())


def test_a_reranker_of_another_language() -> None:
    """A reranker that does not know the language is left out, with the reason."""
    models = Models(
        "m", reranker=True, reranker_profile=RerankerProfile(languages=frozenset({"en"}))
    )
    made = plan(models=models, query={"match": {"title": "连衣裙"}})
    assert made.rerank is None
    assert [d.reason for d in made.degraded] == [DegradationReason.LANGUAGE]


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (QUERY, ("title",)),
        (
            {"multi_match": {"query": "a", "fields": ["title^3", "brand", "title"]}},
            ("title", "brand"),
        ),
        ({"bool": {"must": [{"multi_match": {"query": "a", "fields": ["t*", "b"]}}]}}, ("b",)),
        ({"query_string": {"query": "a"}}, ("name",)),
    ],
)
def test_what_a_reranker_reads_where_nobody_says(query: Any, fields: tuple[str, ...]) -> None:
    """The searched fields stand in, without patterns and boosts."""
    bare = IndexSchema(vector=SCHEMA.vector, search_fields=("name^2",))
    made = plan(schema=bare, query=query).rerank
    assert made is not None
    assert made.fields == fields


def test_nothing_to_show_a_reranker() -> None:
    """Without any field there is no reranking, with the reason."""
    made = plan(schema=IndexSchema(), query={"query_string": {"query": "a"}})
    assert made.rerank is None
    assert made.degraded[-1].reason is DegradationReason.NO_RERANK_FIELDS


def test_errors_and_budget() -> None:
    """A request decides for itself."""
    raising = Settings(search={"on_error": "raise", "budget_s": 1.0})
    assert plan(settings=raising).raise_errors
    made = plan({"on_error": "degrade", "budget_s": 0.1}, settings=raising)
    assert (made.raise_errors, made.budget_s) == (False, 0.1)


def test_without_its_vector() -> None:
    """What is left of a plan is lexical, and the first plan is untouched."""
    made = plan()
    left = without_vector(made)
    assert (left.name, left.vector) == (PlanName.LEXICAL_ONLY, None)
    assert made.vector is not None
    assert left.rerank == made.rerank


NATIVE = (PlanName.NATIVE_LINEAR, PlanName.NATIVE_RRF)
ENDPOINT = Settings(rerank={"inference_id": "own", "top": 30})


@pytest.mark.parametrize("name", NATIVE)
def test_native_plans_are_asked_for(name: PlanName) -> None:
    """They are opt-in, and need a semantic leg as any other."""
    assert plan({"plan": name.value}).name is name
    assert plan({"plan": name.value}, models=Models()).name is PlanName.LEXICAL_ONLY


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize(
    "asked",
    [{"rescore": {"query": {}}}, {"collapse": {"field": "g"}}, {"indices_boost": [{"a": 2}]}],
)
def test_what_a_native_plan_excludes(name: PlanName, asked: Any) -> None:
    """The fused plan takes its place, and the answer says so."""
    made = plan({"plan": name.value}, **asked)
    assert made.name is PlanName.MSEARCH_FUSION
    assert [d.reason for d in made.degraded] == [DegradationReason.UNSUPPORTED]


@pytest.mark.parametrize("name", NATIVE)
def test_what_the_cluster_refused_before(name: PlanName) -> None:
    """A plan that the licence lacks is not tried again."""
    request = parse_request(
        {"index": "products", "query": QUERY, "ext": {"hybrid": {"plan": name.value}}}
    )
    around = Surroundings(Settings(), SCHEMA, Models("m"), refused=frozenset({name}))
    made = make_plan(request, around)
    assert made.name is PlanName.MSEARCH_FUSION
    assert [(d.stage, d.reason) for d in made.degraded] == [
        (Stage.PLAN, DegradationReason.UNSUPPORTED)
    ]


def test_reranking_by_elasticsearch() -> None:
    """As many as the reranker would be shown are asked for; the fused plan stands by whole."""
    made = plan({"plan": "text_similarity_reranker"}, settings=ENDPOINT)
    assert (made.name, made.window) == (PlanName.TEXT_SIMILARITY_RERANKER, 30)
    assert made.inference == InferencePlan(endpoint="own", field="title", window=100)
    instead = in_place_of(made)
    assert (instead.name, instead.window) == (PlanName.MSEARCH_FUSION, 100)
    assert (instead.inference, instead.rerank) == (None, made.rerank)
    wanted = {"inference_id": "other", "fields": ["brand"], "top": 10}
    asked = plan({"plan": "text_similarity_reranker", "rerank": wanted}, settings=ENDPOINT)
    assert asked.inference == InferencePlan(endpoint="other", field="brand", window=100)
    assert asked.window == 10


@pytest.mark.parametrize(
    ("options", "settings", "reasons"),
    [
        ({}, None, [DegradationReason.UNSUPPORTED]),
        ({"rerank": False}, ENDPOINT, []),
    ],
)
def test_without_an_endpoint(options: Any, settings: Any, reasons: list[DegradationReason]) -> None:
    """The fused plan takes its place; told, unless the request wants no reranking."""
    made = plan({"plan": "text_similarity_reranker", **options}, settings=settings)
    assert (made.name, made.inference) == (PlanName.MSEARCH_FUSION, None)
    assert [lack.reason for lack in made.degraded] == reasons


def test_nothing_to_show_to_elasticsearch() -> None:
    """Without a field to read there is no reranking."""
    bare = replace(SCHEMA, rerank_fields=(), search_fields=())
    query = {"query_string": {"query": "shoe"}}
    settings = Settings(rerank={"inference_id": "own"}, search={"plan": "text_similarity_reranker"})
    made = plan(schema=bare, settings=settings, query=query, models=Models(embedder="m"))
    assert made.name is PlanName.MSEARCH_FUSION
    assert [lack.reason for lack in made.degraded] == [DegradationReason.NO_RERANK_FIELDS]
