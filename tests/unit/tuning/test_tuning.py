"""Settings are chosen where queries speak for them, and kept where they do not."""

from __future__ import annotations

import math
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from es_hybrid.evaluate import JudgedQuery, JudgmentError, Measure, Scale
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.settings import Settings
from es_hybrid.tuning import (
    CandidateFile,
    Chooser,
    Configuration,
    LexicalVariant,
    Provenance,
    QueryCandidates,
    Replay,
    ScoreTable,
    Space,
    Timing,
    TunedSettings,
    changed_settings,
    missing,
    toml_text,
    tune,
)
from es_hybrid.types import FusionMethod, Hit, Json, Normalizer

WORDS = LexicalVariant(("title^3", "brand"))
BASE = Configuration(WORDS, lexical_weight=0.5, window=50)
DEFAULT = TunedSettings(BASE)
SPACE = Space(
    (WORDS,),
    fusions=((FusionMethod.LINEAR, Normalizer.ROBUST, 60),),
    window=(50,),
    top=(0,),
    blend=(0.0,),
)
HERE = Provenance("products", ("u1",), "m", None, 50)


def candidates(query: JudgedQuery, *, words_know: bool) -> QueryCandidates:
    """Ten products: the right one is first by one leg and last by the other."""
    hits = []
    for place in range(1, 11):
        other = 11 - place
        words, meaning = (place, other) if words_know else (other, place)
        hits.append(Hit("i", f"p{place}", 10.0 - words, 1.0 - meaning / 20, words, meaning))
    return QueryCandidates(query.id, query.text, tuple(hits))


def table_of(known: dict[JudgedQuery, bool] | list[tuple[JudgedQuery, bool]]) -> ScoreTable:
    pairs = list(known.items()) if isinstance(known, dict) else known
    return ScoreTable(
        {(WORDS, query.id): candidates(query, words_know=by) for query, by in pairs},
        {query.id: {"p1": 3} for query, _ in pairs},
        Measure.parse("ndcg@10"),
        Scale(),
        Replay(depth=10),
    )


def queries(text: str, count: int, prefix: str) -> list[JudgedQuery]:
    return [JudgedQuery(f"{prefix}{number}", text) for number in range(count)]


def chooser_of(table: ScoreTable, *, caution: float = 1.0, least: int = 8) -> Chooser:
    drawn = SPACE.drawn(BASE, count=40, seed=0)
    return Chooser(table, SPACE, DEFAULT, drawn, caution=caution, least=least)


def test_what_all_queries_speak_for_is_chosen() -> None:
    """Where meaning knows the right product, its weight rises; held-out queries confirm it."""
    english = queries("phone case", 30, "e")
    table = table_of([(query, False) for query in english])
    report = tune(table, chooser_of(table), english, folds=3, repeats=2)
    assert report.settings.base.lexical_weight < 0.5
    assert report.is_better
    assert report.means["tuned"] == 1.0 > report.means["default"]
    assert "switching is recommended" in report.verdict
    again = tune(table, chooser_of(table), english, folds=3, repeats=2)
    assert again.to_dict() | {"rankings": 0} == report.to_dict() | {"rankings": 0}


def test_what_is_chance_is_not_chosen() -> None:
    """Where half of the queries want one thing and half the other, the default stays."""
    english = queries("phone case", 24, "e")
    table = table_of([(query, place % 2 == 0) for place, query in enumerate(english)])
    report = tune(table, chooser_of(table), english, folds=3, repeats=2)
    assert not report.is_better
    assert "not recommended" in report.verdict or "keep it" in report.verdict


def test_a_weak_embedder_does_not_hurt_the_language_it_does_not_know() -> None:
    """Chinese queries that words serve better are searched by words; English ones keep meaning."""
    english, chinese = queries("phone case", 20, "e"), queries("\u624b\u673a\u58f3", 20, "z")
    table = table_of([*((q, False) for q in english), *((q, True) for q in chinese)])
    unfit = TunedSettings(replace(BASE, lexical_weight=0.3))
    chooser = replace(chooser_of(table), default=unfit)
    report = tune(table, chooser, [*english, *chinese], folds=4, repeats=1)
    weights = report.settings.lexical_weights
    assert weights["zh"] > 0.5 > weights.get("en", report.settings.base.lexical_weight)
    places = [report.query_ids.index(query.id) for query in chinese]
    assert all(report.values["tuned"][p] >= report.values["lexical"][p] for p in places)
    assert report.is_better


def test_endless_caution_changes_nothing() -> None:
    """The default is one of the answers, and small groups have no weights of their own."""
    english = queries("phone case", 12, "e")
    table = table_of([(query, False) for query in english])
    assert chooser_of(table, caution=math.inf).settings(english) == DEFAULT
    chinese = queries("\u624b\u673a\u58f3", 4, "z")
    mixed = table_of([*((q, False) for q in english), *((q, True) for q in chinese)])
    assert "zh" not in chooser_of(mixed).settings([*english, *chinese]).lexical_weights


def test_too_few_queries_are_refused() -> None:
    """A fold of one query says nothing."""
    few = queries("phone case", 6, "e")
    table = table_of([(query, False) for query in few])
    with pytest.raises(JudgmentError, match="too few for 5 folds"):
        tune(table, chooser_of(table), few)


def test_time_has_a_price() -> None:
    """Of two that reach the same, the slower one must bring something."""
    english = queries("phone case", 10, "e")
    table = replace(
        table_of([(query, False) for query in english]),
        took_ms={(50, 0): 10.0, (200, 0): 40.0},
        worth=0.01,
    )
    wide = replace(BASE, window=200)
    assert table.cost(wide) == pytest.approx(0.02)
    assert table.worth_of(wide, english) == pytest.approx(table.worth_of(BASE, english) - 0.02)


def test_a_replay_knows_window_depth_blend_and_boosts() -> None:
    """A smaller window, a reranker and a boost do to saved candidates what they do to a search."""
    hits = (
        Hit("i", "a", 9.0, 0.5, 1, 3, fields={"sales": [0]}),
        Hit("i", "b", 5.0, 0.7, 2, 2, fields={"sales": [0]}),
        Hit("i", "c", None, 0.9, None, 1, fields={"sales": [900]}),
    )
    found = QueryCandidates("q", "shoe", hits, {("i", "a"): 0.1, ("i", "b"): 0.9})
    plain = Configuration(WORDS, lexical_weight=1.0, window=3)
    replay = Replay()
    assert replay.ranking(found, plain) == ["a", "b", "c"]
    assert replay.ranking(found, replace(plain, window=1)) == ["a", "c"]
    assert replay.ranking(found, replace(plain, top=2, blend=1.0)) == ["b", "a", "c"]
    assert Replay(floor=0.95).ranking(found, plain) == ["a", "b"]
    coded = replace(found, hits=(*hits[:2], hits[2]._replace(code=True)))
    assert replay.ranking(coded, plain)[0] == "c"
    sales = read_boosts([{"field": "sales", "scale": 900, "factor": 2.0}])
    even = replace(plain, lexical_weight=0.5, boost=1.0)
    assert Replay(boosts={1.0: sales}).ranking(found, even)[0] == "c"


def test_candidates_are_kept_and_gone_on_with(tmp_path: Path) -> None:
    """A file holds scores and no words; what was cut off or asked differently is asked again."""
    first, second = JudgedQuery("q1", "red shoe"), JudgedQuery("q2", "tent")
    path = tmp_path / "candidates.ndjson"
    file = CandidateFile.open(path, HERE, [first, second])
    hits = (
        Hit("i", "a", 9.0, None, 1, None, None, {"sales": [3]}, code=True),
        Hit("j", "a", None, 0.5, None, 1),
    )
    found = QueryCandidates("q1", "red shoe", hits, {("j", "a"): 0.25})
    file.put(WORDS, found)
    file.time(Timing(50, 0, 4.5))
    file.put(WORDS, QueryCandidates("q2", "tent", hits))
    assert "shoe" not in path.read_text()
    path.write_text(path.read_text()[:-40])
    again = CandidateFile.open(path, HERE, [first, second])
    assert again.found == {(WORDS, "q1"): found}
    assert again.timings == {(50, 0): Timing(50, 0, 4.5)}
    assert [query.id for _, query in missing(again, [WORDS], [first, second])] == ["q2"]
    changed = replace(first, text="blue shoe")
    assert CandidateFile.open(path, HERE, [changed]).found == {}
    with pytest.raises(JudgmentError, match="another window"):
        CandidateFile.open(path, replace(HERE, window=100), [first])
    path.write_text("query_id,query\n")
    with pytest.raises(JudgmentError, match="holds no candidates"):
        CandidateFile.open(path, HERE, [first])


def test_the_settings_file_is_loaded(tmp_path: Path) -> None:
    """What was chosen is what the client then has; the evidence is there and no setting."""
    best = Configuration(
        LexicalVariant(("title^2",), "best_fields"),
        FusionMethod.RRF,
        k=20,
        lexical_weight=0.6,
        window=200,
        top=30,
        blend=0.4,
    )
    tuned = TunedSettings(best, {"zh": 1.0, "natural language": 0.3}, {"zh": 0.0})
    changed = changed_settings(tuned, DEFAULT)
    evidence: Json = {"made": "2026-11-21", "folds": [{"tuned": 0.8}], "versions": {"es": "9.4.3"}}
    path = tmp_path / "tuned.toml"
    text = toml_text(changed, evidence=evidence, title=['It is "better".'], in_force=True)
    path.write_text(text, encoding="utf-8")
    settings = Settings.from_file(path)
    assert (settings.index.search_fields, settings.index.match_type) == (
        ("title^2",),
        "best_fields",
    )
    search, rerank = settings.search, settings.rerank
    assert (search.fusion, search.rrf_k, search.window) == ("rrf", 20, 200)
    assert (search.lexical_weight, search.lexical_weights) == (0.6, dict(tuned.lexical_weights))
    assert (rerank.top, rerank.blend, rerank.blends) == (30, 0.4, {"zh": 0.0})
    assert tomllib.loads(text)["tuned"] == evidence
    path.write_text(toml_text(changed, evidence=evidence, title=[], in_force=False))
    assert Settings.from_file(path) == Settings()


def test_the_space_can_be_read_from_a_file(tmp_path: Path) -> None:
    """A shop names its own values; what it does not name stays, and a slip is named."""
    path = tmp_path / "space.toml"
    path.write_text(
        'search_fields = [["title^5"]]\nmatch_types = ["best_fields"]\nmethods = ["rrf"]\n'
        "k = [10]\nwindow = [30, 60]\n"
    )
    space = Space.of(["title^3", "brand"], path)
    assert space.variants == (LexicalVariant(("title^5",), "best_fields"),)
    assert (space.fusions, space.window, space.widest) == (
        (("rrf", Normalizer.ROBUST, 10),),
        (30, 60),
        60,
    )
    assert space.blend == Space.of(["title"]).blend
    widened = space.including(BASE)
    assert BASE.canonical in widened.drawn(BASE, count=50, seed=1)
    assert widened.without_reranker().stages == ((30, 0), (50, 0), (60, 0))
    path.write_text("windows = [3]\n")
    with pytest.raises(JudgmentError, match="windows"):
        Space.of(["title"], path)


def test_the_documented_space_is_one(tmp_path: Path) -> None:
    """What the page shows can be copied."""
    page = (Path(__file__).parents[3] / "docs" / "tuning.md").read_text(encoding="utf-8")
    path = tmp_path / "space.toml"
    path.write_text(page.partition("```text\n")[2].partition("```")[0])
    space = Space.of(["title"], path)
    assert (len(space.variants), space.window, space.top) == (2, (100,), (50, 100))
