"""Reads what was shown and clicked from a log of searches, as a ranking is trained on it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from es_hybrid.errors import ConfigurationError
from es_hybrid.evaluate.clicks import Session
from es_hybrid.logs import Reward, read_files
from es_hybrid.logs.history import read_history
from es_hybrid.logs.privacy import is_hash, query_key
from es_hybrid.logs.sessions import click_sessions

__all__ = ["read_sessions"]

_LIKED = frozenset({Reward.CLICKS, Reward.CARTS, Reward.PURCHASES})


def read_sessions(path: str | Path, *, counted: Collection[Reward] = _LIKED) -> list[Session]:
    """Return the first pages that a log holds, with what was done there.

    Later pages are left out: who turned to them is another shopper than who did not. Products in
    places for trying out are marked, and no training counts them. Queries that differ in case, width
    or spaces are one, in its most frequent spelling.

    Args:
        path: A log of `docs/logs.md`, or another one in the shape of User Behavior Insights: NDJSON,
            may be gzipped, or a directory of such files. The words must be there as typed.
        counted: What counts as a click.

    Raises:
        ConfigurationError: The log cannot be read, or no search has words.

    Example:
        `read_sessions("log.ndjson")[0].clicked` is such as `frozenset({2})`.
    """
    spelled: dict[str, Counter[str]] = defaultdict(Counter)

    def first_pages() -> Iterator[Mapping[str, Any]]:
        for record in read_files(path):
            if "action_name" not in record:
                told = record.get("query_attributes")
                if isinstance(told, Mapping) and told.get("from"):
                    continue
                words = str(record.get("user_query") or "").strip()
                spelled[query_key(words)][words] += 1
            yield record

    sessions = click_sessions(read_history(first_pages()).searches, counted=counted)
    if all(is_hash(each.query) for each in sessions):
        raise ConfigurationError(
            f"{path} holds no search with its words and its products",
            hint="log the words as typed, with ES_HYBRID_LOG__TEXT=keep, and both kinds of records",
        )
    return [replace(each, query=spelled[each.query].most_common(1)[0][0]) for each in sessions]
