"""Reads searches and clicks from a log in the shape of User Behavior Insights (UBI).

https://github.com/o19s/ubi, schema 1.3.0: one JSON object a line, of searches and of events, in any
order; an event names its search by `query_id`.
"""

from __future__ import annotations

from pathlib import Path

import orjson

from es_hybrid.errors import ConfigurationError
from es_hybrid.evaluate.clicks import Session
from es_hybrid.evaluate.text_files import text_lines

__all__ = ["read_sessions"]

_ACTIONS = frozenset({"click", "add_to_cart", "purchase"})


def read_sessions(path: str | Path, *, actions: frozenset[str] = _ACTIONS) -> list[Session]:
    """Return the first pages that a log holds, with what was done there.

    Later pages are left out: who turned to them is another shopper than who did not.

    Args:
        path: NDJSON, may be gzipped. A search has `query_id`, `user_query` and
            `query_response_hit_ids`, an event `query_id`, `action_name` and
            `event_attributes.object.object_id`.
        actions: What counts as a click.

    Raises:
        ConfigurationError: A line is not such a record, or no search has words.
        JudgmentError: The file cannot be read.

    Example:
        `read_sessions("log.ndjson")[0].clicked` is such as `frozenset({2})`.
    """
    shown: dict[str, tuple[str, list[str]]] = {}
    clicked: dict[str, set[str]] = {}
    for place, line in text_lines(path):
        try:
            record = orjson.loads(line)
            query_id = str(record["query_id"])
            if "query_response_hit_ids" in record:
                first = not (record.get("query_attributes") or {}).get("from")
                words = str(record.get("user_query") or "").strip()
                if first and words:
                    shown[query_id] = words, [str(i) for i in record["query_response_hit_ids"]]
            elif record.get("action_name") in actions:
                product = record["event_attributes"]["object"]["object_id"]
                clicked.setdefault(query_id, set()).add(str(product))
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            # The line may hold a shopper's words, so it is not repeated.
            raise ConfigurationError(
                f"{place} is no record of UBI ({type(error).__name__})",
                hint="see docs/learned-ranking.md for the fields that are read",
            ) from None
    if not shown:
        raise ConfigurationError(
            f"{path} holds no search with its words and its products",
            hint="log the words as typed, and join searches and events in one file",
        )
    return [
        Session(words, ids, frozenset(n for n, id_ in enumerate(ids) if id_ in clicked.get(q, ())))
        for q, (words, ids) in shown.items()
        if ids
    ]
