"""What a text costs in tokens, and where one that is too long is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.catalogue import build_catalogue
from es_hybrid.local.model import StaticModel
from es_hybrid.token_budget import cut_text, estimated_tokens


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("Light boot. Dries fast. Made for long days.", 12, "Light boot. Dries fast."),
        ("轻薄透气。适合夏季！面料柔软，不易起皱。", 12, "轻薄透气。适合夏季！"),
        ("Sole of 4.5 mm rubber and more", 7, "Sole of 4.5 mm"),
        (
            "First. A much longer second sentence without end",
            15,
            "First. A much longer second sentence",
        ),
        ("Nospacesatallinthisverylongtext", 9, "Nospacesatallinthisv"),
        ("Ends here. And more", 5, "Ends here."),
        ("short", 3, "short"),
        ("Größe 42, wasserdicht. Für lange Tage.", 14, "Größe 42, wasserdicht."),
    ],
)
def test_texts_are_cut_at_sentences_words_or_characters(
    text: str, limit: int, expected: str
) -> None:
    """The cut is at a sentence end if it keeps half of what fits, else between words."""
    assert cut_text(text, limit).text == expected


@given(st.text(max_size=80), st.integers(1, 60))
def test_a_cut_is_a_prefix_within_the_budget_and_says_so(text: str, limit: int) -> None:
    """Nothing is added, the budget holds, and `was_cut` is true exactly if something went."""
    cut = cut_text(text, limit)
    assert text.startswith(cut.text)
    assert estimated_tokens(cut.text) <= limit
    assert cut.was_cut == (estimated_tokens(text) > limit)
    assert cut_text(cut.text, limit) == (cut.text, False)


def test_a_budget_is_the_same_for_every_script() -> None:
    """Chinese and digits cost a token a character, letters less, spaces nothing."""
    assert estimated_tokens("登山靴") == 3
    assert estimated_tokens("4 2 6") == 3
    assert estimated_tokens("boot") == estimated_tokens("сапо") == 2
    assert estimated_tokens("") == estimated_tokens(" \n") == 0


def test_a_tokenizer_makes_no_more_of_the_demo_listings_than_is_estimated() -> None:
    """A vocabulary of 32,000 pieces, the smallest in use, stays within the estimate as a whole."""
    texts = [
        " ".join(str(product.fields.get(name) or "") for name in ("title", "brand", "description"))
        for product in build_catalogue()[:500]
    ]
    english = [text for text in texts if text.isascii()]
    counted = StaticModel.load().tokenizer.encode_batch(english, add_special_tokens=False)
    true = sum(len(each.ids) for each in counted)
    assert true <= sum(map(estimated_tokens, english)) < 2.0 * true
