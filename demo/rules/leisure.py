"""Rules for toys and camping."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Rule


def _rainproof_family_tent(product: Product) -> int:
    """Three people and a wet night: too small or not tight enough fails on one of the two."""
    truth = product.truth
    if truth.kind != "tent":
        return 0
    people, rain = truth.number("people"), truth.number("rain")
    if rain == 2:
        return {4: 3, 8: 2}.get(people, 0)
    return 1 if rain == 1 and people == 4 else 0


def _ultralight_tent(product: Product) -> int:
    """For two on foot; a heavier small tent can be carried by two, for a short way."""
    truth = product.truth
    if truth.kind != "tent" or truth.number("people") > 2:
        return 0
    if truth.number("ultralight"):
        return 3
    return 1 if truth.number("rain") else 0


def _toy_for_boy_of_three(product: Product) -> int:
    """The right age with trucks, dinosaurs or space, as a present; fairy castles less so."""
    truth = product.truth
    if truth.has("theme", "fairy"):
        return 0
    if truth.has("age", "toddler"):
        return 1
    if not truth.has("age", "preschool"):
        return 0
    favourite = truth.has("theme", "trucks", "dinosaurs", "space")
    if favourite:
        return 3 if "birthday" in truth.suits else 2
    return 2 if "birthday" in truth.suits else 1


def _stem_gift_for_eight(product: Product) -> int:
    """Learning kits for six to eight; a kit for nine and up is a stretch for a keen child."""
    truth = product.truth
    learning = truth.number("stem")
    if truth.has("age", "early"):
        return {2: 3, 1: 1}.get(learning, 0)
    return 2 if truth.has("age", "older") and learning == 2 else 0


RAINPROOF_FAMILY_TENT = Rule(("camping",), _rainproof_family_tent)
ULTRALIGHT_TENT = Rule(("camping",), _ultralight_tent)
TOY_FOR_BOY_OF_THREE = Rule(("toys",), _toy_for_boy_of_three)
STEM_GIFT_FOR_EIGHT = Rule(("toys",), _stem_gift_for_eight)
