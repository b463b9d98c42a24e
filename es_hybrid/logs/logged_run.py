"""A run of an experiment as the log of searches tells it: who was assigned what, and what they did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from es_hybrid.experiments.definition import Experiment
from es_hybrid.experiments.guardrails import Counts
from es_hybrid.experiments.outcomes import CREDIT, SEARCH, Outcome
from es_hybrid.experiments.routing import credit_of
from es_hybrid.logs.history import History, LoggedSearch
from es_hybrid.types import Assigned, Json, Variant

__all__ = ["LoggedRun", "logged_outcomes", "logged_run"]

_VARIANTS = frozenset(Variant)


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """What a log says of one run.

    Attributes:
        counts: Searches by variant; pages of one `query_id` are one.
        outcomes: What shoppers did, as `ExperimentClient(record=…)` would have recorded it.
        searches: Of the run.
        nameless: Those whose shopper the log does not tell apart from others; no outcome is known
            of them.
        events: Events of the whole log, of other searches as well.
        unmatched: Those whose search is not in the log.
        repeated: Those that were logged before, and are not counted again.
    """

    counts: dict[Variant, Counts]
    outcomes: tuple[Outcome, ...]
    searches: int
    nameless: int
    events: int
    unmatched: int
    repeated: int

    def to_dict(self) -> Json:
        """Return how much was read, as JSON."""
        told = ("searches", "nameless", "events", "unmatched", "repeated")
        return {name: getattr(self, name) for name in told}


def logged_run(history: History, experiment: Experiment, label: str) -> LoggedRun:
    """Return what a log says of one run of an experiment.

    Args:
        history: The log.
        experiment: Whose limits say which search is slow.
        label: Of the run, such as `pilot-7f3a`.

    Example:
        >>> searches = (LoggedSearch("q", 0.0, experiment="pilot-7f3a", variant="control", unit="u"),)
        >>> pilot = Experiment(salt="a" * 8, run="7f3a")
        >>> logged_run(History(searches), pilot, "pilot-7f3a").outcomes[0].metric
        'search'
    """
    own = [s for s in history.searches if s.experiment == label and s.variant in _VARIANTS]
    counts: dict[Variant, Counts] = {}
    for search in own:
        variant = Variant(search.variant)
        counts[variant] = counts.get(variant, Counts()) + _count(
            search, slow_ms=experiment.guardrails.slow_ms
        )
    return LoggedRun(
        counts,
        tuple(logged_outcomes(own)),
        searches=len(own),
        nameless=sum(not search.unit for search in own),
        events=history.events,
        unmatched=history.unmatched,
        repeated=history.repeated,
    )


def logged_outcomes(searches: Iterable[LoggedSearch]) -> Iterator[Outcome]:
    """Yield what shoppers did with logged searches of experiments.

    Metrics are `clicks`, `carts`, `purchases` and `revenue`; of a page of two rankings also which
    of them got more of the clicks. Searches that do not say whose they are yield nothing.

    Args:
        searches: Of one run, or of several.

    Example:
        >>> search = LoggedSearch("q", 0.0, experiment="pilot-7f3a", variant="control", unit="u")
        >>> search.deeds.clicks = 2
        >>> [(outcome.metric, outcome.value) for outcome in logged_outcomes([search])]
        [('search', 1.0), ('clicks', 2.0)]
    """
    for search in searches:
        if not search.unit or search.variant not in _VARIANTS:
            continue
        variant, deeds = Variant(search.variant), search.deeds
        found = {SEARCH: 1.0}
        for metric in ("clicks", "carts", "purchases", "revenue"):
            if amount := float(getattr(deeds, metric)):
                found[metric] = amount
        if variant is Variant.INTERLEAVED and deeds.clicks:
            found[CREDIT] = float(_credit(search))
        for metric, amount in found.items():
            yield Outcome(search.experiment, variant, search.unit, metric, amount)


def _credit(search: LoggedSearch) -> int:
    teams = {id_: Variant(team) for id_, team in search.teams.items() if team in _VARIANTS}
    clicked = {product for product, sums in search.deeds.products.items() if sums[0]}
    return credit_of(Assigned(search.experiment, Variant.INTERLEAVED, search.unit, teams), clicked)


def _count(search: LoggedSearch, *, slow_ms: float) -> Counts:
    """Return one search as a serving process counts it."""
    if search.failed:
        return Counts(searches=1, errors=1)
    took_ms = search.took_ms or 0.0
    empty = search.found_nothing
    return Counts(searches=1, slow=took_ms > slow_ms, empty=empty, took_ms=took_ms)
