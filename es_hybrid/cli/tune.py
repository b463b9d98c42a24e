"""Choose weights and sizes on judged queries, and say whether they do better on others.

QRELS and QUERIES are those of evaluate. A wide set of candidates is retrieved once; only other fields and types
of multi_match need another search, everything else is ranked again without one. The choice is measured on held-out queries
by nested cross-validation. --out FILE gets the settings, for use with --settings FILE, and the evidence. Exits with 3 if the
tuned settings do not beat the current ones; FILE then holds them as comments and changes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from es_hybrid import HybridClient, HybridError, __version__
from es_hybrid.cli.candidates import Retrieval, patient
from es_hybrid.cli.connect import load_settings, open_shop
from es_hybrid.cli.files import write_whole
from es_hybrid.cli.judged import read_vectors
from es_hybrid.cli.measure import forgetful
from es_hybrid.cli.output import Output
from es_hybrid.cli.tune_arguments import add_arguments
from es_hybrid.cli.tune_report import evidence_of, print_tuning
from es_hybrid.evaluate import JudgedQuery, Scale, judged_queries, read_judged_set
from es_hybrid.profiles import embedder_profile, reranker_profile
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.settings import CacheSettings, Settings
from es_hybrid.tuning import (
    CandidateFile,
    Chooser,
    Configuration,
    LexicalVariant,
    Provenance,
    Replay,
    ScoreTable,
    Space,
    TunedSettings,
    changed_settings,
    toml_text,
    tune,
)
from es_hybrid.types import Json

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "tune products --qrels qrels.csv --queries queries.csv --out tuned.toml"
INTERRUPTED = "nothing was changed; with --candidates, run the same command again to continue"

_TIMED = 8
_CHECKED = 10
_SCORE_BYTES = 512_000_000
_BOOST_SIZES = (0.0, 0.5, 1.0, 1.5)


def run(args: argparse.Namespace) -> int:
    """Retrieve, choose, measure, and write the settings."""
    out = Output.of(args)
    judged = read_judged_set(args.qrels, queries=args.queries)
    queries = judged_queries(judged.queries, judged.judgments, relevant_from=args.relevant_from)
    boosts = _boosts(args.boosts)
    vectors = read_vectors(args.query_vectors, queries)
    in_force = load_settings(args)
    cache = CacheSettings(score_bytes=_SCORE_BYTES)
    with open_shop(patient(in_force).model_copy(update={"cache": cache})) as shop:
        schema = shop.capabilities(args.index).schema
        default = _default(in_force, shop, schema.search_fields, own_vectors=bool(vectors))
        space = _space(args, shop, schema.search_fields, boosts=boosts).including(default.base)
        retrieval = Retrieval(shop, args.index, vectors, boosts, space.widest)
        file = CandidateFile.open(args.candidates, _provenance(args, shop, space), queries)
        _retrieve(retrieval, file, space, queries, out)
        _time(retrieval, file, space, queries, settings=in_force)
        table = ScoreTable(
            candidates=file.found,
            judgments=judged.judgments,
            measure=args.measure,
            scale=Scale.of(judged.judgments, relevant_from=args.relevant_from),
            replay=_replay(args, in_force, shop, schema, boosts),
            took_ms={pair: timing.p50_ms for pair, timing in file.timings.items()},
            worth=args.worth,
        )
        agreeing, checked = _agreement(retrieval, table, default, queries)
        server = str(shop.es.info()["version"]["number"])
    chooser = Chooser(
        table,
        space,
        default,
        space.drawn(default.base, count=args.trials, seed=args.seed),
        least=args.least,
        seed=args.seed,
    )
    with out.progress("tune", total=args.folds * args.repeats) as progress:
        report = tune(
            table,
            chooser,
            queries,
            folds=args.folds,
            repeats=args.repeats,
            seed=args.seed,
            done=progress.done,
        )
    settings = changed_settings(report.settings, default)
    if report.settings.base.boost != default.base.boost:
        sized = _sized(boosts, report.settings.base.boost)
        settings["rules"] = {"inline": {"boosts": sized}}
    evidence = evidence_of(
        report,
        index=args.index,
        made=datetime.now(UTC),
        seed=args.seed,
        versions={"es_hybrid": __version__, "elasticsearch": server},
        replayed=(agreeing, checked),
    )
    _write(args.out, settings, evidence, recommended=report.is_better)
    print_tuning(report, settings, evidence, table=table, space=space, queries=queries, out=out)
    return 0 if report.is_better else 3


def _default(
    settings: Settings, shop: HybridClient, fields: Sequence[str], *, own_vectors: bool
) -> TunedSettings:
    """Return what a search does now, for lack of other settings."""
    search, rerank = settings.search, settings.rerank
    embedder = None if shop.embedder is None else shop.embedder.model
    weight = 0.5 if own_vectors else embedder_profile(embedder).lexical_weight
    model = getattr(shop.reranker, "model", None) or rerank.model
    blend = reranker_profile(model).blend if rerank.blend is None else rerank.blend
    base = Configuration(
        lexical=LexicalVariant(tuple(fields), settings.index.match_type),
        method=search.fusion,
        k=search.rrf_k,
        lexical_weight=weight if search.lexical_weight is None else search.lexical_weight,
        window=search.window,
        top=rerank.top,
        blend=0.0 if shop.reranker is None else blend,
    )
    if search.normalize is not None:
        base = replace(base, normalizer=search.normalize)
    blends = {} if shop.reranker is None else rerank.blends
    return TunedSettings(base, dict(search.lexical_weights), dict(blends))


def _space(
    args: argparse.Namespace, shop: HybridClient, fields: Sequence[str], *, boosts: Sequence[Json]
) -> Space:
    space = Space.of(fields, args.space)
    if boosts and space.boost == (1.0,):
        space = replace(space, boost=_BOOST_SIZES)
    return space if shop.reranker is not None else space.without_reranker()


def _provenance(args: argparse.Namespace, shop: HybridClient, space: Space) -> Provenance:
    found = shop.es.indices.get_settings(index=args.index, filter_path="*.settings.index.uuid")
    uuids = sorted(each["settings"]["index"]["uuid"] for each in found.values())
    embedder = None if shop.embedder is None else shop.embedder.model
    if args.query_vectors:
        embedder = f"vectors {_hash(Path(args.query_vectors).read_bytes())}"
    reranker = None
    if shop.reranker is not None:
        reranker = getattr(shop.reranker, "model", None) or shop.settings.rerank.model
    boosts = _hash(Path(args.boosts).read_bytes()) if args.boosts else None
    return Provenance(args.index, tuple(uuids), embedder, reranker, space.widest, boosts)


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _retrieve(
    retrieval: Retrieval,
    file: CandidateFile,
    space: Space,
    queries: Sequence[JudgedQuery],
    out: Output,
) -> None:
    total = len(space.variants) * len(queries)
    with out.progress("retrieve", total=total) as progress:
        retrieval.fill(file, space.variants, queries, done=progress.done)


def _time(
    retrieval: Retrieval,
    file: CandidateFile,
    space: Space,
    queries: Sequence[JudgedQuery],
    *,
    settings: Settings,
) -> None:
    if all(pair in file.timings for pair in space.stages):
        return
    some = queries[:: max(1, len(queries) // _TIMED)][:_TIMED]
    with open_shop(patient(forgetful(settings))) as shop:
        replace(retrieval, shop=shop).time(file, space.stages, some)


def _replay(
    args: argparse.Namespace, settings: Settings, shop: HybridClient, schema: Any, boosts: Any
) -> Replay:
    least = settings.search.min_similarity
    if least is None and not args.query_vectors and shop.embedder is not None:
        least = embedder_profile(shop.embedder.model).min_similarity
    sizes = _BOOST_SIZES if boosts else ()
    return Replay(
        floor=None if least is None or schema.vector is None else schema.vector.score(least),
        boosts={size: read_boosts(_sized(boosts, size)) for size in sizes},
        clamp=(settings.search.boost_min, settings.search.boost_max),
        now_s=datetime.now(UTC).timestamp(),
        depth=args.measure.depth,
    )


def _agreement(
    retrieval: Retrieval,
    table: ScoreTable,
    default: TunedSettings,
    queries: Sequence[JudgedQuery],
) -> tuple[int, int]:
    """Count first pages of real searches that the replay ranks alike."""
    some = queries[:: max(1, len(queries) // _CHECKED)][:_CHECKED]
    alike = 0
    for query in some:
        configuration = default.of(query.text)
        found = table.candidates[configuration.lexical, query.id]
        shown, _ = retrieval.page(query)
        depth = min(len(shown), table.replay.depth)
        alike += shown[:depth] == table.replay.ranking(found, configuration)[:depth]
    return alike, len(some)


def _boosts(path: str | None) -> list[Json]:
    if path is None:
        return []
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise HybridError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise HybridError(f"{path} is not JSON: {error}") from None
    if not isinstance(content, list):
        raise HybridError(f"{path} holds no list", hint="write boosts as in ext.hybrid.boosts")
    read_boosts(content, path=path)
    return content


def _sized(boosts: Sequence[Json], size: float) -> list[Json]:
    """Return boosts whose factors are raised to a power: 0 is none, 1 as they are."""
    return [
        {**boost, "factor": round(float(boost["factor"]) ** size, 4)}
        if "factor" in boost
        else boost
        for boost in boosts
    ]


def _write(path: str | None, settings: Any, evidence: Json, *, recommended: bool) -> None:
    if path is None:
        return
    title = [
        f"Written by es-hybrid tune {__version__} on {evidence['made']} for index {evidence['index']}.",
        evidence["verdict"],
    ]
    if not recommended:
        title.append("So nothing is set here; what was chosen stands below as comments.")
    text = toml_text(settings, evidence=evidence, title=title, in_force=recommended)
    write_whole(path, text)
