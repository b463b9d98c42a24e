"""Comparisons, floors and evidence."""

from __future__ import annotations

import json

import pytest

from es_hybrid.evaluate import (
    Answer,
    Detail,
    EvaluationReport,
    JudgedQuery,
    JudgmentError,
    Run,
    Threshold,
    compare,
    gather,
    judge,
    most_changed,
    parse_measures,
)

COUNT = 30
QUERIES = tuple(JudgedQuery(f"q{n:02d}", f"words {n}") for n in range(COUNT))
JUDGMENTS = {query.id: {"good": 3, "fair": 2, "bad": 0} for query in QUERIES}


def run(name: str, *, good: int, lost: int = 0) -> Run:
    """Rank the best product first for the first `good` queries, last for the last `lost`."""
    answers = []
    for place, query in enumerate(QUERIES):
        ranking = ("good", "fair") if place < good else ("fair", "bad", "good")
        answers.append(Answer(query.id, ("bad",) if place >= COUNT - lost else ranking, 5.0))
    return Run(name, tuple(answers))


def report(*runs: Run) -> EvaluationReport:
    measures = parse_measures(("ndcg@10", "precision@2"))
    return judge(runs, queries=QUERIES, judgments=JUDGMENTS, measures=measures)


BASE = run("lexical", good=10)
BETTER = run("hybrid", good=25, lost=1)


def test_a_real_difference_is_called_one() -> None:
    """Fifteen queries won and one lost is better, by how much and how surely is said."""
    (found,) = compare(report(BASE, BETTER))
    assert (found.recipe, found.baseline, found.measure) == ("hybrid", "lexical", "ndcg@10")
    assert (found.won, found.lost) == (15, 1)
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.p_holm < 0.05
    assert found.verdict().startswith("hybrid is better than lexical by 0.")
    assert found.queries_needed is not None
    content = json.loads(json.dumps(found.to_dict()))
    assert content["queries"] == {"won": 15, "lost": 1, "tied": 14}


def test_a_worse_recipe_and_an_equal_one_are_called_so() -> None:
    """The sentence follows sign and significance."""
    worse, equal = compare(report(BETTER, BASE, run("same", good=25, lost=1)))
    assert "lexical is worse than hybrid" in worse.verdict()
    assert "same is not told apart from hybrid: +0.000" in equal.verdict()


def test_many_recipes_are_corrected_for() -> None:
    """With every further recipe the same difference must be surer."""
    (alone,) = compare(report(BASE, BETTER))
    many = compare(report(BASE, BETTER, *(run(f"r{n}", good=10 + n) for n in range(4))))
    first = next(found for found in many if found.recipe == "hybrid")
    assert len(many) == 5
    assert first.p_holm > first.p_randomisation
    assert first.p_randomisation == pytest.approx(alone.p_randomisation, abs=0.001)


def test_losers_and_winners_are_in_order() -> None:
    """The worst loser and the best winner come first, and a tie is neither."""
    (found,) = compare(report(BASE, BETTER))
    assert [change.query_id for change in found.losers] == ["q29"]
    assert len(found.winners) == 15
    gains = [change.difference for change in found.winners]
    assert gains == sorted(gains, reverse=True)
    assert most_changed(found, each=2)[0].query_id == "q29"
    assert len(most_changed(found, each=2)) == 3


def test_baseline_and_measure_can_be_named() -> None:
    """Any recipe may be the baseline, any measure decide; a name that is not there is refused."""
    two = report(BASE, BETTER)
    (found,) = compare(two, baseline="hybrid", measure="precision@2")
    assert (found.recipe, found.measure) == ("lexical", "precision@2")
    with pytest.raises(JudgmentError, match="there is no recipe 'solr' in the report; of lexical"):
        compare(two, baseline="solr")
    with pytest.raises(JudgmentError, match="map@10 was not computed"):
        compare(two, measure="map@10")


def test_two_runs_of_one_name_are_refused() -> None:
    """Otherwise one would hide the other."""
    with pytest.raises(JudgmentError, match="two runs have one name"):
        report(BASE, BASE)


def test_evidence_shows_grades_and_what_is_missed() -> None:
    """Both rankings stand side by side, unjudged products are told apart, lost ones are named."""
    (found,) = compare(report(BASE, BETTER))
    loser = found.losers[0]
    shown = gather(
        loser,
        query=QUERIES[29],
        judgments={"q29": {"good": 3, "fair": 2}},
        before=BASE,
        after=BETTER,
        details={("lexical", "fair"): Detail("A fair shoe", "#1: text match no. 1.")},
    )
    assert [(p.product_id, p.grade) for p in shown.before] == [
        ("fair", 2),
        ("bad", None),
        ("good", 3),
    ]
    assert shown.before[0].detail.title == "A fair shoe"
    assert shown.after[0].detail.title == ""
    assert shown.missed == ("good", "fair")
    assert json.loads(json.dumps(shown.to_dict()))["after"]["products"][0]["grade"] is None


def test_a_floor_holds_the_last_recipe_or_the_named_one() -> None:
    """A floor says who is below it and by how much; exactly on it is enough."""
    two = report(BASE, BETTER)
    value = two.results[1].means()["ndcg@10"]
    assert Threshold.parse(f"ndcg@10={value!r}").shortfall(two) is None
    below = Threshold.parse("ndcg@10=0.99").shortfall(two)
    assert str(below) == f"hybrid: ndcg@10 is {value:.4f}, below 0.99"
    named = Threshold.parse("lexical:precision@2=0.9").shortfall(two)
    assert named is not None
    assert named.recipe == "lexical"


@pytest.mark.parametrize("text", ["ndcg@10", "ndcg@10=", "ndcg@10=74", "ndcg@10=nan", "=0.5"])
def test_what_is_no_floor_is_refused(text: str) -> None:
    """A gate that checks nothing must not pass."""
    with pytest.raises(JudgmentError, match=r"is no (floor|measure)"):
        Threshold.parse(text)
