"""Rules for earphones, phones, laptops and what belongs to them."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Grader, Rule

DEEP = 2


def _long_lasting_anc_earbuds(product: Product) -> int:
    """Count what is met of long battery, good sound and deep noise cancelling."""
    truth = product.truth
    if truth.kind != "tws" or not truth.number("anc"):
        return 0
    return sum(
        (truth.number("hours") >= 40, truth.number("sound") == 2, truth.number("anc") == DEEP)
    )


def _around(price: float) -> Grader:
    """Grade earbuds as above within a fifth over the budget; dearer ones only if perfect."""

    def grade(product: Product) -> int:
        wishes = _long_lasting_anc_earbuds(product)
        if product.price <= price * 1.2:
            return wishes
        return 1 if wishes == 3 else 0

    return grade


def _lasting_anc_earbuds(product: Product) -> int:
    """Noise cancelling and battery only, no word of sound."""
    truth = product.truth
    if truth.kind != "tws" or not truth.number("anc"):
        return 0
    if truth.number("hours") >= 40:
        return 3 if truth.number("anc") == DEEP else 2
    return 1


def _earbuds_under(limit: float) -> Grader:
    """Grade wireless earbuds by price alone; a neckband is wireless too."""

    def grade(product: Product) -> int:
        kind = product.truth.kind
        if product.price > limit * 1.1 or kind not in ("tws", "neckband"):
            return 0
        if product.price > limit or kind == "neckband":
            return 1
        return 3

    return grade


def _over_ear(product: Product) -> int:
    """A head query."""
    return {"over_ear": 3, "neckband": 1}.get(product.truth.kind, 0)


def _flight_headphones(product: Product) -> int:
    """Deep noise cancelling and a battery for a day's journey; headphones before earbuds."""
    truth = product.truth
    anc, hours = truth.number("anc"), truth.number("hours")
    if truth.kind == "over_ear" and anc:
        if anc < DEEP:
            return 1
        return 3 if hours >= 28 else 2
    if truth.kind == "tws" and anc == DEEP:
        return 2 if truth.has("purpose", "travel") or hours >= 50 else 1
    return 0


def _student_phone(limit: float) -> Grader:
    """Grade phones by price first; made for students or at least not for somebody else."""

    def grade(product: Product) -> int:
        truth = product.truth
        if truth.kind != "phone" or product.price > limit * 1.5:
            return 0
        student = "student" in truth.suits
        if product.price > limit:
            return 2 if student else 1
        if student:
            return 3
        return 1 if truth.has("user", "elder", "business") else 2

    return grade


def _camera_phone(product: Product) -> int:
    """Night pictures need the large sensor; a good main camera is second best."""
    truth = product.truth
    if truth.number("camera") == 2:
        return 3
    if truth.number("camera") == 1:
        return 2 if truth.has("class", "flagship") else 1
    return 0


def _travel_laptop(product: Product) -> int:
    """Light and long-lasting; students' laptops weigh 300 grams more."""
    truth = product.truth
    if truth.kind != "laptop" or truth.number("grams") > 1600:
        return 0
    long_lasting = truth.number("hours") >= 18
    if truth.has("use", "office"):
        return 3 if long_lasting else 2
    return 2 if long_lasting else 1


def _video_laptop(product: Product) -> int:
    """Made for it, then what has a graphics chip for other reasons."""
    return {"creator": 3, "gaming": 2}.get(product.truth.choices.get("use", ""), 0)


def _mechanical_keyboard_under(limit: float) -> Grader:
    """Grade mechanical keyboards by price."""

    def grade(product: Product) -> int:
        if not product.truth.number("mechanical"):
            return 0
        if product.price <= limit:
            return 3
        return 1 if product.price <= limit * 1.15 else 0

    return grade


def _silent_mechanical_keyboard(product: Product) -> int:
    """Silent and mechanical; linear switches click less than others, membranes are no switches."""
    choice = product.truth.choices.get("switches", "")
    return {"silent": 3, "linear": 1, "membrane": 1}.get(choice, 0)


EARBUDS_AROUND_500 = Rule(("earphones",), _around(500))
LASTING_ANC_EARBUDS = Rule(("earphones",), _lasting_anc_earbuds)
EARBUDS_UNDER_50 = Rule(("earphones",), _earbuds_under(50))
OVER_EAR = Rule(("earphones",), _over_ear)
FLIGHT_HEADPHONES = Rule(("earphones",), _flight_headphones)
STUDENT_PHONE_CNY = Rule(("smartphones",), _student_phone(1500))
STUDENT_PHONE_USD = Rule(("smartphones",), _student_phone(200))
CAMERA_PHONE = Rule(("smartphones",), _camera_phone)
TRAVEL_LAPTOP = Rule(("laptops",), _travel_laptop)
VIDEO_LAPTOP = Rule(("laptops",), _video_laptop)
MECHANICAL_KEYBOARD_UNDER_300 = Rule(("laptops",), _mechanical_keyboard_under(300))
SILENT_MECHANICAL_KEYBOARD = Rule(("laptops",), _silent_mechanical_keyboard)
