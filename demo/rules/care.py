"""Rules for skin care, wellness and babies."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Rule


def _sensitive_hydrating_cream(product: Product) -> int:
    """Both wishes; soothing creams for sensitive skin hydrate somewhat."""
    truth = product.truth
    if truth.kind != "moisturizer":
        return 0
    if truth.has("skin", "sensitive"):
        return 3 if truth.number("hydrate") == 2 else 2
    if truth.has("skin", "every") and truth.number("fragrance_free"):
        return 2 if truth.number("hydrate") else 1
    return 1 if truth.has("skin", "dry") and truth.number("hydrate") == 2 else 0


def _fragrance_free_sensitive_cream(product: Product) -> int:
    """No scent and for sensitive skin; without scent for every skin is good."""
    truth = product.truth
    if not truth.number("fragrance_free"):
        return 0
    if truth.kind != "moisturizer":
        return 1 if truth.kind == "serum" and truth.has("skin", "sensitive") else 0
    if truth.has("skin", "sensitive"):
        return 3
    return {"every": 2, "dry": 1}.get(truth.choices["skin"], 0)


def _oily_sunscreen(product: Product) -> int:
    """Made for oily skin and not heavy; what suits all skins and is a gel comes second."""
    truth = product.truth
    if truth.kind != "sunscreen":
        return 0
    if truth.has("skin", "oily"):
        return 3
    if truth.has("skin", "every"):
        return 2 if truth.number("light") == 2 else 1
    return 1 if truth.number("light") == 2 else 0


def _oily_cleanser(product: Product) -> int:
    """Oil and spots; other cleansers for oily skin are good, those for all skins partly."""
    truth = product.truth
    if truth.kind != "cleanser":
        return 0
    if truth.has("skin", "oily"):
        return 3 if truth.number("oil_control") else 2
    return 1 if truth.has("skin", "every") else 0


def _gentle_toothbrush(product: Product) -> int:
    """Soft on gums; the others are toothbrushes, children's soft ones are too small."""
    truth = product.truth
    if truth.kind != "toothbrush":
        return 0
    return 3 if truth.number("gentle") else 1


def _stiff_neck_at_work(product: Product) -> int:
    """A neck massager, best one made for desks; a neck pillow helps at night."""
    truth = product.truth
    if truth.kind == "neck_massager":
        return 3 if truth.number("desk") else 2
    if truth.kind == "pillow":
        return 1 if truth.number("neck") == 2 else 0
    return 1 if truth.kind == "stand" else 0


def _eczema_bodysuit(product: Product) -> int:
    """Cotton for itchy skin; very soft cotton, or bamboo for itchy skin, comes next."""
    truth = product.truth
    if truth.kind != "bodysuit":
        return 0
    if truth.has("worry", "eczema"):
        return 3 if truth.number("cotton") else 2
    if truth.has("fabric", "organic"):
        return 2
    return 1 if truth.number("cotton") else 0


def _organic_newborn_bodysuit(product: Product) -> int:
    """Fabric and age; the next size is bought ahead, toddlers' is too far."""
    truth = product.truth
    if truth.kind != "bodysuit":
        return 0
    if truth.has("fabric", "organic"):
        return {"newborn": 3, "infant": 2}.get(truth.choices["age"], 1)
    return 1 if truth.has("fabric", "cotton") and truth.has("age", "newborn") else 0


def _cabin_stroller(product: Product) -> int:
    """It fits in the locker or it does not."""
    return 3 if product.truth.has("fold", "cabin") else 0


SENSITIVE_HYDRATING_CREAM = Rule(("skincare",), _sensitive_hydrating_cream)
FRAGRANCE_FREE_SENSITIVE_CREAM = Rule(("skincare",), _fragrance_free_sensitive_cream)
OILY_SUNSCREEN = Rule(("skincare",), _oily_sunscreen)
OILY_CLEANSER = Rule(("skincare",), _oily_cleanser)
GENTLE_TOOTHBRUSH = Rule(("wellness",), _gentle_toothbrush)
STIFF_NECK_AT_WORK = Rule(("wellness", "textiles", "laptops"), _stiff_neck_at_work)
ECZEMA_BODYSUIT = Rule(("baby",), _eczema_bodysuit)
ORGANIC_NEWBORN_BODYSUIT = Rule(("baby",), _organic_newborn_bodysuit)
CABIN_STROLLER = Rule(("baby",), _cabin_stroller)
