"""Whether the alias may move: verdicts on what was found in both indices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from es_hybrid.indexing.reindex.fields import guess
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.indexing.reindex.report import Check
from es_hybrid.indexing.reindex.texts import values_at

__all__ = [
    "check_count",
    "check_dims",
    "check_overlap",
    "check_sample",
    "check_uuids",
    "check_vectors",
    "overlap_at",
    "probe_fields",
    "probe_words",
    "same_document",
]


def check_uuids(plan: ReindexPlan, *, old: str | None, new: str | None, made: str | None) -> Check:
    """Both indices are those of the plan, not others that took their names."""
    passed = old == plan.old_uuid and new is not None and new == made
    detail = "both indices are those of the plan"
    if old != plan.old_uuid:
        detail = f"{plan.old_index} is not the index that was planned with"
    elif not passed:
        detail = f"{plan.new_index} is not the index that was filled"
    return Check("uuid", passed, detail)


def check_count(*, old: int, new: int, under_way: int) -> Check:
    """Both hold as many documents, but for writes under way."""
    passed = abs(old - new) <= under_way
    detail = f"{new:,} of {old:,} documents"
    return Check(
        "count", passed, f"{detail}, {under_way:,} writes under way" if under_way else detail
    )


def same_document(
    old: Mapping[str, Any] | None, new: Mapping[str, Any] | None, *, ours: Collection[str]
) -> bool:
    """Tell whether two documents are equal but for our own fields."""
    if old is None or new is None:
        return old is new

    def shop(document: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in document.items() if name not in ours}

    return shop(old) == shop(new)


def check_sample(*, sampled: int, differing: Sequence[str]) -> Check:
    """Sampled documents are equal; ids that differ are named."""
    detail = f"{sampled:,} sampled documents are equal"
    if differing:
        shown = ", ".join(differing[:5])
        detail = f"{len(differing):,} of {sampled:,} sampled documents differ: {shown}"
    return Check("sample", not differing, detail)


def check_dims(plan: ReindexPlan, *, field: Mapping[str, Any]) -> Check:
    """The new index's vector field has the dims of the plan."""
    found = field.get("dims")
    return Check("dims", found == plan.dims, f"{found} dims, {plan.dims} planned")


def check_vectors(*, missing: int, tolerated: int, trouble: str | None) -> Check:
    """No document lacks its vector because the embedder was down."""
    passed = missing <= tolerated
    detail = "every text has its vector" if not missing else f"{missing:,} texts have no vector"
    return Check("vectors", passed, f"{detail}: {trouble}" if trouble and missing else detail)


_AS_GOOD = 0.95


def overlap_at(scores: Sequence[float], *, last: float, hits: int) -> float:
    """Return the share of the old first hits that are as good as the new first ones; 1 without any.

    Products with equal scores come in any order, and scores shift a little with what an index has
    deleted, so a hit counts where its new score is at least 95 % of that of the last new hit.

    Args:
        scores: The new scores of the old first hits.
        last: Score of the last of the new hits that count as first.
        hits: How many old first hits there were.

    Example:
        >>> overlap_at([9.1, 7.0, 2.0], last=7.2, hits=4)
        0.5
    """
    return sum(score >= _AS_GOOD * last for score in scores) / hits if hits else 1.0


def check_overlap(overlaps: Sequence[float], *, least: float, top: int) -> Check:
    """Probe queries find mostly what they found before."""
    if not overlaps:
        return Check("probes", passed=True, detail="there is nothing to ask for")
    mean = sum(overlaps) / len(overlaps)
    detail = f"overlap@{top} is {mean:.2f} in {len(overlaps)} probe queries, {least:.2f} is asked"
    return Check("probes", mean >= least, detail)


_FIELDS = 4
_WORDS = 6


def probe_fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the fields that probe queries search: those that both mappings search."""

    def searched(mapping: Mapping[str, Any]) -> list[str]:
        return [name.partition("^")[0] for name in guess(mapping)["search_fields"]]

    both = set(searched(new))
    return [name for name in searched(old) if name in both][:_FIELDS]


def probe_words(document: Mapping[str, Any], fields: Sequence[str]) -> str:
    """Return the first words of a document, which a probe query asks for; empty without any.

    Example:
        >>> probe_words({"brand": "", "title": "Trail shoe"}, ["brand", "title"])
        'Trail shoe'
    """
    for field in fields:
        for value in values_at(document, field):
            if isinstance(value, str) and value.split():
                return " ".join(value.split()[:_WORDS])
    return ""
