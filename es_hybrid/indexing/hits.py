"""What another index's documents bring along as products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from es_hybrid.indexing.mapping import IndexMeta
from es_hybrid.types import Json

__all__ = ["product_of", "vector_fields_of", "vector_to_take"]

_VECTOR = "embedding"


def vector_fields_of(properties: Mapping[str, Any]) -> list[str]:
    """Return the paths of a mapping's vector fields, which are no content of a product.

    Example:
        >>> vector_fields_of({"v": {"type": "dense_vector"}, "a": {"properties": {"w": {"type": "sparse_vector"}}}})
        ['v', 'a.w']
    """
    found = []
    for name, body in properties.items():
        if body.get("type") in {"dense_vector", "sparse_vector"}:
            found.append(name)
        inner = vector_fields_of(body.get("properties", {}))
        found += [f"{name}.{path}" for path in inner]
    return found


def vector_to_take(held: IndexMeta | None, wanted: IndexMeta | None) -> str | None:
    """Return the field whose vectors fit another index, or `None` where texts are embedded again.

    Args:
        held: What the index that is read says of itself.
        wanted: What the index that is written says of itself.

    Example:
        >>> vector_to_take(None, None) is None
        True
    """
    if held is None or wanted is None or held.model is None or held.dims is None:
        return None
    same = (held.model, held.dims, held.text_version) == (
        wanted.model,
        wanted.dims,
        wanted.text_version,
    )
    return held.vector_field if same else None


def product_of(hit: Mapping[str, Any], *, vector_field: str | None) -> Json:
    """Return a hit as a product: its source, `_id` where that has no `id`, and its vector."""
    product: Json = {"id": hit["_id"], **(hit.get("_source") or {})}
    found: Sequence[Any] | None = None
    if vector_field is not None:
        found = (hit.get("fields") or {}).get(vector_field)
    if found:
        product[_VECTOR] = found
    return product
