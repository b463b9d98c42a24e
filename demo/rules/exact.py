"""Rules for queries that name a brand or a code."""

from __future__ import annotations

from demo.product import Product
from demo.rules.rule import Rule


def brand_earphones(brand: str, *, kinds: tuple[str, ...], min_anc: int = 0) -> Rule:
    """Ask for one brand's earphones of some kinds; its other earphones are partly right.

    Example:
        >>> brand_earphones("Lumvox", kinds=("tws",)).pool
        ('earphones',)
    """

    def grade(product: Product) -> int:
        truth = product.truth
        if product.brand != brand:
            return 0
        if truth.kind not in kinds:
            return 1
        if truth.number("anc") >= min_anc:
            return 3
        return 2 if truth.number("anc") else 1

    return Rule(("earphones",), grade)


def brand_kind(brand: str, kind: str, *, category: str) -> Rule:
    """Ask for one brand's products of a kind; its others in the category are partly right.

    Example:
        >>> brand_kind("Harrowfen", "tent", category="camping").pool
        ('camping',)
    """

    def grade(product: Product) -> int:
        if product.brand != brand:
            return 0
        return 3 if product.truth.kind == kind else 1

    return Rule((category,), grade)


def exact_code(code: str, *, target: Product) -> Rule:
    """Ask for the one product with this SKU or EAN; its other variants are partly right.

    Args:
        code: The SKU or EAN as the shopper types it.
        target: The product that it belongs to.

    Returns:
        A rule over the target's category.
    """

    def grade(product: Product) -> int:
        if code in (product.fields["sku"], product.fields["ean"]):
            return 3
        return 1 if product.fields["variant_group"] == target.fields["variant_group"] else 0

    return Rule((target.truth.category,), grade)
