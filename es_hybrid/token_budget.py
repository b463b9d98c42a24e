"""How many tokens a text is, about, and where one that is too long is cut.

No tokenizer is asked: every model has its own, and a client that knows a server by its address has
none of them. The estimate leans to too many, so that what fits here fits on the server.

A letter of the Latin, Greek or Cyrillic alphabet counts 0.45, a space nothing, any other character
(a Chinese one, a digit, a mark) 1. For English listings that is what a vocabulary of 32,000 pieces
makes of them, on average; larger ones, such as Qwen's 151,000, make fewer. Of Chinese, Qwen makes
about 0.6 tokens a character, and a BERT one. `python -m benchmarks.tokens` compares.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["MAX_TOKENS", "CutText", "cut_text", "estimated_tokens"]

MAX_TOKENS = 384
"""What one text may have unless the settings say otherwise: small models read 512."""

_UNIT = 20  # a token; weights are whole twentieths of one
_LETTER = 9
_LAST = 0xFFFF  # characters beyond count as this one: 1
_MARK = re.compile(r"[.!?。！？；…\n]")  # noqa: RUF001 - Chinese punctuation is meant
# A full stop ends a sentence only before a space ("4.5 mm"); Chinese marks end one anywhere.
_SENTENCE_END = re.compile(
    r"[.!?]['\")\]]*(?=\s)|[。！？；…]['\"”’」』）]*|\n"  # noqa: RUF001 - Chinese punctuation is meant
)


def _weights() -> NDArray[np.uint8]:
    weights = np.full(_LAST + 1, _UNIT, np.uint8)
    for first, last in (("A", "Z"), ("a", "z"), ("\u00c0", "\u024f"), ("\u0370", "\u052f")):
        weights[ord(first) : ord(last) + 1] = _LETTER
    for space in " \t\n\r\u00a0\u3000":
        weights[ord(space)] = 0
    return weights


_WEIGHTS = _weights()


class CutText(NamedTuple):
    """A text, and whether something was cut off its end."""

    text: str
    was_cut: bool


def estimated_tokens(text: str) -> int:
    """Return about how many tokens a text is, rather too many than too few.

    Example:
        >>> estimated_tokens("waterproof hiking boot"), estimated_tokens("防水登山靴")
        (9, 5)
    """
    return -(-int(_weights_of(text).sum()) // _UNIT)


def cut_text(text: str, max_tokens: int) -> CutText:
    """Cut a long text at the end of a sentence.

    Where the last sentence end would lose more than half of what fits, the cut is between words;
    where there are none, after the last character that fits.

    Args:
        text: Any text; English and Chinese punctuation is understood.
        max_tokens: Tokens that may stay, as `estimated_tokens` counts them.

    Example:
        >>> cut_text("Light boot. Dries fast. Made for long days.", 12)
        CutText(text='Light boot. Dries fast.', was_cut=True)
    """
    if len(text) <= max_tokens:  # no character counts more than one
        return CutText(text, was_cut=False)
    weights = _weights_of(text)
    if weights.sum() <= max_tokens * _UNIT:
        return CutText(text, was_cut=False)
    fits = int(np.searchsorted(weights.cumsum(dtype=np.int64), max_tokens * _UNIT, side="right"))
    return CutText(text[: _good_end(text, fits)].rstrip(), was_cut=True)


def _good_end(text: str, fits: int) -> int:
    """Return where to cut: at most after `fits` characters, at least after half of them."""
    sentence = 0
    for mark in _MARK.finditer(text, fits // 2, fits):
        # One character more, so that a sentence ending exactly at the limit is seen to end there.
        end = _SENTENCE_END.match(text, mark.start(), fits + 1)
        if end is not None and end.end() <= fits:
            sentence = end.end()
    if sentence * 2 >= fits:
        return sentence
    word = text.rfind(" ", 0, fits + 1)
    return word if word * 2 >= fits else fits


def _weights_of(text: str) -> NDArray[np.uint8]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.dtype("<u4"))
    return _WEIGHTS[np.minimum(codes, _LAST)]
