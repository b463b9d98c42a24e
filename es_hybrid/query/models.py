"""Which models take part in a search, and why one does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid.errors import RequestError
from es_hybrid.instructions import query_instruction, rerank_instruction
from es_hybrid.product_templates import product_template, template_fields
from es_hybrid.query.kinds import groups_of
from es_hybrid.query.known_models import Models
from es_hybrid.query.language import language_of
from es_hybrid.query.options import PATH, Rerank
from es_hybrid.query.plan import InferencePlan, RerankPlan
from es_hybrid.query.price_range import price_range_of
from es_hybrid.query.request import SearchRequest
from es_hybrid.query.schema import IndexSchema, VectorField
from es_hybrid.settings import Settings
from es_hybrid.types import Degradation, DegradationReason, PlanName, Stage


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a plan depends on besides the request.

    Attributes:
        settings: The client's settings; the request's options win over them.
        schema: What the index can do.
        models: What the client has.
        refused: Plans that the cluster refused before, for its licence or its version.
    """

    settings: Settings
    schema: IndexSchema
    models: Models
    refused: frozenset[PlanName] = frozenset()


def semantic_field(
    request: SearchRequest, around: Surroundings
) -> tuple[VectorField | None, Degradation | None]:
    """Return the semantic leg's field, or why there is no such leg.

    Raises:
        RequestError: The caller's own vector does not fit the field.
    """
    options, models, schema = request.options, around.models, around.schema
    if (options.plan or around.settings.search.plan) == "lexical_only":
        return None, None
    vector = schema.vector
    if vector is None:
        return _without(DegradationReason.NO_VECTOR_FIELD, schema.vector_problem)
    if options.vector is not None:
        if vector.dims is not None and len(options.vector) != vector.dims:
            message = f"has {len(options.vector)} dims, field {vector.name} has {vector.dims}"
            raise RequestError(message, path=f"{PATH}.vector")
        return vector, None
    if models.embedder is None:
        return _without(DegradationReason.NO_EMBEDDER, "set ES_HYBRID_EMBED__BASE_URL")
    if schema.model and schema.model != models.embedder:
        detail = f"the index was embedded by {schema.model}, this client asks {models.embedder}"
        return _without(DegradationReason.MODEL_MISMATCH, detail)
    language = language_of(request.text or "")
    known = models.embedder_profile.languages
    if known is not None and language not in known:
        return _without(DegradationReason.LANGUAGE, f"{models.embedder} does not know {language}")
    return vector, None


def embed_instruction(request: SearchRequest, models: Models) -> str | None:
    """Return the task that a request brings for its vector; `None` leaves it to the embedder.

    Raises:
        RequestError: Nothing would read it: the request brings the vector too, or the embedder is
            not known to read tasks.
    """
    embed, path = request.options.embed, f"{PATH}.embed.instruction"
    asked = query_instruction(embed.instruction) if embed else None
    if asked is None:
        return None
    if request.options.vector is not None:
        raise RequestError("says how to embed a query whose vector is given", path=path)
    if models.embedder is not None and models.embed_instruction is None:
        hint = "for a model that was trained with tasks, set ES_HYBRID_EMBED__QUERY_INSTRUCTION"
        raise RequestError("is a task, and the embedder reads none", path=path, hint=hint)
    return asked


def rerank_plan(
    request: SearchRequest, around: Surroundings
) -> tuple[RerankPlan | None, Degradation | None]:
    """Return what is reranked, or why nothing is."""
    settings, profile = around.settings, around.models.reranker_profile
    if request.options.rerank is False or not around.models.reranker:
        return None, None
    asked = _asked(request)
    template = _template(asked, around)
    fields = _shown_fields(request, around)
    if not fields:
        return None, _NO_RERANK_FIELDS
    language = language_of(request.text or "")
    if profile.languages is not None and language not in profile.languages:
        detail = f"the reranker does not know {language}"
        return None, Degradation(Stage.RERANK, DegradationReason.LANGUAGE, detail)
    share, chosen_by = share_for(
        request.text, settings.rerank.blends, settings.rerank.blend, profile.blend
    )
    if asked.blend is None and not share:
        return None, None  # its scores would count for nothing
    # The client of the settings' server knows whether its dialect can take the model's usual one.
    usual = None if settings.rerank.url and not settings.rerank.plugin else profile.instruction
    plan = RerankPlan(
        top=rerank_top(request, around),
        fields=fields,
        instruction=rerank_instruction(
            first_given(asked.instruction, settings.rerank.instruction, usual),
            budget=price_range_of(request.text or ""),
        ),
        blend=first_given(asked.blend, share),
        chosen_by=chosen_by if asked.blend is None else "request",
        product_template=template,
        stand_in=_words_stand_in(settings.rerank.stand_in, language),
    )
    return plan, None


def instructions_of(
    models: Models, *, embed: str | None, rerank: RerankPlan | None
) -> dict[Stage, str]:
    """Return the task that each model will read, where it reads one.

    Args:
        models: What the client has.
        embed: The request's task for its vector.
        rerank: What is reranked.
    """
    own = rerank.instruction if rerank else None
    read = models.reranker_reads and rerank is not None
    found = {
        Stage.EMBED: first_given(embed, models.embed_instruction),
        Stage.RERANK: first_given(own, models.rerank_instruction) if read else None,
    }
    return {stage: task for stage, task in found.items() if task}


def inference_plan(
    request: SearchRequest, around: Surroundings, *, window: int
) -> tuple[InferencePlan | None, Degradation | None]:
    """Return what Elasticsearch reranks through an inference endpoint, or why it does not."""
    if request.options.rerank is False:
        return None, None
    asked, settings = _asked(request), around.settings.rerank
    endpoint = asked.inference_id or settings.inference_id
    if endpoint is None:
        hint = "set ES_HYBRID_RERANK__INFERENCE_ID or ext.hybrid.rerank.inference_id"
        return None, unsupported(f"no inference endpoint to rerank by: {hint}")
    fields = _shown_fields(request, around)
    if not fields:
        return None, _NO_RERANK_FIELDS
    return InferencePlan(endpoint, fields[0], window), None


def rerank_top(request: SearchRequest, around: Surroundings) -> int:
    """Return how many candidates are reranked."""
    return _asked(request).top or around.settings.rerank.top


def unsupported(detail: str) -> Degradation:
    """Return that the cluster cannot do a plan."""
    return Degradation(Stage.PLAN, DegradationReason.UNSUPPORTED, detail)


def _asked(request: SearchRequest) -> Rerank:
    wanted = request.options.rerank
    return wanted if isinstance(wanted, Rerank) else Rerank()


def _template(asked: Rerank, around: Surroundings) -> str | None:
    """Return how a product is told to the reranker; fields that a request names are told as such."""
    by_settings = None if asked.fields else around.settings.rerank.product_template
    wanted = asked.product_template or by_settings
    return product_template(wanted) if wanted else None


def _shown_fields(request: SearchRequest, around: Surroundings) -> tuple[str, ...]:
    """Return the fields that a reranker is shown, in order."""
    asked = _asked(request)
    template = _template(asked, around)
    return tuple(
        (template_fields(template) if template else asked.fields)
        or around.schema.rerank_fields
        or _searched_fields(request.body.get("query"), around.schema)
    )


_NO_RERANK_FIELDS = Degradation(
    Stage.RERANK,
    DegradationReason.NO_RERANK_FIELDS,
    "set ES_HYBRID_INDEX__RERANK_FIELDS or ext.hybrid.rerank.fields",
)


def share_for(
    text: str | None, by_group: Mapping[str, float], setting: float | None, profile: float
) -> tuple[float, str]:
    """Return a share for a query, and what it comes from.

    Args:
        text: The shopper's words.
        by_group: Shares by kind and language of queries, of the settings.
        setting: The share of all other queries, where the settings have one.
        profile: The model's.

    Example:
        >>> share_for("手机壳", {"zh": 0.9}, 0.6, 0.5), share_for("phone case", {"zh": 0.9}, None, 0.5)
        ((0.9, 'zh'), (0.5, 'model'))
    """
    group = (
        next((name for name in groups_of(text or "") if name in by_group), None)
        if by_group
        else None
    )
    if group is not None:
        return by_group[group], group
    return (profile, "model") if setting is None else (setting, "settings")


def first_given(*values: Any) -> Any:
    """Return the first value that is not `None`: request, then settings, then profile."""
    return next((value for value in values if value is not None), None)


def _words_stand_in(setting: str, language: str) -> bool:
    # Measured: with English queries it helps, with Chinese ones it does not (docs/rerankers.md).
    return setting == "words" or (setting == "auto" and language == "en")


def _without(reason: DegradationReason, detail: str) -> tuple[None, Degradation]:
    return None, Degradation(Stage.EMBED, reason, detail)


def _searched_fields(query: Any, schema: IndexSchema) -> tuple[str, ...]:
    """Return the fields a query searches: the last resort for what the reranker sees."""
    asked = _plain_names(_query_fields(query)) or _plain_names(schema.search_fields)
    return tuple(dict.fromkeys(asked))[:3]


def _plain_names(fields: Sequence[str]) -> list[str]:
    """Return fields without boosts; a wildcard names no field of a document."""
    names = [name.partition("^")[0] for name in fields]
    return [name for name in names if "*" not in name]


def _query_fields(query: Any) -> list[str]:
    if isinstance(query, Mapping):
        if isinstance(query.get("fields"), Sequence) and "query" in query:
            return [str(name) for name in query["fields"]]
        if isinstance(query.get("match"), Mapping):
            return [str(name) for name in query["match"]]
        return [name for inner in query.values() for name in _query_fields(inner)]
    if isinstance(query, Sequence) and not isinstance(query, str):
        return [name for inner in query for name in _query_fields(inner)]
    return []
