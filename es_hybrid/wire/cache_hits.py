"""What a cache held for one call of a model, and what the model is still to be asked for. Pure.

What comes out of a store may be anything: whatever is no sound vector or score counts as not found.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass

from es_hybrid._cache import Tally
from es_hybrid.types import TextKind, Vector
from es_hybrid.wire.packed import pack_score, unpack_score, unpack_vector
from es_hybrid.wire.texts import blank_positions

__all__ = [
    "FoundScores",
    "FoundVectors",
    "count_found",
    "found_scores",
    "found_vectors",
    "pack_scores",
    "unpack_scores",
]


@dataclass(frozen=True, slots=True)
class FoundVectors:
    """Texts, and the vectors that were found for some of them.

    Attributes:
        kind: Queries or documents.
        instruction: The task of this call; `None`: the embedder's own.
        texts: All of them, each once, by key.
        keys: One a text.
        rows: What was found, by key.
        missing: The texts without a vector, each once, by key.
    """

    kind: TextKind
    instruction: str | None
    texts: dict[bytes, str]
    keys: tuple[bytes, ...]
    rows: dict[bytes, Vector]
    missing: dict[bytes, str]


@dataclass(frozen=True, slots=True)
class FoundScores:
    """Texts of one query, and the scores that were found for some of them.

    Attributes:
        query: The shopper's words.
        instruction: The task of this call.
        keys: One a text.
        scores: What was found, by key.
        missing: The texts without a score, each once, by key; none is blank.
    """

    query: str
    instruction: str | None
    keys: tuple[bytes, ...]
    scores: dict[bytes, float]
    missing: dict[bytes, str]


def found_vectors(
    keys: Sequence[bytes],
    texts: Sequence[str],
    stored: Mapping[bytes, bytes],
    *,
    kind: TextKind,
    instruction: str | None,
) -> FoundVectors:
    """Return which texts have a vector in what a store gave.

    Args:
        keys: One a text.
        texts: Queries or documents.
        stored: What the store has of the keys.
        kind: Which of the two.
        instruction: The task of this call.

    Example:
        >>> found_vectors([b"k"], ["shoe"], {}, kind=TextKind.QUERY, instruction=None).missing
        {b'k': 'shoe'}
    """
    rows = {key: row for key, value in stored.items() if (row := unpack_vector(value)) is not None}
    if len({len(row) for row in rows.values()}) > 1:
        rows = {}  # of two models, which of them is the present one is not known here
    wanted = dict(zip(keys, texts, strict=True))
    missing = {key: text for key, text in wanted.items() if key not in rows}
    return FoundVectors(kind, instruction, wanted, tuple(keys), rows, missing)


def found_scores(
    keys: Sequence[bytes],
    texts: Sequence[str],
    stored: Mapping[bytes, bytes],
    *,
    query: str,
    instruction: str | None,
) -> FoundScores:
    r"""Return which texts have a score in what a store gave.

    Args:
        keys: One a text.
        texts: Products as the reranker sees them.
        stored: What the store has of the keys.
        query: The shopper's words.
        instruction: The task of this call.

    Example:
        >>> keys, stored = [b"a", b"b"], {b"a": b"\x00\x00\x00?"}
        >>> found = found_scores(keys, ["boot", "shoe"], stored, query="shoe", instruction=None)
        >>> found.scores, found.missing
        ({b'a': 0.5}, {b'b': 'shoe'})
    """
    scores = unpack_scores(stored)
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in scores}
    blank = set(blank_positions(list(missing.values())))
    if blank:  # never kept: what a blank text is worth depends on its neighbours
        missing = {k: t for place, (k, t) in enumerate(missing.items()) if place not in blank}
    return FoundScores(query, instruction, tuple(keys), scores, missing)


def count_found(
    tallies: Sequence[Tally],
    keys: Sequence[bytes],
    found: Container[bytes],
    missing: Container[bytes],
) -> None:
    """Count in each tally whether its text was found; a blank text is neither hit nor miss."""
    for tally, key in zip(tallies, keys, strict=False):
        if key in found or key in missing:
            tally.count(found=key in found)


def pack_scores(scores: Mapping[bytes, float]) -> dict[bytes, bytes] | None:
    """Return scores as a store keeps them; `None` if one of them is beyond float32.

    Example:
        >>> pack_scores({b"a": 1.0, b"b": 1e300}) is None
        True
    """
    packed = {key: value for key, score in scores.items() if (value := pack_score(score))}
    return packed if len(packed) == len(scores) else None


def unpack_scores(stored: Mapping[bytes, bytes]) -> dict[bytes, float]:
    """Return the sound ones among the scores that a store gave."""
    return {
        key: score for key, value in stored.items() if (score := unpack_score(value)) is not None
    }
