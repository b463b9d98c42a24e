r"""What a product looks like to a reranker: lines of text with fields in braces.

A line whose fields are all empty is left out, so that no product shows a label without a value. What
is too long is cut at the end: the first lines are the most important ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = [
    "PRODUCT_TEMPLATES",
    "checked_template",
    "filled",
    "product_template",
    "template_fields",
]

PRODUCT_TEMPLATES: Mapping[str, str] = MappingProxyType(
    {
        "listing": "{title}\nBrand: {brand}\nPrice: {price} {currency}\n{attributes_text}\n{description}",
        "listing:zh": "{title}\n品牌: {brand}\n价格: {price} {currency}\n{attributes_text}\n{description}",
    }
)
"""Ready templates by name, for the fields of the mapping `products`."""

_FIELD = re.compile(r"\{([\w.@-]+)\}")


def product_template(template: str) -> str:
    r"""Return a ready template by its name; anything else is taken as it stands.

    Example:
        >>> product_template("listing").splitlines()[:2], product_template("{name}")
        (['{title}', 'Brand: {brand}'], '{name}')
    """
    return PRODUCT_TEMPLATES.get(template, template)


def checked_template(template: str | None) -> str | None:
    """Return a template as it was given.

    Raises:
        ValueError: It names no field, so that every product would look the same.
    """
    if template is not None and not template_fields(product_template(template)):
        raise ValueError("names no field: write lines such as {title}, or `listing`")
    return template


def template_fields(template: str) -> tuple[str, ...]:
    r"""Return the fields that a template names, in order.

    Example:
        >>> template_fields("{title}\nPrice: {price} {currency}")
        ('title', 'price', 'currency')
    """
    return tuple(dict.fromkeys(_FIELD.findall(template)))


def filled(template: str, value: Callable[[str], str]) -> str:
    r"""Return the text of one product.

    Args:
        template: Lines with fields in braces.
        value: Gives a field's text, empty where there is none.

    Example:
        >>> product = {"title": "Tent", "price": "99"}
        >>> filled("{title}\nBrand: {brand}\nPrice: {price} {currency}", lambda f: product.get(f, ""))
        'Tent\nPrice: 99'
    """
    lines = []
    for line in template.splitlines():
        values = {name: value(name) for name in _FIELD.findall(line)}
        if values and not any(values.values()):
            continue
        text = _FIELD.sub(lambda match, known=values: known[match[1]], line)  # type: ignore[misc]
        lines.append(" ".join(text.split()))
    return "\n".join(filter(None, lines))
