"""Train a ranking from judged or clicked products, and write it if it is better.

Every query is searched as a shop would, and the features of all candidates are recorded, including
unjudged products. Ways to train are compared by cross-validation over queries; the figures printed
are for queries that no part of the choice has seen. A model that does not gain on them is not
written without --force, and then its file says so. Needs the extra `ltr`.

Judgments are QRELS as CSV (query_id,product_id,grade) or TREC qrels with --queries, or Quepid's
export. A click log is NDJSON in the format of User Behavior Insights; clicks are corrected for how
often their place is looked at.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from es_hybrid import ConfigurationError, HybridClient
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.judged import add_queries, add_query_vectors, read_vectors
from es_hybrid.cli.output import Output
from es_hybrid.evaluate import (
    FAULTS,
    JudgedQuery,
    JudgedSet,
    Recipe,
    read_judged_set,
)
from es_hybrid.learning import (
    CHOICES,
    MONOTONE,
    PRODUCT_FIELDS,
    Example,
    Trained,
    Validation,
    choose,
    clicked_grades,
    examples_of,
    read_sessions,
    save_model,
    train,
    validate,
)

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "train products model.json --qrels qrels.csv --queries queries.csv"
INTERRUPTED = "no model was written"

_UNTRAINED = Recipe("untrained", {"boosts": [], "rules": False})
_TOP = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `train` takes."""
    parser.add_argument("index", metavar="INDEX", help="index or alias")
    parser.add_argument("model", metavar="MODEL.json", help="where to write the model")
    judged = parser.add_argument_group("what it learns from")
    source = judged.add_mutually_exclusive_group(required=True)
    source.add_argument("--qrels", metavar="QRELS", help="the graded products")
    source.add_argument(
        "--clicks",
        metavar="LOG",
        help="searches and clicks in UBI format: NDJSON file or directory",
    )
    add_queries(judged, "the judged queries, with --qrels")
    add_query_vectors(judged)
    judged.add_argument(
        "--top",
        type=int,
        default=_TOP,
        metavar="N",
        help=f"most frequent queries of LOG (default: {_TOP})",
    )
    model = parser.add_argument_group("model")
    model.add_argument("--name", metavar="NAME", help="name of the model (default: the file's)")
    model.add_argument(
        "--map",
        dest="fields",
        default="",
        metavar="OURS=YOURS,…",
        help=f"your doc-value fields of {','.join(PRODUCT_FIELDS)}, if they have other names",
    )
    model.add_argument(
        "--folds",
        type=int,
        default=5,
        metavar="N",
        help="folds of the cross-validation (default: 5)",
    )
    model.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of folds and resampling (default: 0)"
    )
    model.add_argument(
        "--force", action="store_true", help="write the model even if it is worse on unseen queries"
    )


def run(args: argparse.Namespace) -> int:
    """Search, train, validate, and write the model where it gains."""
    out, fields = Output.of(args), _fields(args.fields)
    judged = _judged(args)
    with open_shop(load_settings(args)) as shop:
        examples, lost = _examples(shop, args, judged, fields=fields)
    with out.progress("validate, folds", total=args.folds) as progress:
        validation = validate(examples, folds=args.folds, seed=args.seed, done=progress.done)
    with out.progress("choose", total=len(CHOICES)) as progress:
        how = choose(examples, folds=args.folds, seed=args.seed, done=progress.done)
    trained = train(examples, name=args.name or Path(args.model).stem, training=how, fields=fields)
    held_back = validation.is_worse and not args.force
    document = _document(trained, validation, how=str(how), examples=examples)
    if not held_back:
        forced = {"forced": True} if validation.is_worse else {}
        facts = {**document["validation"], **forced, "trained_at": f"{datetime.now(UTC):%FT%TZ}"}
        saved = save_model(replace(trained.model, validation=facts), args.model)
        document |= {"model": saved.version, **forced}
    document |= {"written": not held_back, "queries_lost": lost}
    _print(args, document, validation, out)
    if held_back:
        out.problem(
            "not written: the model does not gain on unseen queries; judge more, or use --force"
        )
        return 1
    return 3 if lost else 0


def _judged(args: argparse.Namespace) -> JudgedSet:
    if args.qrels is not None:
        return read_judged_set(args.qrels, queries=args.queries)
    sessions = read_sessions(args.clicks)
    grades = clicked_grades(sessions)
    asked = Counter(session.query for session in sessions if session.query in grades)
    queries = tuple(JudgedQuery(text, text) for text, _ in asked.most_common(args.top))
    return JudgedSet(queries, grades)


def _fields(mapped: str) -> dict[str, str]:
    """Return the doc-value field of each product property."""
    fields = dict(PRODUCT_FIELDS)
    for part in filter(None, (part.strip() for part in mapped.split(","))):
        ours, _, yours = part.partition("=")
        if ours not in PRODUCT_FIELDS or not yours:
            raise ConfigurationError(
                f"--map {part}: not a property and its field",
                hint=f"write OURS=YOURS with one of {', '.join(PRODUCT_FIELDS)}",
            )
        fields[ours] = yours
    return fields


def _examples(
    shop: HybridClient,
    args: argparse.Namespace,
    judged: JudgedSet,
    *,
    fields: Mapping[str, str],
) -> tuple[list[Example], int]:
    """Search every judged query; those whose search broke are counted and left out."""
    queries = [query for query in judged.queries if judged.judgments.get(query.id)]
    vectors = read_vectors(args.query_vectors, queries, complete=False)
    found, lost = [], 0
    with Output.of(args).progress("candidates", total=len(queries)) as progress:
        for number, query in enumerate(queries, start=1):
            section = _UNTRAINED.section(query.text, vector=vectors.get(query.id))
            each = shop.ranking_features(index=args.index, ext=section, product_fields=fields)
            if any(lack.reason in FAULTS for lack in each.degraded):
                lost += 1
            else:
                found.append((query.id, each))
            progress.done(number)
    return examples_of(found, judged.judgments), lost


def _document(
    trained: Trained, validation: Validation, *, how: str, examples: Sequence[Example]
) -> dict[str, Any]:
    judged = sum(int((example.grades >= 0).sum()) for example in examples)
    return {
        "trained_on": {
            "queries": len(examples),
            "candidates": sum(len(example.ids) for example in examples),
            "judged": judged,
        },
        "validation": validation.to_dict(),
        "chosen_in_folds": dict(validation.chosen),
        "training": how,
        "importances": {name: round(share, 4) for name, share in trained.importances.items()},
        "needs": list(trained.model.needed),
    }


def _print(
    args: argparse.Namespace, document: dict[str, Any], validation: Validation, out: Output
) -> None:
    if out.json:
        out.document(document)
        return
    on = document["trained_on"]
    out.line(
        f"{on['queries']} queries, {on['candidates']:,} candidates, {on['judged']:,} of them judged"
    )
    out.line(str(validation))
    if validation.judged_only is not None:
        out.line(f"judged products alone: {validation.judged_only}")
    out.line(_verdict(validation))
    out.line(f"trained: {document['training']}")
    out.line()
    rows = [
        [name, f"{share:.3f}", _DIRECTIONS[MONOTONE.get(name, 0)]]
        for name, share in document["importances"].items()
    ]
    out.table(["feature", "importance", "may only"], rows)
    if document["written"]:
        out.line()
        out.line(f"{document['model']} written to {args.model}")
    if document["queries_lost"]:
        out.note(f"{document['queries_lost']} queries were left out: their search broke")


_DIRECTIONS = {1: "raise", -1: "lower", 0: ""}


def _verdict(validation: Validation) -> str:
    if validation.is_better:
        return "better than the untrained order, beyond chance"
    if validation.is_worse:
        return "not better than the untrained order"
    needed = validation.queries_needed
    would = f"; about {needed:,} such queries would" if needed else ""
    return f"better in the mean; so many queries cannot tell it from chance{would}"
