"""The contract of a fuser: one score from 0 to 1 a candidate, whatever the legs found."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping

from es_hybrid.protocols import Fuser
from es_hybrid.testing.contract import Broken, conclude, described, read_scores
from es_hybrid.types import FusionOptions, Hit, ScoreMode

_TINY = 1e-6

_BEST = Hit("products", "best", 9.0, 0.9, 1, 1)
_LAST = Hit("products", "last", 1.0, 0.5, 4, 4)
_BETWEEN = (
    Hit("products", "lexical only", 6.0, None, 2, None),
    Hit("products", "semantic only", None, 0.8, None, 2),
    Hit("products", "outside both lists", 3.0, 0.6),
)
_MIXED = (_LAST, *_BETWEEN, _BEST)
_CASES: Mapping[str, tuple[Hit, ...]] = {
    "candidates of both legs": _MIXED,
    "one candidate": (_BEST,),
    "equal scores": (_BEST, _BEST._replace(id="equal")),
    "no semantic match": (_BETWEEN[0], Hit("products", "2", 4.0, None, 3, None)),
    "no lexical match": (_BETWEEN[1], Hit("products", "2", None, 0.7, None, 3)),
    "no candidate": (),
}
_OPTIONS = {
    "default options": FusionOptions(),
    "a lexical weight of 1": FusionOptions(lexical_weight=1.0, semantic_weight=0.0),
    "a semantic weight of 1": FusionOptions(lexical_weight=0.0, semantic_weight=1.0),
    "scores of the window": FusionOptions(scores=ScoreMode.WINDOW),
}

_CALLABLE = "A fuser is a plain function of hits and options: it serves both clients"
_RAISES = "Any candidates are fused: what a fuser raises fails the search"
_SCORES = "One finite score per hit is returned"
_RANGE = "Scores are from 0 to 1"
_ORDER = "Scores follow their hits: other order of hits, same score a hit"


def check_fuser(fuser: Fuser) -> None:
    """Check a fusion method against its contract.

    Args:
        fuser: For either client.

    Raises:
        ContractViolation: Lists every broken rule.

    Warns:
        HybridWarning: The best hit of both legs is scored below the last of both.

    Example:
        >>> from es_hybrid.rank.fuse import linear
        >>> check_fuser(linear)
    """
    called = fuser if inspect.isfunction(fuser) else getattr(fuser, "__call__", None)  # noqa: B004
    if called is None or inspect.iscoroutinefunction(called):
        seen = "it cannot be called" if called is None else "it must be awaited"
        return conclude(fuser, [Broken(_CALLABLE, seen)])
    broken = list(_broken(fuser))
    return conclude(fuser, broken, () if broken else _remarks(fuser))


def _broken(fuser: Fuser) -> Iterator[Broken]:
    for case, hits in _CASES.items():
        for how, options in _OPTIONS.items():
            scores = _ask(fuser, hits, options)
            if isinstance(scores, Broken):
                yield scores._replace(seen=f"{case}, {how}: {scores.seen}")
            elif any(not -_TINY <= score <= 1.0 + _TINY for score in scores):
                yield Broken(_RANGE, f"{case}, {how}: {min(scores):.4g} to {max(scores):.4g}")
    one = _ask(fuser, _MIXED, FusionOptions())
    other = _ask(fuser, _MIXED[::-1], FusionOptions())
    if isinstance(one, list) and isinstance(other, list):
        pairs = zip(one, other[::-1], strict=True)
        first, second = max(pairs, key=lambda pair: abs(pair[0] - pair[1]))
        if abs(first - second) > _TINY:
            yield Broken(_ORDER, f"one hit got {first:.4g}, then {second:.4g}")


def _ask(fuser: Fuser, hits: tuple[Hit, ...], options: FusionOptions) -> list[float] | Broken:
    try:
        value = fuser(hits, options)
    except Exception as error:  # noqa: BLE001 - what it raises is what is judged
        return Broken(_RAISES, described(error))
    read = read_scores(value, len(hits))
    return Broken(_SCORES, read) if isinstance(read, str) else read


def _remarks(fuser: Fuser) -> Iterator[str]:
    scores = fuser(_MIXED, FusionOptions())
    last, best = float(scores[0]), float(scores[-1])
    if best <= last:
        yield f"the best hit of both legs got {best:.4g}, the last of both {last:.4g}"
