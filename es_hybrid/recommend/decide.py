"""From what is asked for and what was found of it to the search that answers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from es_hybrid.policies import Exclusion, Policies
from es_hybrid.protocols import Boost
from es_hybrid.query.schema import IndexSchema
from es_hybrid.rank.personal import Event, Shopper, ShopperBoost, Taste, taste_of
from es_hybrid.recommend.queries import (
    NOTHING,
    bought_query,
    counted_query,
    none_of,
    taste_query,
    titles_query,
)
from es_hybrid.recommend.request import RecommendRequest
from es_hybrid.recommend.seeds import Seed, mean_vector
from es_hybrid.recommend.table import strengths_of
from es_hybrid.recommend.trend import TrendBoost
from es_hybrid.rules.shopper import boost_of, fields_of
from es_hybrid.settings import RecommendSettings
from es_hybrid.types import Degradation, DegradationReason, Json, Recommended, Stage, Vector

__all__ = ["Aim", "Known", "aim_of", "excluding", "seed_fields"]


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to go by.

    Attributes:
        seeds: Products that were named, or that the shopper had to do with, as far as they exist.
        rows: Strengths of companions, by product in the cart.
        schema: What the index can do.
        settings: Names of fields.
        now_s: Seconds since the epoch.
    """

    seeds: Sequence[Seed] = field(repr=False)
    rows: Mapping[str, Mapping[str, float]] = field(repr=False)
    schema: IndexSchema
    settings: RecommendSettings
    now_s: float

    @property
    def counters(self) -> tuple[str, ...]:
        """The counters that the index has."""
        return tuple(n for n in self.settings.counters if n in self.schema.doc_value_fields)

    @property
    def created(self) -> str | None:
        """The date of a product, where the index has it."""
        name = self.settings.created_field
        return name if name in self.schema.doc_value_fields else None

    @property
    def categories(self) -> tuple[str, ...]:
        """The seeds' own categories: of a path that lists its parents, the last one."""
        found = [seed.values(self.settings.category_field) for seed in self.seeds]
        return tuple(dict.fromkeys(values[-1] for values in found if values))


@dataclass(frozen=True, slots=True)
class Aim:
    """What is searched for.

    Attributes:
        made: What is recommended.
        query: Of the lexical leg.
        vector: Of the semantic leg, shape `(dims,)`; `None` without one.
        elsewhere: Filters that bind the semantic leg alone.
        filters: Filters that bind both.
        boosts: Besides the shop's.
        lacks: What it does without.
    """

    made: Recommended
    query: Json = field(repr=False)
    vector: Vector | None = field(default=None, repr=False)
    elsewhere: tuple[Json, ...] = ()
    filters: tuple[Json, ...] = ()
    boosts: tuple[Boost, ...] = ()
    lacks: tuple[Degradation, ...] = field(default=())


def seed_fields(
    request: RecommendRequest, settings: RecommendSettings, policies: Policies
) -> list[str]:
    """Return what is fetched of each product that a recommendation starts from."""
    names = (settings.title_field, settings.category_field, *fields_of(request.user).values())
    return list(dict.fromkeys([*names, *([policies.variants] if policies.variants else [])]))


def aim_of(request: RecommendRequest, known: Known) -> Aim:
    """Decide what is searched for; where there is nothing to go by, what sells.

    Args:
        request: What was asked for.
        known: What there is to go by.
    """
    match request.asked:
        case Recommended.SIMILAR:
            aim = _similar(known)
        case Recommended.BOUGHT_TOGETHER:
            aim = _with_cart(request, known)
        case Recommended.FOR_YOU:
            aim = _for_you(request, known)
        case _:
            return _trending(known)
    if request.asked is Recommended.FOR_YOU or request.shopper is None:
        return aim
    boost = boost_of(_completed(request.shopper, known, request), request.user, now_s=known.now_s)
    return aim if boost is None else replace(aim, boosts=(*aim.boosts, boost))


def excluding(
    policies: Policies, request: RecommendRequest, known: Known, *, past: Sequence[str]
) -> Policies:
    """Return the rules, with what was named and seen left out.

    Where variants are answered once, other variants of what was named are left out, too.

    Args:
        policies: The rules in force.
        request: What was asked for.
        known: The products it starts from.
        past: Products that the shopper had to do with.
    """
    seen = tuple(dict.fromkeys((*request.ids, *request.seen, *past)))
    left_out = [Exclusion(ids=seen)] if seen else []
    if policies.variants is not None:
        groups = {group for seed in known.seeds for group in seed.values(policies.variants)}
        if groups:
            left_out.append(Exclusion(field=policies.variants, values=tuple(sorted(groups))))
    return replace(policies, exclusions=(*policies.exclusions, *left_out))


def _similar(known: Known) -> Aim:
    if not known.seeds:
        return _trending(known, _lack(DegradationReason.NO_SEEDS, "no product named is there"))
    query = titles_query(known.seeds, known.settings.title_field)
    vector, lacks = _vector(known)
    if vector is None and query is NOTHING:
        return _trending(known, *lacks, _lack(DegradationReason.NO_SEEDS, "they have no title"))
    return Aim(Recommended.SIMILAR, query, vector, lacks=lacks)


def _with_cart(request: RecommendRequest, known: Known) -> Aim:
    elsewhere, no_category = _elsewhere(known)
    vector, lacks = _vector(known)
    strengths = strengths_of(known.rows, without=(*request.ids, *request.seen))
    if strengths:
        query = bought_query(strengths)
        return Aim(Recommended.BOUGHT_TOGETHER, query, vector, elsewhere, lacks=lacks)
    unknown = _lack(DegradationReason.NO_ORDERS, "nothing is known to be bought with the cart")
    query = titles_query(known.seeds, known.settings.title_field)
    if not known.seeds or (vector is None and query is NOTHING):
        return _trending(known, unknown, _lack(DegradationReason.NO_SEEDS, "the cart is unknown"))
    lacks = (unknown, *lacks, *no_category)
    return Aim(Recommended.COMPLEMENTS, query, vector, filters=elsewhere, lacks=lacks)


def _for_you(request: RecommendRequest, known: Known) -> Aim:
    shopper = _completed(request.shopper or Shopper(), known, request)
    taste = taste_of(shopper, now_s=known.now_s)
    vector, lacks = _vector(known, _weights(shopper, known)) if known.seeds else (None, ())
    if shopper.opted_out or (vector is None and not taste.is_known):
        why = "the shopper opted out" if shopper.opted_out else "nothing is known of the shopper"
        return _trending(known, _lack(DegradationReason.NO_HISTORY, why))
    fields = _keyword_fields(request, known)
    counter = next(iter(known.counters), None)
    query = taste_query(taste, fields, counter=counter)
    boosts = _boost(taste, request)
    if vector is None and query is NOTHING:
        unknown = "neither brands nor categories are known"
        aim = _trending(known, *lacks, _lack(DegradationReason.NO_HISTORY, unknown))
        return replace(aim, boosts=(*aim.boosts, *boosts))
    return Aim(Recommended.FOR_YOU, query, vector, boosts=boosts, lacks=lacks)


def _trending(known: Known, *lacks: Degradation) -> Aim:
    query = counted_query(known.counters, created=known.created)
    boosts = (TrendBoost(known.counters),) if known.counters else ()
    return Aim(Recommended.TRENDING, query, boosts=boosts, lacks=lacks)


def _vector(
    known: Known, weights: Sequence[float] | None = None
) -> tuple[Vector | None, tuple[Degradation, ...]]:
    """Return the vector between the seeds, or why there is none."""
    if known.schema.vector is None:
        problem = known.schema.vector_problem
        return None, (Degradation(Stage.EMBED, DegradationReason.NO_VECTOR_FIELD, problem),)
    vector = mean_vector(known.seeds, weights)
    if vector is not None or not known.seeds:
        return vector, ()
    detail = "no product that it starts from has a vector"
    return None, (Degradation(Stage.RETRIEVE, DegradationReason.NO_VECTORS, detail),)


def _elsewhere(known: Known) -> tuple[tuple[Json, ...], tuple[Degradation, ...]]:
    """Return the filter of other categories than the seeds', or that there is no category."""
    name = known.settings.category_field
    if name not in known.schema.doc_value_fields:
        detail = f"no doc values in {name}: complements may be of the cart's own categories"
        return (), (Degradation(Stage.SEEDS, DegradationReason.NO_DOC_VALUES, detail),)
    return ((none_of(name, known.categories),) if known.categories else ()), ()


def _completed(shopper: Shopper, known: Known, request: RecommendRequest) -> Shopper:
    """Return a shopper whose events say what the products themselves say."""
    seeds = {seed.id: seed for seed in known.seeds}
    names = fields_of(request.user)

    def completed(event: Event) -> Event:
        seed = seeds.get(event.product_id or "")
        if seed is None:
            return event
        return replace(
            event,
            brands=event.brands or seed.values(names["brand"]),
            categories=event.categories or seed.values(names["category"]),
            price=event.price if event.price is not None else _price(seed, names["price"]),
        )

    return replace(shopper, events=tuple(map(completed, shopper.events)))


def _price(seed: Seed, name: str) -> float | None:
    try:
        return float(seed.values(name)[0])
    except (ValueError, IndexError):
        return None


def _weights(shopper: Shopper, known: Known) -> list[float]:
    weights = dict.fromkeys((seed.id for seed in known.seeds), 0.0)
    for event in shopper.events:
        if event.product_id in weights:
            weights[event.product_id] += event.weight(now_s=known.now_s)
    return list(weights.values())


def _keyword_fields(request: RecommendRequest, known: Known) -> dict[str, str]:
    names = fields_of(request.user)
    return {name: f for name, f in names.items() if f in known.schema.doc_value_fields}


def _boost(taste: Taste, request: RecommendRequest) -> tuple[Boost, ...]:
    user = request.user
    return (ShopperBoost(taste, fields_of(user), by=user.factor),) if taste.is_known else ()


def _lack(reason: DegradationReason, detail: str) -> Degradation:
    return Degradation(Stage.SEEDS, reason, detail)
