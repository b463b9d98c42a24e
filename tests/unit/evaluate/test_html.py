"""The report that a person reads in a browser."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser

import pytest

from es_hybrid import ConfigurationError
from es_hybrid.evaluate import (
    Answer,
    Detail,
    JudgedQuery,
    Run,
    Shortfall,
    compare,
    gather,
    judge,
    most_changed,
    parse_measures,
    render_html,
)
from es_hybrid.types import Degradation, DegradationReason, Stage

QUERIES = (
    JudgedQuery("q1", "<script>alert(1)</script> & shoe", {"language": "en"}),
    JudgedQuery("q2", "轻薄透气连衣裙", {"language": "中文 $x_1$"}),
    JudgedQuery("q3", "boot", {"language": "en"}),
)
JUDGMENTS = {"q1": {"a": 3, "b": 2}, "q2": {"c": 3}, "q3": {"d": 2, "e": 3}}
LACK = Degradation(Stage.EMBED, DegradationReason.TIMEOUT)
RUNS = (
    Run(
        "lexical",
        tuple(Answer(q, r, 9.0) for q, r in (("q1", ("a",)), ("q2", ("x", "y")), ("q3", ("d",)))),
    ),
    Run(
        "hybrid",
        (
            Answer("q1", ("b", "z", "a"), 12.0),
            Answer("q2", ("c",), 12.0, degraded=(LACK,)),
            Answer("q3", ("d",), 12.0),
        ),
    ),
)


def page(*, timed: bool = True) -> str:
    runs = (
        RUNS
        if timed
        else [Run(r.recipe, tuple(Answer(a.query_id, a.ranking) for a in r.answers)) for r in RUNS]
    )
    report = judge(
        runs,
        queries=QUERIES,
        judgments=JUDGMENTS,
        measures=parse_measures(["ndcg@10", "judged@10"]),
        slice_by=("language",),
    )
    comparisons = compare(report, rounds=200)
    words = {query.id: query for query in QUERIES}
    evidence = {
        "hybrid": [
            gather(
                change,
                query=words[change.query_id],
                judgments=JUDGMENTS,
                before=runs[0],
                after=runs[1],
                details={("hybrid", "z"): Detail("<b>Zebra</b>", "#2: meaning match no. 1.")},
            )
            for change in most_changed(comparisons[0])
        ]
    }
    return render_html(
        report,
        comparisons=comparisons,
        evidence=evidence,
        queries=QUERIES,
        shortfalls=[Shortfall("hybrid", "ndcg@10", 0.5, 0.74)],
        title="Shoes & boots",
        facts=("3 judged queries", "seed 0"),
    )


class Tags(HTMLParser):
    """Counts open tags, and keeps what refers to something outside of the page."""

    VOID = frozenset({"meta", "path", "use", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "link", "img", "iframe"}:
            self.outside.append(tag)
        self.outside += [
            v for n, v in attrs if n in {"src", "href"} and v and not v.startswith("#")
        ]
        if tag not in self.VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr]
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID and self.open and self.open[-1] == tag:
            self.open.pop()


def test_the_page_needs_nothing_else() -> None:
    """One file: no script, nothing loaded from elsewhere, every element closed."""
    found = Tags()
    found.feed(page())
    assert found.outside == []
    assert found.open == []


def test_words_of_shoppers_and_titles_cannot_become_markup() -> None:
    """Queries and titles come from strangers; they are shown, not run."""
    text = page()
    assert "<script" not in text
    assert "<b>Zebra" not in text
    assert "&lt;b&gt;Zebra&lt;/b&gt;" in text
    assert "Shoes &amp; boots" in text


def test_the_page_says_what_the_report_says() -> None:
    """Verdict, gate, warnings, losers, winners, missed products and plots are there."""
    text = page()
    assert "hybrid is not told apart from lexical" in text
    assert "Gate: hybrid: ndcg@10 is 0.5000, below 0.74" in text
    assert "lexical: judged@10 is 0.67" not in text
    assert "hybrid went without embed: timeout (1 of 3)" in text
    assert "轻薄透气连衣裙" in text
    assert "meaning match no. 1" in text
    assert "Relevant and not among these with hybrid: e" not in text
    assert text.index("Lost most") < text.index("Gained most")
    assert text.count("<svg") == 4


def test_plots_draw_labels_as_they_are() -> None:
    """Chinese labels are text for the browser to draw, and a dollar sign is no formula."""
    assert "中文 $x_1$ (1)" in page()


def test_runs_that_were_not_timed_have_no_plot_of_time() -> None:
    """Runs of other systems may have no times."""
    assert "Quality and time" in page()
    assert "Quality and time" not in page(timed=False)


def test_the_same_report_gives_the_same_page() -> None:
    """A page in version control changes only with its figures."""
    assert page() == page()
    assert re.search(r"\d{4}-\d\d-\d\dT", page()) is None


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    """Without the extra the error says what to install."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=r"pip install 'es-hybrid\[evaluate\]'"):
        page()
