"""What is logged: each event with its level, logger and fields read in the code, and its meaning.

`gendocs.py` makes the table of it. An event that is logged and not explained here, or the other way
round, is an error, so that the table stays complete.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import es_hybrid

PACKAGE = Path(es_hybrid.__file__).resolve().parent
LEVELS = {"debug", "info", "warning", "error"}


MEANINGS = {
    "cache.failed": "Redis failed or took too long; the values count as missing",
    "documents.asked_again": "a shard was away, and documents are looked up again",
    "experiment.look_failed": "the look at an experiment's guardrails failed; the next one is in a while",
    "experiment.record_failed": "an outcome could not be written; the search goes on",
    "experiment.stopped": "a guardrail is broken, and everybody gets the old search again",
    "follow.chunk": "changes of a source are written",
    "follow.note": "something about the source that a person should know",
    "follow.waiting": "the source or Elasticsearch is away, and is waited for",
    "hook.failed": "the metrics hook raised; the search goes on",
    "ingest.batch_lowered": "the embedding server refused a batch whose halves it took",
    "ingest.done": "a run has ended well",
    "ingest.embedder_failed": "the embedder's first failure of a run",
    "ingest.embedding_slowed": "the embedding server is busy and is asked less at once",
    "ingest.first_load_begun": "an empty index is filled without refreshes and replicas",
    "ingest.first_load_refused": "this key may not change settings; the load goes on with both",
    "ingest.items_retried": "documents that were rejected for now go again",
    "ingest.settings_not_restored": "refreshes and replicas could not be put back",
    "ingest.settings_restored": "refreshes and replicas are as they were meant",
    "ingest.slowed": "Elasticsearch is busy and is sent less at once",
    "ingest.store_failed": "where `vectors_from` points failed; texts are embedded anew",
    "log.record_failed": "a search could not be made a record; the search goes on",
    "log.write_failed": "records of searches or events were not written; they are counted",
    "log.write_recovered": "records are written again",
    "model.wrong": "a model gave a wrong answer to the question asked at start",
    "recommend.table_replaced": "a new table of what is bought together is in use",
    "reindex.alias_swapped": "readers and writers are on the new index",
    "reindex.done": "a reindex has ended well",
    "reindex.items_retried": "documents that were rejected for now go again",
    "reindex.load_unknown": "this key may not see the node's load; pauses are fixed",
    "reindex.step": "a step begins",
    "search.degraded": "a model failed, and the search goes on without",
    "search.done": "a search has ended, with the words only where `log_queries` is set",
    "shadow.failed": "the search beside the served one failed; the served one is untouched",
    "serve.answered": "the HTTP service answered a request",
    "shopper.not_recorded": "what a shopper did could not be stored; nothing fails for it",
    "update.done": "a run of `update_fields` has ended well",
    "warm.done": "a run of `warm_products` has ended well",
}


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """One event, as some line of the package logs it.

    Attributes:
        name: `noun.verb`.
        level: Of the logger.
        logger: Its name.
        fields: Names of the fields.
    """

    name: str
    level: str
    logger: str
    fields: tuple[str, ...]


def logged_events(package: Path = PACKAGE) -> list[Event]:
    """Return every event that the package logs, sorted; those of the generated half are the same.

    Raises:
        SystemExit: One has no meaning here, or a meaning has no event.
    """
    found = sorted(
        {
            event
            for path in package.rglob("*.py")
            if "_sync" not in path.parts and path.name != "_logging.py"
            for event in _events_of(ast.parse(path.read_text(encoding="utf-8")))
        }
    )
    names = {event.name for event in found}
    if names != MEANINGS.keys():
        raise SystemExit(
            "scripts/dev/log_events.py: explain, or remove: "
            + ", ".join(sorted(names ^ MEANINGS.keys()))
        )
    return found


def _events_of(tree: ast.Module) -> Iterator[Event]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    loggers = [
        str(call.args[0].value)
        for call in calls
        if _called(call) == "get_logger" and call.args and isinstance(call.args[0], ast.Constant)
    ]
    for call in calls:
        if not loggers or not call.args:
            continue
        first = call.args[0]
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            continue
        if _called(call) in LEVELS:
            fields = tuple(keyword.arg or "**" for keyword in call.keywords)
            yield Event(first.value, _called(call), loggers[0], fields)
        elif (
            _called(call) == "_tell" and len(call.args) == 2 and isinstance(call.args[1], ast.Dict)
        ):
            names = [str(key.value) for key in call.args[1].keys if isinstance(key, ast.Constant)]
            logged = tuple(name for name in names if name != "failures")  # for `on_event` alone
            yield Event(first.value, "info", loggers[0], logged)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""
