"""Kinds of queries."""

from __future__ import annotations

import pytest

from es_hybrid.evaluate import JudgedQuery, QueryKind, kind_of, with_kinds

BRANDS = {"hp", "de'longhi", "allied telesis"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("轻薄透气夏季连衣裙", "chinese"),
        ("iPhone 15 手机壳", "chinese"),
        ("dv7-1211ea", "code"),
        ("hp dv7-1211ea notebook", "code"),
        ("4006381333931", "code"),
        ("HP laptop", "brand"),
        ("allied telesis switch", "brand"),
        ("telesis allied switch", "keywords"),
        ("shpx laptop", "keywords"),
        ("red dress", "attribute"),
        ("usb cable 2 m", "attribute"),
        ("27 inch monitor", "attribute"),
        ("shoes for muddy hills", "natural language"),
        ("quiet hp laptop with long battery life", "natural language"),
        ("coffee grinder", "keywords"),
    ],
)
def test_a_query_is_told_by_its_words(text: str, kind: str) -> None:
    """Each kind is what a shop's search team would call it."""
    assert kind_of(text, brands=BRANDS) == kind


def test_a_kind_that_somebody_gave_is_kept() -> None:
    """A label of the file wins; other labels stay."""
    queries = [
        JudgedQuery("q1", "red dress", {"kind": "gift", "language": "en"}),
        JudgedQuery("q2", "red dress", {"language": "en"}),
    ]
    first, second = with_kinds(queries)
    assert first.labels == {"kind": "gift", "language": "en"}
    assert second.labels == {"kind": QueryKind.ATTRIBUTE, "language": "en"}
