"""Products that nobody sells, as many as wanted, each with a text of its own; the same ones each time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from es_hybrid.types import Json

_KINDS = (
    ("Camping", "tent|sleeping bag|camp stove|head torch|cool box|hammock|folding chair|water filter|trekking pole"),
    ("Kitchen", "frying pan|kettle|knife set|blender|toaster|coffee grinder|mixing bowl|baking tray|spice rack"),
    ("Audio", "headphones|portable speaker|turntable|microphone|amplifier|earphones|sound bar|radio"),
    ("Office", "desk lamp|office chair|monitor arm|label printer|paper shredder|keyboard|notebook|whiteboard"),
    ("Garden", "hedge trimmer|garden hose|planter|bird feeder|lawn mower|rain barrel|pruning shears|parasol"),
    ("Clothing", "rain jacket|running shoe|walking boot|wool sweater|cargo trousers|cap|gloves|linen shirt|scarf"),
    ("Toys", "building blocks|jigsaw puzzle|toy train|doll house|kite|board game|remote control car|plush bear"),
    ("Tools", "cordless drill|spirit level|socket set|circular saw|workbench|heat gun|tape measure|tool bag"),
    ("Beauty", "face cream|hair dryer|shampoo|beard trimmer|hand soap|lip balm|perfume|nail polish|sun lotion"),
    ("Pets", "dog bed|cat tree|aquarium pump|leash|bird cage|litter box|chew toy|pet carrier|grooming brush"),
    ("Cycling", "bike helmet|bike lock|floor pump|saddle|pannier|cycling jersey|tail light|child seat"),
    ("Lighting", "floor lamp|string lights|ceiling light|night light|led strip|lantern|wall sconce|light bulb"),
)  # fmt: skip
_TRAITS = [
    "light",
    "sturdy",
    "compact",
    "foldable",
    "quiet",
    "waterproof",
    "breathable",
    "padded",
    "adjustable",
    "rechargeable",
    "wireless",
    "insulated",
    "washable",
    "magnetic",
    "ergonomic",
    "slim",
    "oversized",
    "stackable",
    "cordless",
    "handmade",
    "recycled",
    "non slip",
    "shock proof",
    "fast drying",
    "scratch resistant",
    "dimmable",
    "extendable",
    "self cleaning",
    "energy saving",
    "child safe",
    "vintage",
    "modular",
]
_MATERIALS = [
    "aluminium",
    "bamboo",
    "canvas",
    "ceramic",
    "cotton",
    "cork",
    "felt",
    "glass",
    "leather",
    "linen",
    "merino wool",
    "nylon",
    "oak",
    "polyester",
    "porcelain",
    "rubber",
    "silicone",
    "stainless steel",
    "titanium",
    "walnut",
    "copper",
    "carbon fibre",
    "ripstop",
    "enamel",
]
_COLOURS = [
    "black",
    "white",
    "anthracite",
    "navy",
    "sky blue",
    "forest green",
    "olive",
    "mustard",
    "terracotta",
    "burgundy",
    "rose",
    "lilac",
    "sand",
    "copper",
    "silver",
    "turquoise",
    "crimson",
    "ivory",
    "mint",
    "plum",
]
_USES = [
    "long winter nights",
    "small kitchens",
    "muddy trails",
    "the daily commute",
    "weekend trips",
    "open plan offices",
    "allergy sufferers",
    "left handed people",
    "tall people",
    "toddlers",
    "students on a budget",
    "professional workshops",
    "balconies",
    "festivals",
    "rainy holidays",
    "night shifts",
    "home studios",
    "beginners",
    "large families",
    "frequent flyers",
    "steep gardens",
    "salt water",
    "high altitudes",
    "hot summers",
    "narrow hallways",
    "restless sleepers",
    "vegan households",
    "restaurants",
    "classrooms",
    "marathon training",
    "camper vans",
    "damp cellars",
    "gift givers",
    "collectors",
    "old houses",
]
_EXTRAS = [
    "comes with a carrying bag",
    "needs no tools to put together",
    "is repaired free of charge for five years",
    "fits into hand luggage",
    "runs for thirty hours on one charge",
    "can be washed at forty degrees",
    "is made in small batches",
    "has a spare part for everything",
    "won a design prize",
    "is sold without plastic",
    "folds flat in seconds",
    "keeps its shape for years",
    "is tested to minus twenty degrees",
    "has a hidden pocket",
    "works without an app",
    "glows in the dark",
    "smells of nothing",
    "is packed in recycled card",
    "comes in a gift box",
    "holds up to eighty kilograms",
    "dries within an hour",
    "makes hardly any noise",
    "can be stacked six high",
]
_SYLLABLES = [
    "no",
    "va",
    "ter",
    "fell",
    "ost",
    "ar",
    "lin",
    "dra",
    "mo",
    "ki",
    "sen",
    "tor",
    "bel",
    "gra",
    "wil",
    "hu",
    "zan",
    "per",
    "lo",
    "mar",
    "ek",
    "sol",
    "fin",
    "rus",
]


def made_up(number: int) -> Json:
    """Return product `number`; two numbers never have the same title.

    Example:
        >>> made_up(7)["id"], made_up(7) == made_up(7)
        ('P00000007', True)
    """
    draw = random.Random(number)
    category, names = draw.choice(_KINDS)
    kind = draw.choice(names.split("|"))
    brand = "".join(draw.choices(_SYLLABLES, k=draw.choice((2, 3)))).title()
    first, second, third = draw.sample(_TRAITS, 3)
    material, colour, use = draw.choice(_MATERIALS), draw.choice(_COLOURS), draw.choice(_USES)
    extra, other = draw.sample(_EXTRAS, 2)
    model = f"{brand[:2].upper()}-{number:06d}"
    return {
        "id": f"P{number:08d}",
        "title": f"{brand} {first} {material} {kind} {colour} {model}",
        "description": f"A {second} and {third} {kind} of {material} for {use}. It {extra} and {other}.",
        "brand": brand,
        "category_path": f"{category} > {kind}",
        "mpn": model,
        "price": draw.randrange(299, 49_999) / 100,
        "currency": "EUR",
        "stock": draw.randrange(0, 500),
        "rating": draw.randrange(20, 51) / 10,
        "review_count": draw.randrange(0, 5000),
        "created_at": f"2{draw.randrange(20, 26):03d}-{draw.randrange(1, 13):02d}-15T00:00:00Z",
        "attributes": {
            "colour": colour,
            "material": material,
            "weight": f"{draw.randrange(1, 400) / 10} kg",
            "suited for": use,
        },
    }  # fmt: skip


def made_up_query(number: int) -> str:
    """Return what a shopper might type; as in a shop, many products fit and few fit well.

    Example:
        >>> made_up_query(3) == made_up_query(3)
        True
    """
    draw = random.Random(-1 - number)
    _, names = draw.choice(_KINDS)
    kind, use = draw.choice(names.split("|")), draw.choice(_USES)
    return f"{draw.choice(_TRAITS)} {draw.choice(_COLOURS)} {kind} for {use}"


def texts(count: int, *, start: int = 0) -> Iterator[str]:
    """Yield what is embedded of each product."""
    for number in range(start, start + count):
        product = made_up(number)
        yield f"{product['title']}. {product['description']}"


def write_feed(path: Path, count: int, *, extra: Any = None) -> None:
    """Write products as NDJSON.

    Args:
        path: The file.
        count: How many.
        extra: Called with a product's number; returns fields that it has besides.
    """
    with path.open("wb") as file:
        for number in range(count):
            product = made_up(number)
            if extra is not None:
                product |= extra(number)
            file.write(orjson.dumps(product, option=orjson.OPT_SERIALIZE_NUMPY))
            file.write(b"\n")
