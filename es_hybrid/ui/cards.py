"""An answer as a list of cards: what a person sees of each product, and what its score is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from es_hybrid.indexing.reindex.texts import values_at
from es_hybrid.rank.parts import HitParts
from es_hybrid.response import HybridResponse
from es_hybrid.ui.catalogue import RATING, Catalogue
from es_hybrid.ui.words import Words

__all__ = ["Bar", "Card", "Panel", "Seeds", "card_of", "image_address", "panel_of"]

_LONGEST_TITLE = 300
_LONGEST_DETAIL = 80
_LARGEST_FACTOR = 2.0
_NO_DECIMALS = 1000.0
_MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a hit's score.

    Attributes:
        part: `lexical`, `semantic`, `rerank` or `boost`.
        share: Length, 0 to 1: of the best one in the list, for boosts of the factor 2.
        value: The figure beside it.
    """

    part: str
    share: float
    value: str


@dataclass(frozen=True, slots=True)
class Card:
    """One product.

    Attributes:
        id: Document id.
        place: From 1; 0 where there is no order.
        title: The product's name.
        image: Address of its picture, checked; `None` without one.
        details: Brand, price and the like, as texts.
        score: Final score.
        bars: Its parts.
        why: One sentence.
        move: Against BM25, such as `▲3`; empty where nothing is compared.
        tone: Of the move: `up`, `down`, `new` or empty.
    """

    id: str
    place: int
    title: str
    image: str | None = None
    details: tuple[str, ...] = ()
    score: str = ""
    bars: tuple[Bar, ...] = ()
    why: str = ""
    move: str = ""
    tone: str = ""

    @property
    def initial(self) -> str:
        """The letter that stands where a picture is missing."""
        return self.title.strip()[:1].upper() or "?"


@dataclass(frozen=True, slots=True)
class Seeds:
    """What a recommendation starts from.

    Attributes:
        cards: The products, in the order they were named.
        unknown: Ids that the index does not have.
    """

    cards: tuple[Card, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One column of the page.

    Attributes:
        heading: Name of the recipe.
        cards: Best first.
        summary: How many were found, how fast.
        weights: What counted how much; empty where one leg decided.
        notes: What the search went without, or why it failed.
    """

    heading: str
    cards: tuple[Card, ...] = ()
    summary: str = ""
    weights: str = ""
    notes: tuple[str, ...] = ()


def panel_of(
    heading: str,
    response: HybridResponse,
    catalogue: Catalogue,
    words: Words,
    *,
    before: Sequence[str] | None = None,
) -> Panel:
    """Return one recipe's answer as a column.

    Args:
        heading: Name of the recipe.
        response: Its answer, asked with `explain`.
        catalogue: What of a product is shown.
        words: The page's language.
        before: Ids of the list that this one is compared with; `None` compares with nothing.
    """
    info = response.hybrid
    parts = [info.parts.get((hit.index, hit.id)) for hit in response.hits]
    bars = _bars(parts)
    cards = []
    for place, (hit, part, its_bars) in enumerate(
        zip(response.hits, parts, bars, strict=True), start=1
    ):
        move, tone = _move(hit.id, place, before, words)
        cards.append(
            card_of(
                hit.id,
                hit.source,
                catalogue,
                place=place,
                score="" if hit.score is None else f"{hit.score:.3f}",
                bars=its_bars,
                why=part.why if part else "",
                move=move,
                tone=tone,
            )
        )
    total = response.total
    found = len(cards) if total is None else total
    lacks = [words.lacks.format(d.stage, d.detail or d.reason) for d in info.degraded]
    return Panel(
        heading=heading,
        cards=tuple(cards),
        summary=words.found.format(f"{found:,}", f"{response.body.get('took', 0):,}"),
        weights=_weights(response, words),
        notes=tuple(lacks),
    )


def card_of(id_: str, source: Mapping[str, Any], catalogue: Catalogue, **shown: Any) -> Card:
    """Return a product as a card.

    Example:
        >>> card_of("1", {"name": "Trail shoe"}, Catalogue("name"), place=1).title
        'Trail shoe'
    """
    title = _text(source, catalogue.title)[:_LONGEST_TITLE] or id_
    image = _text(source, catalogue.image) if catalogue.image else ""
    details = [_detail(source, name) for name in catalogue.details]
    price = _price(source, catalogue)
    return Card(
        id=id_,
        title=title,
        image=image_address(image),
        details=tuple(filter(None, (price, *details))),
        **{"place": 0, **shown},
    )


def image_address(value: str) -> str | None:
    """Return an address that a page may load as a picture: absolute, http or https; else `None`.

    Example:
        >>> image_address("https://shop.example/a.jpg"), image_address("javascript:alert(1)")
        ('https://shop.example/a.jpg', None)
    """
    try:
        address = urlsplit(value.strip())
    except ValueError:
        return None
    return address.geturl() if address.scheme in ("http", "https") and address.hostname else None


def _bars(parts: Sequence[HitParts | None]) -> list[tuple[Bar, ...]]:
    """Return each hit's bars; the longest of a kind is the best of the list."""
    best = {
        name: max((_part(part, name) or 0.0 for part in parts), default=0.0)
        for name in ("lexical", "semantic", "rerank")
    }
    boosted = any(part is not None and part.factors for part in parts)
    return [_bars_of(part, best, boosted=boosted) for part in parts]


def _bars_of(part: HitParts | None, best: Mapping[str, float], *, boosted: bool) -> tuple[Bar, ...]:
    if part is None:
        return ()
    found = []
    for name, most in best.items():
        value = _part(part, name)
        if most > 0.0:
            shown = "–" if value is None else _figure(value)  # noqa: RUF001 - a dash for none
            found.append(Bar(name, min(1.0, max(0.0, (value or 0.0) / most)), shown))
    if boosted:
        share = min(1.0, part.boost / _LARGEST_FACTOR)
        found.append(Bar("boost", share, f"×{part.boost:.2f}"))  # noqa: RUF001 - the sign
    return tuple(found)


def _figure(value: float) -> str:
    """Return a figure that fits beside its bar, such as 0.79, 1,204 or 1.04M."""
    if value >= _MILLION:
        return f"{value / _MILLION:,.2f}M"
    return f"{value:,.0f}" if value >= _NO_DECIMALS else f"{value:.2f}"


def _part(part: HitParts | None, name: str) -> float | None:
    if part is None:
        return None
    match name:
        case "lexical":
            return part.hit.lexical_score
        case "semantic":
            return part.hit.semantic_score
        case _:
            return part.rerank


def _move(id_: str, place: int, before: Sequence[str] | None, words: Words) -> tuple[str, str]:
    if before is None:
        return "", ""
    if id_ not in before:
        return words.entered, "new"
    places = before.index(id_) + 1 - place
    if places > 0:
        return words.climbed.format(places), "up"
    return (words.fell.format(-places), "down") if places else (words.stayed, "")


def _weights(response: HybridResponse, words: Words) -> str:
    used = response.hybrid.weights
    if used is None:
        return ""
    said = words.weights.format(f"{used.lexical:.2f}", f"{used.semantic:.2f}")
    if used.rerank is not None:
        said = f"{said} · {words.parts['rerank']} {used.rerank:.2f}"
    return said + words.chosen_by.format(used.chosen_by)


def _detail(source: Mapping[str, Any], name: str) -> str:
    text = _text(source, name)[:_LONGEST_DETAIL]
    if name != RATING:
        return text
    # 0 stars stand for a product that nobody has rated yet.
    return f"★ {text}" if text.strip("0.") else ""


def _text(source: Mapping[str, Any], path: str) -> str:
    value = next((found for found in values_at(source, path) if found not in (None, "")), "")
    return str(value)


def _price(source: Mapping[str, Any], catalogue: Catalogue) -> str:
    if not catalogue.price:
        return ""
    text = _text(source, catalogue.price)
    try:
        amount = float(text)
    except ValueError:
        return text[:_LONGEST_DETAIL]
    money = catalogue.money
    if money is not None and money.unit == "minor":
        amount /= 100
    own = _text(source, catalogue.currency) if catalogue.currency else ""
    currency = own or (money.currency if money is not None else None) or ""
    return f"{amount:,.2f} {currency[:8]}".strip()
