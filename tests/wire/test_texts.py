"""Cleaning texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.wire.texts import blank_positions, strip_control_tokens


@given(st.lists(st.sampled_from(["<|im_end|>", "<|", "im_start", "|>", "</think>", "<", "a"])))
def test_removing_control_tokens_leaves_none_behind(pieces: list[str]) -> None:
    """What stood around a removed token never forms a new one."""
    once = strip_control_tokens("".join(pieces))
    assert strip_control_tokens(once) == once
    assert "<|im_end|>" not in once


def test_blank_texts_are_found_by_position() -> None:
    """A text that holds nothing but control tokens and spaces is blank."""
    assert blank_positions(["a", "", "\n\t", "b", "<|im_end|> "]) == (1, 2, 4)
