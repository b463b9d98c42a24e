"""Queries that are taken from product titles."""

from __future__ import annotations

from scripts.demonstration.phrases import TitledProduct, sample_phrases


def titles(*texts: str, brand: str = "") -> list[TitledProduct]:
    return [TitledProduct(text, brand) for text in texts]


ENGLISH = titles(
    *(f"Fellgate trail shoe, model {n}" for n in range(6)),
    *(f"Fellgate 18th birthday banner {n}" for n in range(5)),
    *(f"Fellgate set of oak chairs {n}" for n in range(4)),
    *(f"Fellgate lamp number {word}" for word in ("one", "two")),
    brand="Fellgate",
)
CHINESE = titles(
    *(f"{brand}{adjective}连衣裙" for brand in ("云坊", "半夏") for adjective in "红蓝白绿"),
    *(f"{brand}爽肤水" for brand in ("甲", "乙", "丙", "丁")),
)


def test_phrases_come_from_titles_and_every_second_has_a_brand() -> None:
    """The most frequent phrase comes first, and a brand stands before the second."""
    filler = titles(*(f"something else {n} {n}" for n in "abcdefghijklmnopqrstuvwxyz" * 2))
    phrases = sample_phrases([*ENGLISH, *filler], count=3)
    assert phrases[:2] == ["trail shoe", "Fellgate birthday banner"]


def test_small_words_and_numbers_part_phrases() -> None:
    """Words on both sides of a number or of `of` are not neighbours, so no phrase joins them."""
    phrases = sample_phrases(ENGLISH, count=20)
    assert not [phrase for phrase in phrases if "set oak" in phrase or "th birthday" in phrase]


def test_chinese_phrases_are_whole_words() -> None:
    """What always has the same character before it is the tail of a longer word."""
    phrases = sample_phrases(CHINESE, count=10)
    assert "连衣裙" in phrases
    assert not {"衣裙", "肤水"} & set(phrases)


def test_same_titles_give_the_same_queries_in_any_order() -> None:
    """A second run shows the same queries, however the export is sorted."""
    assert sample_phrases(ENGLISH, count=5) == sample_phrases(ENGLISH[::-1], count=5)


def test_titles_without_a_shared_phrase_give_none() -> None:
    """A catalogue of three unlike products yields no query, and no error."""
    assert sample_phrases(titles("a", "", "red trail shoe"), count=5) == []
