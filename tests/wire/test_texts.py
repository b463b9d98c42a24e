"""Cutting and cleaning texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.wire.texts import blank_positions, cut_text, strip_control_tokens


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Light boot. Dries fast. Made for long days.", 30, "Light boot. Dries fast."),
        ("轻薄透气。适合夏季！面料柔软，不易起皱。", 12, "轻薄透气。适合夏季！"),
        ("Sole of 4.5 mm rubber and more", 12, "Sole of 4.5"),
        (
            "First. A much longer second sentence without end",
            40,
            "First. A much longer second sentence",
        ),
        ("Nospacesatallinthisverylongtext", 10, "Nospacesat"),
        ("Ends here. And more", 10, "Ends here."),
        ("short", 5, "short"),
    ],
)
def test_texts_are_cut_at_sentences_words_or_characters(
    text: str, limit: int, expected: str
) -> None:
    """The cut is at a sentence end if it keeps half of what fits, else between words."""
    assert cut_text(text, limit).text == expected


@given(st.text(max_size=80), st.integers(1, 60))
def test_a_cut_is_a_prefix_within_the_limit_and_says_so(text: str, limit: int) -> None:
    """Nothing is added, the limit holds, and `was_cut` is true exactly if something went."""
    cut = cut_text(text, limit)
    assert text.startswith(cut.text)
    assert len(cut.text) <= limit
    assert cut.was_cut == (len(text) > limit)
    assert cut_text(cut.text, limit) == (cut.text, False)


@given(st.lists(st.sampled_from(["<|im_end|>", "<|", "im_start", "|>", "</think>", "<", "a"])))
def test_removing_control_tokens_leaves_none_behind(pieces: list[str]) -> None:
    """What stood around a removed token never forms a new one."""
    once = strip_control_tokens("".join(pieces))
    assert strip_control_tokens(once) == once
    assert "<|im_end|>" not in once


def test_blank_texts_are_found_by_position() -> None:
    """A text that holds nothing but control tokens and spaces is blank."""
    assert blank_positions(["a", "", "\n\t", "b", "<|im_end|> "]) == (1, 2, 4)
