"""What a log says of an experiment is what its processes would have counted and recorded."""

from __future__ import annotations

from typing import Any

from es_hybrid.experiments import Counts, Experiment, Outcome, Variant
from es_hybrid.logs.history import read_history
from es_hybrid.logs.logged_run import logged_run
from es_hybrid.types import Json

RUN = "pilot-7f3a"
PILOT = Experiment(salt="a" * 8, run="7f3a")


def search(id_: str, variant: str, unit: str | None = "u", **told: Any) -> Json:
    side = {"experiment": told.pop("experiment", RUN), "variant": variant, "unit": unit}
    attributes = {"zero_results": False, "took_ms": 10.0, **side, **told}
    return {"query_id": id_, "query_attributes": attributes}


def event(action: str, id_: str, product: str, **told: Any) -> Json:
    attributes = {"object": {"object_id": product}, **told}
    return {"action_name": action, "query_id": id_, "event_attributes": attributes}


def test_outcomes_are_of_the_variant_that_was_searched_with() -> None:
    """Events follow their search, and not what they or another run say; late ones count as well."""
    found = logged_run(
        read_history(
            [
                event("purchase", "1", "a", revenue=20.0, variant="control"),
                search("1", "treatment"),
                event("click", "1", "a", experiment="pilot-0000"),
                event("click", "1", "b"),
                event("add_to_cart", "1", "a"),
                search("2", "control", "v"),
                search("3", "control", experiment="pilot-0000"),
                search("4", "a word of the shop's own"),
                event("click", "3", "a"),
                event("click", "5", "a"),
            ]
        ),
        PILOT,
        RUN,
    )
    told = {"search": 1.0, "clicks": 2.0, "carts": 1.0, "purchases": 1.0, "revenue": 20.0}
    assert found.outcomes == (
        *(Outcome(RUN, Variant.TREATMENT, "u", metric, value) for metric, value in told.items()),
        Outcome(RUN, Variant.CONTROL, "v", "search", 1.0),
    )
    assert (found.searches, found.nameless, found.events, found.unmatched) == (2, 0, 6, 1)


def test_searches_are_counted_as_processes_count_them() -> None:
    """Slow, empty and failed searches by variant; one that failed has no time of its own."""
    found = logged_run(
        read_history(
            [
                search("1", "treatment", took_ms=1500.0),
                search("2", "treatment", None, zero_results=True),
                search("3", "treatment", failed=True, took_ms=9000.0),
                search("4", "control"),
            ]
        ),
        PILOT,
        RUN,
    )
    assert found.counts == {
        Variant.TREATMENT: Counts(searches=3, slow=1, errors=1, empty=1, took_ms=1510.0),
        Variant.CONTROL: Counts(searches=1, took_ms=10.0),
    }
    assert (found.nameless, len(found.outcomes)) == (1, 3)


def test_clicks_on_a_page_of_both_are_credited() -> None:
    """Each search has one vote: for the ranking that chose more of what was clicked."""
    teams = {"a": "control", "b": "treatment", "c": "treatment"}
    shown = [
        {"object_id": i, "position": n, "team": t} for n, (i, t) in enumerate(teams.items(), 1)
    ]
    clicks = {"1": "bc", "2": "a", "3": "ab", "4": ""}
    records = [search(id_, "interleaved", f"u{id_}", shown=shown) for id_ in clicks]
    records += [event("click", id_, product) for id_, found in clicks.items() for product in found]
    found = logged_run(read_history(records), PILOT, RUN)
    credit = {o.unit: o.value for o in found.outcomes if o.metric == "credit"}
    assert credit == {"u1": 1.0, "u2": -1.0, "u3": 0.0}
