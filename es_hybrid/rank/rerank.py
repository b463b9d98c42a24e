"""Choose what a reranker sees, and merge its scores back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from es_hybrid.product_templates import filled
from es_hybrid.rank.normalize import minmax
from es_hybrid.token_budget import CutText, cut_text
from es_hybrid.types import HitKey, Scores

_ABOVE_NOTHING = 1e-9
"""The worst rerank score is still more than none."""


def product_text(
    source: Mapping[str, Any],
    fields: Sequence[str],
    *,
    max_tokens: int,
    template: str | None = None,
) -> CutText:
    """Return what the reranker reads of a product, and whether it would have been longer.

    Args:
        source: The document.
        fields: Whose values are joined, in order.
        max_tokens: Of the text, at most.
        template: Filled in place of joining the fields; see `product_templates`.

    Example:
        >>> product_text({"title": "Trail shoe", "brand": "Acme"}, ["title", "brand"], max_tokens=99).text
        'Trail shoe. Acme'
    """

    def text_of(name: str) -> str:
        return " ".join(_texts(_value(source, name)))

    text = filled(template, text_of) if template else ". ".join(filter(None, map(text_of, fields)))
    return cut_text(text, max_tokens)


def product_texts(
    keys: Mapping[int, HitKey],
    sources: Mapping[HitKey, Mapping[str, Any]],
    fields: Sequence[str],
    *,
    max_tokens: int,
    template: str | None = None,
) -> dict[int, CutText]:
    """Return what the reranker reads, by place; products without any text are left out.

    Args:
        keys: Which candidates are reranked, by their place.
        sources: Their documents; a deleted one is missing.
        fields: What of a document is read, in order.
        max_tokens: Of one text, at most.
        template: Filled in place of joining the fields.
    """
    texts = {
        place: product_text(sources.get(key, {}), fields, max_tokens=max_tokens, template=template)
        for place, key in keys.items()
    }
    return {place: text for place, text in texts.items() if text.text}


def blend(
    fused: Scores, positions: Sequence[int], reranked: Sequence[float], weight: float
) -> Scores:
    """Return the relevance of every candidate: `(1 - weight) * fused + weight * reranked`.

    Rerank scores are min-max scaled over what was reranked, to just above 0; a candidate that was
    not reranked has none and counts as 0. As only the best of the fused order are reranked, none of
    them falls below one that was not.

    Args:
        fused: Fused scores from 0 to 1, shape `(n,)`.
        positions: Which candidates were reranked.
        reranked: Their scores, in the order of `positions`.
        weight: Share of the rerank score, 0 to 1.

    Example:
        >>> blend(np.array([1.0, 0.5, 0.1]), [0, 1], [0.2, 0.9], 0.5).round(3).tolist()
        [0.5, 0.75, 0.05]
    """
    relevance = (1.0 - weight) * fused
    scaled = minmax(np.asarray(reranked, dtype=np.float64))
    relevance[list(positions)] += weight * (_ABOVE_NOTHING + (1.0 - _ABOVE_NOTHING) * scaled)
    return relevance


def _value(source: Any, path: str) -> Any:
    """Return the value of a dotted path; a document may spell it nested or flat."""
    if isinstance(source, list):
        return [_value(item, path) for item in source]
    if not isinstance(source, Mapping):
        return None
    if path in source:
        return source[path]
    head, _, rest = path.partition(".")
    if not rest:
        return None
    inner = source.get(head)
    # A multi-field such as brand.text has no value of its own in the document.
    return _value(inner, rest) if isinstance(inner, (Mapping, list)) else inner


def _texts(value: Any) -> Iterator[str]:
    match value:
        case None | bool():
            return
        case str():
            yield value.strip()
        case int() | float():
            yield str(value)
        case Mapping():
            for name, inner in value.items():
                for text in _texts(inner):
                    yield f"{name} {text}"
        case Sequence():
            for inner in value:
                yield from _texts(inner)
