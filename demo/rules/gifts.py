"""Rules for presents, which are found in many categories."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Rule
from demo.shape import Truth

_MASSAGERS = ("neck_massager", "foot_massager", "eye_massager")


def _mothers_day(product: Product) -> int:
    """What is made to be given to a mother; what merely suits her is partly a present.

    Clothes and creams need her size and skin, so they stay below things that fit anyone.
    """
    truth = product.truth
    match truth.category:
        case "jewellery":
            return _jewellery_for_mother(truth)
        case "skincare" if truth.kind == "gift_set":
            return _set_for_mother(truth)
        case "wellness" if truth.kind in _MASSAGERS and "mother" in truth.suits:
            return 3 if truth.number("heat") else 2
        case "textiles" if truth.has("fabric", "silk"):
            return 2
        case _:
            return 1 if "mother" in truth.suits else 0


def _jewellery_for_mother(truth: Truth) -> int:
    if "mother" in truth.suits:
        boxed = truth.number("giftbox") or truth.kind == "silk_scarf"
        return 3 if boxed else 2
    return 1 if truth.has("recipient", "self") and truth.number("giftbox") else 0


def _set_for_mother(truth: Truth) -> int:
    if not truth.has("packing", "ribbon"):
        return 0
    return 3 if truth.has("skin", "mature") else 2


def _fathers_day(product: Product) -> int:
    """Massagers for parents, a coffee set in its box, fishing gear, a leather bag."""
    truth = product.truth
    match truth.category:
        case "wellness" if truth.kind in _MASSAGERS and "father" in truth.suits:
            return 3 if truth.number("strength") == 2 else 2
        case "coffee":
            return 3 if truth.has("parts", "full") else 0
        case "camping" if "father" in truth.suits:
            return 2
        case "bags" if "father" in truth.suits:
            return 2 if truth.has("material", "leather") else 1
        case _:
            return 1 if "father" in truth.suits else 0


_MOTHER_POOL = (
    "jewellery",
    "skincare",
    "wellness",
    "textiles",
    "dresses",
    "shoes",
    "smartphones",
)
_FATHER_POOL = ("wellness", "coffee", "camping", "bags", "shoes", "textiles", "smartphones")

MOTHERS_DAY = Rule(_MOTHER_POOL, _mothers_day)
FATHERS_DAY = Rule(_FATHER_POOL, _fathers_day)
