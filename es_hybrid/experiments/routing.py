"""Which variant a search gets, and what a page of two rankings looks like."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from es_hybrid.experiments.assignment import Arm, assign
from es_hybrid.experiments.definition import Experiment
from es_hybrid.experiments.interleaving import Interleaved, Team, credit, team_draft
from es_hybrid.query.filters import as_list, harvest_filters
from es_hybrid.query.request import SearchRequest
from es_hybrid.rules.conditions import Moment
from es_hybrid.types import Assigned, Json, Variant

__all__ = ["assigned", "concerns", "credit_of", "draft", "from_the_top", "with_recipe"]


def credit_of(side: Assigned, clicked: Collection[str]) -> int:
    """Return 1 where the treatment's products got more of the clicks, -1 the control's, else 0.

    Args:
        side: Of an interleaved page.
        clicked: Product ids.

    Example:
        >>> page = {"a": Variant.CONTROL, "b": Variant.TREATMENT}
        >>> credit_of(Assigned("pilot-7f3a", Variant.INTERLEAVED, "u", page), {"b"})
        1
    """
    teams: list[Team] = ["a" if team is Variant.TREATMENT else "b" for team in side.teams.values()]
    return credit(Interleaved(tuple(side.teams), tuple(teams)), clicked)


def assigned(experiment: Experiment, name: str, shopper: str) -> Assigned | None:
    """Return what a shopper gets; `None`: the old query, and no part in the experiment.

    Args:
        experiment: Whether it runs, and for how many.
        name: Its name.
        shopper: A shopper's or session's id, which goes no further.

    Example:
        >>> everybody = Experiment(share=1.0, salt="a" * 8, run="7f3a")
        >>> assigned(everybody, "pilot", "session-7").variant.value
        'treatment'
    """
    if not experiment.runs:
        return None
    treated = assign(f"{name}:{experiment.salt}", shopper, [Arm("treatment", experiment.share)])
    if experiment.design == "interleave":
        if treated is None:
            return None
        variant = Variant.INTERLEAVED
    else:
        variant = Variant.CONTROL if treated is None else Variant.TREATMENT
    unit = _digest(experiment.salt, "unit", shopper).hex()
    return Assigned(experiment.label(name), variant, unit)


def concerns(experiment: Experiment, request: SearchRequest, *, now_s: float) -> bool:
    """Say whether a search is one that the experiment is about.

    A condition's `context` is looked for in `ext.hybrid.context` and in the request's filters, so
    that `{"context": {"brand": "Acme"}}` holds where `brand` is filtered by.

    Args:
        experiment: With its `when`.
        request: What the caller sent.
        now_s: Seconds since the epoch.
    """
    if experiment.when is None:
        return True
    said: dict[str, list[str]] = {}
    for name, values in (request.options.context or {}).items():
        said.setdefault(name, []).extend([values] if isinstance(values, str) else values)
    clauses = [
        *harvest_filters(request.body.get("query")),
        *as_list(request.body.get("post_filter")),
    ]
    for field_, value in _filtered(clauses):
        said.setdefault(field_.removesuffix(".keyword"), []).append(value)
    return experiment.when.holds(Moment.of(request.text, context=said, now_s=now_s))


def with_recipe(arguments: Mapping[str, Any], recipe: Mapping[str, Any]) -> Json:
    """Return the arguments of a search with a variant's own `ext.hybrid`.

    What the variant says wins over what the caller said.

    Example:
        >>> with_recipe({"ext": {"hybrid": {"text": "shoe"}}}, {"rerank": False})
        {'ext': {'hybrid': {'text': 'shoe', 'rerank': False}}}
    """
    if not recipe:
        return dict(arguments)
    body = arguments.get("body")
    inside = isinstance(body, Mapping) and "ext" in body
    holder = dict(body) if inside and isinstance(body, Mapping) else dict(arguments)
    ext = holder.get("ext") or {}
    asked = ext.get("hybrid")
    own = {**(asked if isinstance(asked, Mapping) else {}), **recipe}
    holder["ext"] = {**ext, "hybrid": own}
    return {**arguments, "body": holder} if inside else holder


def from_the_top(arguments: Mapping[str, Any], request: SearchRequest) -> Json:
    """Return the arguments of a search for all products down to the end of its page."""
    depth = request.from_ + request.size
    whole = dict(arguments)
    body = whole.get("body")
    if isinstance(body, Mapping):
        whole["body"] = {n: v for n, v in body.items() if n not in {"from", "size"}}
    return {**whole, "from_": 0, "size": depth}


def draft(
    experiment: Experiment,
    who: Assigned,
    request: SearchRequest,
    *,
    control: Sequence[Json],
    treatment: Sequence[Json],
) -> tuple[list[Json], Assigned]:
    """Return the page of both rankings, and who chose each product of it.

    The coins are thrown by shopper and request, so that a page stays the same when it is loaded
    again, and a later page goes on where it ended.

    Args:
        experiment: With its salt.
        who: The shopper's side.
        request: What the caller sent.
        control: The control's hits from the first place down to the end of the page.
        treatment: The treatment's.
    """
    hits = {str(hit["_id"]): hit for hit in (*control, *treatment)}
    asked = {n: v for n, v in request.body.items() if n in {"query", "post_filter"}}
    words = json.dumps([request.index, request.text, asked], sort_keys=True, default=str)
    random = Random(_digest(experiment.salt, "page", who.unit + words))
    both = team_draft(
        [str(hit["_id"]) for hit in control],
        [str(hit["_id"]) for hit in treatment],
        size=request.from_ + request.size,
        random=random,
    )
    page = slice(request.from_, request.from_ + request.size)
    sides = {"a": Variant.CONTROL, "b": Variant.TREATMENT}
    teams = dict(zip(both.items[page], (sides[t] for t in both.teams[page]), strict=True))
    return [hits[id_] for id_ in both.items[page]], replace(who, teams=teams)


def _digest(salt: str, purpose: str, text: str) -> bytes:
    told = text.encode("utf-8", "surrogatepass")
    key = hashlib.blake2b(f"{purpose}:{salt}".encode()).digest()
    return hashlib.blake2b(told, digest_size=12, key=key).digest()


def _filtered(clauses: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield field and value of each filter by value."""
    for clause in clauses:
        if not isinstance(clause, Mapping):
            continue
        for kind in ("term", "terms"):
            for name, value in (clause.get(kind) or {}).items():
                said = value.get("value") if isinstance(value, Mapping) else value
                yield from ((name, str(each)) for each in as_list(said))
        inner = clause.get("bool")
        if isinstance(inner, Mapping):
            yield from _filtered([*as_list(inner.get("filter")), *as_list(inner.get("must"))])
