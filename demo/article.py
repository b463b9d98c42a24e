"""From shapes and words to the products of a category: one article, its variants, its codes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from demo.copywriting import Copy, variant_title, write_copy
from demo.draw import Draw
from demo.product import Product
from demo.shape import Choice, Shape, Truth, draw_truth
from demo.trade import draw_ean, draw_trade, shop_price, shop_score
from demo.words import Words

_CURRENCY = {"zh": "CNY", "en": "USD"}
_VARIANT_COUNTS = (1, 1, 1, 1, 1, 2, 2, 3)
_FLAGSHIP = {"zh": "{brand}旗舰店", "en": "{brand} Official Store"}


@dataclass(frozen=True, slots=True)
class Article:
    """What all variants of one product share; `number` is the shop's article number."""

    number: str
    truth: Truth
    copy: Copy
    shop: str
    price: float
    appeal: float


def make_articles(shape: Shape, words: Words, *, seed: int, codes: set[str]) -> list[Product]:
    """Make the products of one category in one language.

    Each article has a stream of draws of its own, so that a new word in one category changes
    nothing in the others.

    Args:
        shape: What can be true of the category's products.
        words: How the language speaks about them.
        seed: The catalogue's seed.
        codes: Article numbers, ids and EANs in use; the new ones are added.

    Returns:
        Exactly `shape.products` products.
    """
    products: list[Product] = []
    made: Counter[str] = Counter()
    chosen: Counter[Choice] = Counter()
    titles: set[str] = set()
    attempt = 0
    while len(products) < shape.products:
        attempt += 1
        draw = Draw(f"{seed}/{words.language}/{shape.name}/{attempt}")
        kind = min(shape.kinds, key=lambda name: (made[name] + 1) / shape.kinds[name].weight)
        truth = draw_truth(shape, kind, draw=draw, made=chosen)
        article = _article(shape, truth, words, draw=draw, codes=codes)
        # Titles that differ by a number alone would be copies to a shopper.
        bare = "".join(char for char in article.copy.title if not char.isdigit())
        if bare in titles:
            continue
        titles.add(bare)
        chosen.update((kind, axis, option) for axis, option in truth.choices.items())
        group = _variants(article, words, draw=draw, codes=codes)
        group = group[: shape.products - len(products)]
        products.extend(group)
        made[kind] += len(group)
    return products


def _article(shape: Shape, truth: Truth, words: Words, *, draw: Draw, codes: set[str]) -> Article:
    copy = write_copy(truth, words, draw=draw)
    usual = shape.kinds[truth.kind].price[words.language]
    spread = 0.85 + 0.3 * draw.unit()
    return Article(
        number=f"{shape.code}-{_unused(draw, 10_000, codes=codes)}",
        truth=truth,
        copy=copy,
        shop=_shop(copy.brand, words, draw=draw),
        price=usual * truth.price_factor * words.brands[copy.brand] * spread,
        appeal=draw.unit(),
    )


def _variants(article: Article, words: Words, *, draw: Draw, codes: set[str]) -> list[Product]:
    """Make one product per drawn variant; a lone variant is not named in its title."""
    kind = words.kinds[article.truth.kind]
    places = draw.shuffled(range(len(kind.variants)))[: draw.pick(_VARIANT_COUNTS)]
    if not places:
        return [_product(article, words, variant="", price=article.price, draw=draw, codes=codes)]
    return [
        _product(
            article,
            words,
            variant=kind.variants[place],
            price=article.price * kind.variant_prices[place],
            draw=draw,
            codes=codes,
            named=len(places) > 1,
        )
        for place in sorted(places)
    ]


def _product(
    article: Article,
    words: Words,
    *,
    variant: str,
    price: float,
    draw: Draw,
    codes: set[str],
    named: bool = False,
) -> Product:
    copy, language = article.copy, words.language
    kind = words.kinds[article.truth.kind]
    trade = draw_trade(draw, appeal=article.appeal)
    product_id = _unused(draw, 600_000_000, codes=codes)
    ean = draw_ean(draw, taken=codes)
    codes.add(ean)
    own = {kind.variant_label: variant} if variant else {}
    return Product(
        truth=article.truth,
        fields={
            "id": product_id,
            "title": variant_title(copy.title, variant, language=language) if named else copy.title,
            "description": copy.description,
            "brand": copy.brand,
            "category_path": kind.path,
            "sku": f"{article.number}-{draw.between(10, 99)}{product_id[-2:]}",
            "ean": ean,
            "shop": article.shop,
            "variant_group": article.number,
            "image_url": f"https://img.example.com/{article.truth.category}/{product_id}.jpg",
            "price": shop_price(price, language=language),
            "currency": _CURRENCY[language],
            "sales_total": trade.sales_total,
            "sales_30d": trade.sales_30d,
            "rating": trade.rating,
            "review_count": trade.review_count,
            "shop_score": shop_score(article.shop),
            "stock": trade.stock,
            "delivery_days": trade.delivery_days,
            "created_at": trade.created_at,
            "tags": list(copy.tags),
            "attributes": {**copy.attributes, **own},
            "language": language,
        },
    )


def _shop(brand: str, words: Words, *, draw: Draw) -> str:
    if draw.chance(0.45):
        return _FLAGSHIP[words.language].format(brand=brand)
    return draw.pick(words.shops)


def _unused(draw: Draw, low: int, *, codes: set[str]) -> str:
    """Draw a number of as many digits as `low` that nothing in the shop has yet."""
    while True:
        code = str(draw.between(low, low * 10 - 1 if low < 10**8 else low + 99_999_999))
        if code not in codes:
            codes.add(code)
            return code
