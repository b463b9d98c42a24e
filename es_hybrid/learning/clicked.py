"""From clicks to grades: what shoppers like, with the place where it was shown taken out.

A click at a place that few look at says more than one at the top. Each counts `1 / e` with the
examination `e` of its place by the position-based click model, cut at `clip`, so that the estimate
does not hang on a few (inverse propensity scoring: Joachims, Swaminathan and Schnabel, "Unbiased
learning-to-rank with biased feedback", WSDM 2017; Wang et al., "Position bias estimation for
unbiased learning to rank in personal search", WSDM 2018).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from es_hybrid.evaluate.clicks import ClickModel, Session, position_based_model

__all__ = ["clicked_grades"]

_SMOOTHING = 2.0
"""Views at the mean rate that every estimate starts from."""

_GRADES = ((0.75, 3), (0.5, 2), (0.25, 1))
"""A product's grade by its rate, as a share of the best of its query."""


def clicked_grades(
    sessions: Iterable[Session],
    *,
    model: ClickModel | None = None,
    clip: float = 10.0,
    least_views: int = 5,
) -> dict[str, dict[str, int]]:
    """Return grades 0 to 3 by product, by query, of what was shown often enough.

    A grade compares a product with the best of the same query, not with those of others. A product
    that stood in a place for trying out is not counted there: shoppers met it for another reason
    than the ranking.

    Args:
        sessions: Searches with their clicks.
        model: Position-based; `None` fits one to the sessions.
        clip: The most that one click counts.
        least_views: A product that was shown less often stays unjudged.

    Returns:
        Grades of the queries that were clicked at all.

    Example:
        >>> top = [Session("q", ["a", "b", "c"], frozenset({0}))] * 8
        >>> low = [Session("q", ["c", "a", "b"], frozenset({2}))] * 8
        >>> grades = clicked_grades([*top, *low])["q"]
        >>> grades["b"] > grades["c"]
        True
    """
    known = list(sessions)
    fitted = model or position_based_model(known)
    views, clicks = _counted(known, fitted.examination, clip)
    shown = sum(views.values())
    usual = sum(clicks.values()) / shown if shown else 0.0
    rates: dict[str, dict[str, float]] = defaultdict(dict)
    for (query, product), seen in views.items():
        if seen >= least_views:
            own = clicks[query, product] + _SMOOTHING * usual
            rates[query][product] = own / (seen + _SMOOTHING)
    clicked = {query for (query, _), count in clicks.items() if count}
    return {query: _graded(found) for query, found in rates.items() if query in clicked}


def _counted(
    sessions: Sequence[Session], examination: Sequence[float], clip: float
) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], float]]:
    """Return views, and clicks by what they count."""
    views: dict[tuple[str, str], int] = defaultdict(int)
    clicks: dict[tuple[str, str], float] = defaultdict(float)
    for session in sessions:
        for place, product in enumerate(session.shown):
            if place in session.left_out:
                continue
            views[session.query, product] += 1
            if place in session.clicked:
                clicks[session.query, product] += min(1.0 / max(examination[place], 1e-9), clip)
    return views, clicks


def _graded(rates: Mapping[str, float]) -> dict[str, int]:
    best = max(rates.values())
    return {
        product: next((grade for share, grade in _GRADES if rate >= share * best), 0)
        for product, rate in rates.items()
    }
