"""Rules for dresses, bags, shoes and jewellery."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Rule

CUSHIONED, PLUSH = 1, 2


def _airy_summer_dress(product: Product) -> int:
    """Light and breathable both count; a dense summer dress is a dress for summer still."""
    truth = product.truth
    if truth.kind != "dress" or not truth.has("season", "summer"):
        return 0
    match truth.number("airy") + truth.number("light"):
        case 4:
            return 3
        case 3:
            return 2
        case _:
            return 1


def _plus_size_dress(product: Product) -> int:
    """The size is the point: a skirt in that size is nearer than a dress in another."""
    truth = product.truth
    if not truth.has("wearer", "plus"):
        return 0
    return 3 if truth.kind == "dress" else 1


def _wedding_guest_dress(product: Product) -> int:
    """Formal dresses; a dressy fabric in another style can be made to do."""
    truth = product.truth
    if truth.kind != "dress":
        return 0
    if truth.has("style", "banquet"):
        return 3
    dressy = truth.has("fabric", "satin", "chiffon", "velvet", "jacquard")
    return 1 if dressy and truth.has("style", "french") else 0


def _quiet_commuter_bag(product: Product) -> int:
    """For the way to work and not eye-catching; an everyday bag that is plain is second best."""
    truth = product.truth
    plain = truth.number("quiet") == 2
    if truth.has("scene", "commute"):
        return 3 if plain else 1
    if not plain or truth.kind == "duffel":
        return 0
    return 2 if truth.has("scene", "daily") and truth.number("laptop_inch") else 1


def _rainproof_laptop_backpack(product: Product) -> int:
    """Waterproof, carries a laptop, for work; nylon stands drizzle only."""
    truth = product.truth
    rainproof = truth.number("rainproof")
    if not rainproof or not truth.number("laptop_inch"):
        return 0
    if truth.kind != "backpack":
        return 1 if rainproof == 2 and truth.has("scene", "commute") else 0
    if rainproof == 2:
        return 3 if truth.has("scene", "commute") else 2
    return 2 if truth.has("scene", "commute") else 1


def _running_shoes(product: Product) -> int:
    """A head query: road shoes first, trail shoes are running shoes too."""
    return {"road": 3, "trail": 2, "training": 1}.get(product.truth.kind, 0)


def _wide_cushioned_running_shoes(product: Product) -> int:
    """Wide feet cannot wear a narrow shoe, however soft; softness comes second."""
    truth = product.truth
    if truth.kind not in ("road", "trail"):
        return 0
    cushion = truth.number("cushion")
    if not truth.number("wide"):
        return 1 if truth.kind == "road" and cushion == PLUSH else 0
    if cushion == PLUSH:
        return 3 if truth.kind == "road" else 2
    return 2 if truth.kind == "road" and cushion == CUSHIONED else 1


def _ultra_trail_shoes(product: Product) -> int:
    """Trail shoes for long distances; a firm ride hurts over a hundred kilometres."""
    truth = product.truth
    if truth.kind != "trail":
        return 0
    if not truth.number("long"):
        return 1
    return 3 if truth.has("distance", "ultra") and truth.number("cushion") else 2


def _stability_shoes(product: Product) -> int:
    """Support for flat feet, to run in; walking shoes with it come second."""
    truth = product.truth
    if not truth.number("stable"):
        return 0
    return 3 if truth.kind == "road" else 2


def _girlfriend_necklace(product: Product) -> int:
    """A necklace made as a present to a partner; a romantic one of another kind comes next."""
    truth = product.truth
    for_her = "girlfriend" in truth.suits
    if truth.kind != "necklace":
        return 1 if for_her else 0
    if for_her:
        return 3
    if truth.has("recipient", "mother"):
        return 0
    return 2 if truth.number("romantic") and truth.number("giftbox") else 1


def _gold_anniversary_necklace(product: Product) -> int:
    """Solid gold is asked for; plating is partly what was asked, if it suits the day."""
    truth = product.truth
    if truth.kind != "necklace":
        return 1 if truth.number("gold") == 2 and "anniversary" in truth.suits else 0
    if truth.number("gold") == 2:
        return 3 if "anniversary" in truth.suits else 2
    return 1 if truth.number("gold") and "anniversary" in truth.suits else 0


AIRY_SUMMER_DRESS = Rule(("dresses",), _airy_summer_dress)
PLUS_SIZE_DRESS = Rule(("dresses",), _plus_size_dress)
WEDDING_GUEST_DRESS = Rule(("dresses",), _wedding_guest_dress)
QUIET_COMMUTER_BAG = Rule(("bags",), _quiet_commuter_bag)
RAINPROOF_LAPTOP_BACKPACK = Rule(("bags",), _rainproof_laptop_backpack)
RUNNING_SHOES = Rule(("shoes",), _running_shoes)
WIDE_CUSHIONED_RUNNING_SHOES = Rule(("shoes",), _wide_cushioned_running_shoes)
ULTRA_TRAIL_SHOES = Rule(("shoes",), _ultra_trail_shoes)
STABILITY_SHOES = Rule(("shoes",), _stability_shoes)
GIRLFRIEND_NECKLACE = Rule(("jewellery",), _girlfriend_necklace)
GOLD_ANNIVERSARY_NECKLACE = Rule(("jewellery",), _gold_anniversary_necklace)
