"""Rules for kitchen, coffee, bedding and pets."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Grader, Rule


def _rice_cooker(product: Product) -> int:
    """A head query."""
    return 3 if product.truth.kind == "rice_cooker" else 0


def _family_air_fryer(product: Product) -> int:
    """For five or more; a four-person one is tight for a big family."""
    truth = product.truth
    if truth.kind != "air_fryer":
        return 0
    if truth.number("people") >= 5:
        return 3
    if truth.number("people") >= 4:
        return 2 if truth.has("household", "family") else 1
    return 0


def _single_air_fryer(product: Product) -> int:
    """For one person in little space."""
    truth = product.truth
    if truth.kind != "air_fryer" or truth.number("people") > 4:
        return 0
    if truth.number("people") > 2:
        return 1
    return 3


def _quiet_blender(product: Product) -> int:
    """Noise decides; the others are blenders and no more."""
    truth = product.truth
    if truth.kind != "blender":
        return 0
    return 3 if truth.number("quiet") == 2 else 1


def _dorm_appliance(product: Product) -> int:
    """Made for a rented room, else small enough for one; a folding dryer is no kitchen thing."""
    truth = product.truth
    if truth.category == "wellness":
        return 1 if truth.kind == "hair_dryer" and truth.has("hair", "travel") else 0
    if truth.has("household", "renter"):
        return 3
    small = truth.number("people") <= 2
    return 2 if small and not truth.has("household", "baby_food") else 0


def _beginner_pour_over(product: Product) -> int:
    """A set for a first cup; sets for others work too, a kettle alone is a part of one."""
    truth = product.truth
    if truth.kind == "pour_over":
        return {"beginner": 3, "home": 2}.get(truth.choices["level"], 1)
    return 1 if truth.kind == "kettle" and truth.has("level", "beginner") else 0


def _exact_kettle(product: Product) -> int:
    """A gooseneck that is set to the degree."""
    truth = product.truth
    if truth.kind == "kettle":
        return 3 if truth.number("exact") else 1
    return 1 if truth.number("kettle") else 0


def _espresso_under(limit: float) -> Grader:
    """Grade espresso machines by price, then by whom they are for; a hand press is work."""

    def grade(product: Product) -> int:
        truth = product.truth
        if truth.kind != "espresso" or product.price > limit * 1.15:
            return 0
        if product.price > limit:
            return 1
        return 2 if truth.has("level", "barista") or truth.has("drive", "manual") else 3

    return grade


def _cooling_sheets(product: Product) -> int:
    """Cool to sleep in without much on: coolness first, softness on the skin second."""
    truth = product.truth
    if truth.kind != "sheet_set":
        return 0
    if truth.number("cool") == 2:
        return 3 if truth.has("sleeper", "hot") or truth.number("soft") == 2 else 2
    if truth.has("sleeper", "hot"):
        return 2
    return 1 if truth.number("airy") else 0


def _cat_will_not_drink(product: Product) -> int:
    """A fountain is the answer; one made to tempt or to be quiet is the best one."""
    truth = product.truth
    if truth.kind != "fountain":
        return 0
    return 3 if truth.has("worry", "picky", "quiet") else 2


def _large_old_dog_bed(product: Product) -> int:
    """Large enough comes first, then joints."""
    truth = product.truth
    if truth.kind != "bed" or not truth.has("animal", "dog"):
        return 0
    kind_to_joints = bool(truth.number("joint")) or "senior" in truth.suits
    if truth.has("size", "large"):
        if truth.number("joint"):
            return 3
        return 2 if kind_to_joints else 1
    return 1 if kind_to_joints and truth.has("size", "middle") else 0


def _no_pull_harness(product: Product) -> int:
    """The front ring is what stops a dog; any other harness is a harness."""
    truth = product.truth
    if truth.kind != "harness":
        return 0
    return 3 if truth.number("nopull") else 1


RICE_COOKER = Rule(("kitchen",), _rice_cooker)
FAMILY_AIR_FRYER = Rule(("kitchen",), _family_air_fryer)
SINGLE_AIR_FRYER = Rule(("kitchen",), _single_air_fryer)
QUIET_BLENDER = Rule(("kitchen",), _quiet_blender)
DORM_APPLIANCE = Rule(("kitchen", "wellness"), _dorm_appliance)
BEGINNER_POUR_OVER = Rule(("coffee",), _beginner_pour_over)
EXACT_KETTLE = Rule(("coffee",), _exact_kettle)
ESPRESSO_UNDER_1000 = Rule(("coffee",), _espresso_under(1000))
ESPRESSO_UNDER_150 = Rule(("coffee",), _espresso_under(150))
COOLING_SHEETS = Rule(("textiles",), _cooling_sheets)
CAT_WILL_NOT_DRINK = Rule(("pet",), _cat_will_not_drink)
LARGE_OLD_DOG_BED = Rule(("pet",), _large_old_dog_bed)
NO_PULL_HARNESS = Rule(("pet",), _no_pull_harness)
