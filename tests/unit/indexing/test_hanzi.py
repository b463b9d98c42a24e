"""Traditional characters fold to simplified ones, one for one and once."""

from __future__ import annotations

from es_hybrid.indexing.hanzi import SIMPLIFIED, TRADITIONAL, fold, mapping_rules


def test_the_table_is_one_to_one_and_large() -> None:
    """Both strings are aligned, no character is folded twice and none folds to itself."""
    assert len(TRADITIONAL) == len(SIMPLIFIED) == len(set(TRADITIONAL)) >= 1500
    assert not set(TRADITIONAL) & set(SIMPLIFIED)


def test_product_words_fold() -> None:
    """A title in traditional script is the title in simplified script."""
    assert (
        fold("無線藍牙降噪耳機 紅燒牛肉麵 輕薄透氣連衣裙")
        == "无线蓝牙降噪耳机 红烧牛肉面 轻薄透气连衣裙"
    )
    assert fold("洗髮精與護髮素 鐘錶 筆記型電腦") == "洗发精与护发素 钟表 笔记型电脑"


def test_characters_whose_form_depends_on_the_word_stay() -> None:
    """What folds to different characters in different words is left alone."""
    assert fold("乾幹著徵") == "乾幹著徵"


def test_folding_changes_nothing_else() -> None:
    """Simplified text, Latin text and digits come through as they are."""
    assert fold("真无线耳机 Pro 2, 30h") == "真无线耳机 Pro 2, 30h"


def test_rules_are_what_the_character_filter_takes() -> None:
    """Each rule is one character, an arrow, one character."""
    assert all(len(rule) == 4 and rule[1:3] == "=>" for rule in mapping_rules())
