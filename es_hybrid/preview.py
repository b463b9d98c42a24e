"""The request that fetches a search's candidates, and its picture for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from es_hybrid.policies import Policies
from es_hybrid.query.capabilities import Server
from es_hybrid.query.legs import (
    fused_body,
    header,
    lexical_body,
    msearch_searches,
    needs_named_scores,
)
from es_hybrid.query.plan import Plan
from es_hybrid.types import FUSED_LEGS, Degradation, Json, LegName, PlanName, Vector
from es_hybrid.wire.msearch import (
    ANSWER_PATHS,
    DOCUMENT_PATHS,
    as_text,
    decode,
    encode,
    msearch_lines,
)

__all__ = ["CandidateRequest", "SearchPlan", "candidate_request", "counting_request", "search_plan"]


_FOR_URL_QUERY = frozenset(
    {"q", "df", "analyzer", "analyze_wildcard", "default_operator", "lenient"}
)


@dataclass(frozen=True, slots=True)
class CandidateRequest:
    """One `_msearch` with all legs of a search.

    Attributes:
        index: Names or aliases that are searched.
        header: What goes before each leg, without the index.
        searches: The legs and their bodies.
        params: URL parameters.
        native: Whether Elasticsearch fuses the legs itself.
    """

    index: str
    header: Json
    searches: Sequence[tuple[LegName, Json]]
    params: Mapping[str, str]
    native: bool = False

    @property
    def path(self) -> str:
        """Path of the endpoint; the index stands in it, as a cluster may forbid it in lines."""
        return f"/{quote(self.index, safe=',*:')}/_msearch"

    @property
    def lines(self) -> bytes:
        """NDJSON, a header and a body a leg, for `path`."""
        return msearch_lines([(self.header, body) for _, body in self.searches])

    @property
    def indexed_lines(self) -> bytes:
        """The same with the index in each header, for an `_msearch` of several searches."""
        header = {"index": self.index, **self.header}
        return msearch_lines([(header, body) for _, body in self.searches])


def candidate_request(plan: Plan, vector: Vector | None, server: Server) -> CandidateRequest:
    """Return the request for a plan's candidates.

    Args:
        plan: A plan that is neither a passthrough nor untouched.
        vector: The query's vector, shape `(dims,)`; `None` asks the lexical leg alone.
        server: What the cluster understands.
    """
    searches = msearch_searches(plan, vector, server)
    native = plan.fused_by_server and vector is not None
    if native and vector is not None:
        others = [search for search in searches if search[0] not in FUSED_LEGS]
        searches = [(LegName.LEXICAL, fused_body(plan, vector, server)), *others]
    named = vector is not None and needs_named_scores(plan)
    return _request(plan, searches, native=native, named=named)


def bare_arguments(plan: Plan) -> Mapping[str, Any]:
    """Return what the bare client's `search` is called with, so that it answers or fails its way."""
    request = plan.request
    if plan.passthrough is not None or plan.query == request.body.get("query"):
        return request.arguments
    # The words stand in ext.hybrid alone; without them everything would match.
    params = {name: value for name, value in request.params.items() if name not in _FOR_URL_QUERY}
    return {"index": request.index, "body": {**request.body, "query": plan.query}, **params}


def counting_request(plan: Plan) -> CandidateRequest:
    """Return the request for what is counted over the lexical matches, without any hit."""
    return _request(plan, [(LegName.LEXICAL, {**lexical_body(plan, None), "size": 0})])


def _request(
    plan: Plan,
    searches: Sequence[tuple[LegName, Json]],
    *,
    native: bool = False,
    named: bool = False,
) -> CandidateRequest:
    paths = ANSWER_PATHS if plan.shown is None else f"{ANSWER_PATHS},{DOCUMENT_PATHS}"
    params = {"filter_path": paths}
    if named:
        params["include_named_queries_score"] = "true"
    for name in ("max_concurrent_shard_requests", "typed_keys"):
        if name in plan.request.params:
            params[name] = str(plan.request.params[name]).lower()
    index = plan.request.index or "_all"
    return CandidateRequest(index, header(plan), searches, params, native)


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """What a search would send, and why; `str()` pastes into Kibana's Dev Tools.

    Attributes:
        name: How Elasticsearch is asked.
        notes: Sentences on what was decided, and what is missing.
        method: HTTP method.
        path: Path with URL parameters.
        lines: The body's JSON values: one for `_search`, a header and a body a leg for `_msearch`.
    """

    name: PlanName
    path: str
    lines: tuple[Json, ...]
    notes: tuple[str, ...] = field(default_factory=tuple)
    method: str = "POST"

    def to_dict(self) -> Json:
        """Return the plan as JSON."""
        return {
            "plan": str(self.name),
            "notes": list(self.notes),
            "request": {"method": self.method, "path": self.path, "body": list(self.lines)},
        }

    def __str__(self) -> str:
        comments = [f"# {note}" for note in (f"plan: {self.name}", *self.notes)]
        bodies = [as_text(line) for line in self.lines]
        return "\n".join([*comments, f"{self.method} {self.path}", *bodies])

    def as_curl(self, url: str) -> str:
        r"""Return the request as a command for a POSIX shell.

        Args:
            url: Elasticsearch's address; leave users and keys out of it, the command is to be shared.

        Example:
            >>> plan = SearchPlan(PlanName.PASSTHROUGH, "/shop/_search", ({"size": 1},))
            >>> print(plan.as_curl("http://localhost:9200"))
            curl -X POST 'http://localhost:9200/shop/_search' \
              -H 'Content-Type: application/json' \
              --data-binary '{"size":1}
            '
        """
        kind = "x-ndjson" if self.path.partition("?")[0].endswith("/_msearch") else "json"
        body = "".join(f"{as_text(line)}\n" for line in self.lines)
        return " \\\n  ".join(
            (
                f"curl -X {self.method} {_quoted(url.rstrip('/') + self.path)}",
                f"-H 'Content-Type: application/{kind}'",
                f"--data-binary {_quoted(body)}",
            )
        )


def _quoted(text: str) -> str:
    """Quote for a POSIX shell, always, so that a command looks alike whatever it holds."""
    return "'" + text.replace("'", "'\\''") + "'"


def search_plan(
    plan: Plan, request: CandidateRequest | None, degradations: Sequence[Degradation]
) -> SearchPlan:
    """Return the picture of a plan.

    Args:
        plan: The plan.
        request: Its candidates' request; `None` where the caller's own request goes out untouched.
        degradations: What was found on the way, such as a missing vector.
    """
    notes = [f"without {d.stage}: {d.detail or d.reason}" for d in degradations]
    if request is None:
        body = decode(encode(plan.request.body))
        path = f"/{plan.request.index}/_search" if plan.request.index else "/_search"
        reason = [f"sent as it came: {plan.passthrough}"] if plan.passthrough else []
        return SearchPlan(plan.name, path, (body,), (*reason, *notes))
    lines = tuple(decode(line) for line in request.lines.split(b"\n") if line)
    path = f"{request.path}?{urlencode(request.params, safe=',')}"
    return SearchPlan(plan.name, path, lines, (*_steps(plan), *notes))


def _steps(plan: Plan) -> list[str]:
    """Say what happens to the candidates, which no single request shows."""
    fusion: Any = plan.fusion
    steps = []
    if plan.vector is not None:
        weights = f"{fusion.lexical_weight:g} lexical, {fusion.semantic_weight:g} semantic"
        weights += f" (by {fusion.chosen_by})"
        steps.append(f"fusion: {fusion.method}, {weights}, {fusion.scores} scores")
    if plan.inference is not None:
        steps.append(f"rerank: the best {plan.window} by Elasticsearch, by {plan.inference.field}")
    elif plan.rerank is not None:
        shown = ", ".join(plan.rerank.fields)
        steps.append(f"rerank: the best {plan.rerank.top} by {shown}, weight {plan.rerank.blend:g}")
    if plan.boosts:
        steps.append(f"boosts: {', '.join(boost.name for boost in plan.boosts)}")
    steps += _rules(plan.policies)
    steps.append("then the page's documents are fetched by id")
    return steps


def _rules(policies: Policies) -> list[str]:
    """Say which rules are in force."""
    said = [f"rules: {policies.source}"] if policies.source else []
    if policies.limits is not None:
        places, share = policies.limits.places, policies.limits.share
        said += [f"limits: at most {places} places"] if places is not None else []
        said += [f"limits: at most {share:g} of the relevance range"] if share is not None else []
    if policies.stock is not None:
        said.append(f"sold out: {policies.stock.action} by {policies.stock.field}")
    if policies.exclusions:
        said.append(f"left out: {len(policies.exclusions)} rules")
    if policies.diversity is not None:
        by = policies.diversity.field or "vectors"
        said.append(f"variety: {policies.diversity.strength:g} by {by}")
    if policies.explore is not None:
        explore = policies.explore
        said.append(f"new products: {explore.slots} of {explore.per} places")
    said += [f"cap: {cap.most} of one {cap.field} in {cap.per}" for cap in policies.caps]
    if policies.pins:
        said.append(f"pins: {', '.join(pin.id for pin in policies.pins)}")
    return said
