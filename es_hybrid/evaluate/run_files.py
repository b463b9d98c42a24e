"""Runs in files: NDJSON of our own, which keeps everything, and the runs of TREC.

A saved run can be judged again, by other measures or against other judgments, without a search;
a TREC run lets any other system be compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

from es_hybrid.evaluate.runs import Answer, Run
from es_hybrid.evaluate.text_files import JudgmentError, first_line, text_lines
from es_hybrid.types import Degradation, DegradationReason, Json, Stage

__all__ = ["read_run", "run_lines", "trec_lines"]


def run_lines(run: Run) -> Iterable[str]:
    """Yield a run as NDJSON, one line per query, each ending in a line feed.

    Example:
        >>> print(*run_lines(Run("mine", (Answer("q1", ("a",), took_ms=2.0),))), end="")
        {"recipe": "mine", "query_id": "q1", "ranking": ["a"], "took_ms": 2.0}
    """
    for answer in run.answers:
        line: Json = {
            "recipe": run.recipe,
            "query_id": answer.query_id,
            "ranking": answer.ranking,
            "took_ms": answer.took_ms,
        }
        if answer.scores:
            line["scores"] = answer.scores
        if answer.stages_ms:
            line["stages_ms"] = {str(stage): ms for stage, ms in answer.stages_ms.items()}
        if answer.degraded:
            line["degraded"] = [[lack.stage, lack.reason] for lack in answer.degraded]
        yield json.dumps(line, ensure_ascii=False) + "\n"


def trec_lines(run: Run) -> Iterable[str]:
    """Yield a run as `query Q0 product rank score name`, as trec_eval reads it.

    trec_eval orders by score alone. So scores are made of the ranks where none are known, and where
    they do not fall from rank to rank.

    Example:
        >>> print(*trec_lines(Run("mine", (Answer("q1", ("a", "b")),))), sep="", end="")
        q1 Q0 a 1 2.0 mine
        q1 Q0 b 2 1.0 mine
    """
    for answer in run.answers:
        falling = all(a > b for a, b in pairwise(answer.scores)) and answer.scores
        depth = len(answer.ranking)
        scores = answer.scores if falling else tuple(map(float, range(depth, 0, -1)))
        scored = zip(answer.ranking, scores, strict=True)
        for rank, (product, score) in enumerate(scored, start=1):
            yield f"{answer.query_id} Q0 {product} {rank} {score!r} {run.recipe}\n"


def read_run(path: str | Path) -> Run:
    """Read a run, either kind; it is named as the file says, or else as the file.

    Raises:
        JudgmentError: The file is missing, or a line is wrong.

    Example:
        `read_run("solr.trec").recipe`
    """
    first = first_line(path)
    if not first:
        raise JudgmentError(f"{path} holds no run")
    return _read_ndjson(path) if first.startswith("{") else _read_trec(path)


def _read_ndjson(path: str | Path) -> Run:
    recipe, answers = Path(path).stem, []
    for place, line in text_lines(path):
        try:
            found = json.loads(line)
            recipe = str(found.get("recipe", recipe))
            answer = Answer(
                query_id=str(found["query_id"]),
                ranking=tuple(map(str, found["ranking"])),
                took_ms=float(found.get("took_ms", 0.0)),
                stages_ms={str(k): float(v) for k, v in found.get("stages_ms", {}).items()},
                degraded=tuple(
                    Degradation(Stage(stage), DegradationReason(reason))
                    for stage, reason in found.get("degraded", ())
                ),
                scores=tuple(map(float, found.get("scores", ()))),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise JudgmentError(
                f"{place}: not an answer of a run ({type(error).__name__}: {error})",
                hint="each line holds query_id and ranking",
            ) from None
        answers.append(_checked(answer, place))
    return Run(recipe, tuple(answers))


def _read_trec(path: str | Path) -> Run:
    recipe = Path(path).stem
    found: dict[str, list[tuple[float, str]]] = {}
    for place, line in text_lines(path):
        columns = line.split()
        if len(columns) != 6:
            raise JudgmentError(
                f"{place}: {len(columns)} columns instead of 6",
                hint="a TREC run has: query Q0 product rank score name",
            )
        query, _, product, _, score, recipe = columns
        try:
            found.setdefault(query, []).append((float(score), product))
        except ValueError:
            raise JudgmentError(f"{place}: score {score!r} is not a number") from None
    answers = []
    for query, scored in found.items():
        # trec_eval orders by score, equal ones by product id backwards, and ignores the ranks.
        ordered = sorted(scored, reverse=True)
        answer = Answer(query, tuple(p for _, p in ordered), scores=tuple(s for s, _ in ordered))
        answers.append(_checked(answer, f"{path} query {query}"))
    return Run(recipe, tuple(answers))


def _checked(answer: Answer, place: str) -> Answer:
    if len(set(answer.ranking)) != len(answer.ranking):
        raise JudgmentError(f"{place}: a product is ranked twice")
    if answer.scores and len(answer.scores) != len(answer.ranking):
        raise JudgmentError(
            f"{place}: {len(answer.scores)} scores for {len(answer.ranking)} products"
        )
    return answer
