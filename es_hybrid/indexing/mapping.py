"""Index mappings: load one, fill its slots, read what a live one says, compare the two.

A slot is a string that is nothing but `${name}`; it is replaced by a value of any type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from es_hybrid._version import __version__
from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.hanzi import mapping_rules
from es_hybrid.indexing.shipped import shipped_text
from es_hybrid.types import Json

__all__ = ["MADE_BY", "IndexMeta", "compare", "fill_mapping", "load_mapping", "read_meta"]

MADE_BY = f"es_hybrid {__version__}"
"""Who makes an index now, for whoever reads its mapping in Kibana."""

_SLOT = re.compile(r"\$\{(\w+)\}")
_DENSE = "dense_vector"


@dataclass(frozen=True, slots=True)
class IndexMeta:
    """What an index says of itself in `_meta.es_hybrid`.

    Attributes:
        mapping: Name of the mapping it was made from.
        version: Version of that mapping.
        model: Model of its vectors; `None` when nobody said, or there are none.
        dims: Length of its vectors; `None` without vectors.
        similarity: How Elasticsearch compares them.
        vector_field: The `dense_vector` field; `None` without vectors.
        text_version: Version of the text builder at the time of creation.
        complete_feed_time: Of the newest feed that was complete: what it lacked was deleted.
        made_by: Such as `es_hybrid 0.1.0`; `None`: it was made before that was noted.
    """

    mapping: str
    version: int
    model: str | None
    dims: int | None
    similarity: str | None
    vector_field: str | None
    text_version: str | None
    complete_feed_time: str | None = None
    made_by: str | None = None


def load_mapping(name: str) -> Json:
    """Return a shipped mapping by name, or one of the shop's own by path.

    Args:
        name: `products`, or a path that ends in `.json`.

    Raises:
        ConfigurationError: There is none, or it is not a JSON object with `mappings`.

    Example:
        >>> load_mapping("products")["mappings"]["properties"]["price"]
        {'type': 'double'}
    """
    try:
        text = _read(name)
    except OSError as error:
        raise ConfigurationError(
            f"mapping {name} cannot be read: {error.strerror}",
            hint="name a shipped mapping, such as products, or a path ending in .json",
        ) from None
    try:
        mapping = json.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"mapping {name} is not JSON: {error}") from None
    if not isinstance(mapping, dict) or not isinstance(mapping.get("mappings"), dict):
        raise ConfigurationError(f"mapping {name} has no object 'mappings'")
    return mapping


def _read(name: str) -> str:
    if name.endswith(".json"):
        return Path(name).read_text(encoding="utf-8")
    return shipped_text(f"{name}.json")


def fill_mapping(
    mapping: Mapping[str, Any],
    *,
    dims: int | None,
    model: str | None,
    similarity: str = "cosine",
    index_options: Mapping[str, Any] | None = None,
    money: Mapping[str, Any] | None = None,
    text_version: str | None = None,
) -> Json:
    """Return the mapping with its slots filled, ready for `indices.create`.

    Args:
        mapping: As `load_mapping` returns it; not changed.
        dims: Length of the vectors; `None` leaves the vector field out.
        model: Names the model of the vectors.
        similarity: `cosine`, `dot_product`, `l2_norm` or `max_inner_product`.
        index_options: Of the vector field; `int8_hnsw` unless given (see mappings/README.md).
        money: `{"currency": ISO code or None, "unit": "major" or "minor"}`.
        text_version: Of the builder of the embedded texts.

    Raises:
        ConfigurationError: A slot has no such name, or the dims are out of range.

    Example:
        >>> filled = fill_mapping(load_mapping("products"), dims=384, model="minilm")
        >>> filled["mappings"]["properties"]["embedding"]["index_options"]
        {'type': 'int8_hnsw'}
    """
    if dims is not None and not 1 <= dims <= 4096:
        raise ConfigurationError(
            f"dims is {dims}: Elasticsearch takes vectors of 1 to 4096 numbers"
        )
    filled: Json = _fill(
        mapping,
        {
            "dims": dims,
            "model": model,
            "similarity": similarity if dims else None,
            "index_options": dict(index_options or {"type": "int8_hnsw"}),
            "money": {"currency": None, "unit": "major", **(money or {})},
            "text_version": text_version,
            "traditional_to_simplified": mapping_rules(),
        },
    )
    block = (filled["mappings"].get("_meta") or {}).get("es_hybrid")
    if isinstance(block, dict):
        block["made_by"] = MADE_BY
    if dims is None:
        _drop_vectors(filled["mappings"])
    return filled


def read_meta(mapping: Mapping[str, Any]) -> IndexMeta | None:
    """Return what a live mapping says of itself; `None` when it is not one of ours.

    Args:
        mapping: The `mappings` object of one index. The dims are the vector field's own.
    """
    meta = (mapping.get("_meta") or {}).get("es_hybrid")
    if not isinstance(meta, Mapping):
        return None
    field = meta.get("vector_field")
    vector = (mapping.get("properties") or {}).get(field) or {}
    present = vector.get("type") == _DENSE
    return IndexMeta(
        mapping=str(meta.get("mapping", "")),
        version=int(meta.get("version") or 0),
        model=meta.get("model"),
        dims=vector.get("dims", meta.get("dims")) if present else None,
        similarity=vector.get("similarity", meta.get("similarity")) if present else None,
        vector_field=field if present else None,
        text_version=meta.get("text_version"),
        complete_feed_time=meta.get("complete_feed_time"),
        made_by=meta.get("made_by"),
    )


def compare(live: Mapping[str, Any], wanted: Mapping[str, Any]) -> tuple[str, ...]:
    """Return in plain sentences where a live index differs from a filled mapping.

    What the live index has beyond the wanted mapping, defaults included, is no difference.

    Args:
        live: `{"mappings": …}` of one index, as `indices.get` returns it.
        wanted: As `fill_mapping` returns it.
    """
    have, want = live.get("mappings") or {}, wanted.get("mappings") or {}
    return (
        *_meta_differences(have, want),
        *_differences(have.get("properties") or {}, want.get("properties") or {}),
    )


def _fill(value: Any, slots: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and (match := _SLOT.fullmatch(value)):
        if match[1] not in slots:
            raise ConfigurationError(
                f"the mapping has an unknown slot {value}",
                hint=f"known are {', '.join(f'${{{name}}}' for name in sorted(slots))}",
            )
        return slots[match[1]]
    if isinstance(value, Mapping):
        return {name: _fill(inner, slots) for name, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, slots) for inner in value]
    return value


def _drop_vectors(mapping: Json) -> None:
    properties = mapping.get("properties") or {}
    for name in [n for n, body in properties.items() if body.get("type") == _DENSE]:
        del properties[name]
    meta = (mapping.get("_meta") or {}).get("es_hybrid") or {}
    meta["vector_field"] = None


def _meta_differences(have: Mapping[str, Any], want: Mapping[str, Any]) -> Iterator[str]:
    live, wanted = read_meta(have), read_meta(want)
    if wanted is None:
        return
    if live is None:
        yield "the index was not created by es-hybrid: its mapping has no _meta.es_hybrid"
        return
    for name in ("mapping", "version", "model"):
        is_, should = getattr(live, name), getattr(wanted, name)
        if is_ != should:
            yield f"the index has {name} {is_}, {should} is wanted"


def _differences(have: Mapping[str, Any], want: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(want):
        if name not in have:
            yield f"field {name} is missing"
            continue
        yield from _field_differences(name, have[name], want[name])


def _field_differences(
    name: str, have: Mapping[str, Any], want: Mapping[str, Any]
) -> Iterator[str]:
    if have.get("type", "object") != want.get("type", "object"):
        yield (
            f"field {name} is {have.get('type', 'object')}, {want.get('type', 'object')} is wanted"
        )
        return
    for key, value in want.items():
        if key == "index_options" and isinstance(have.get(key), Mapping):
            found: Any = {k: have[key].get(k) for k in value}
        else:
            found = have.get(key)
        is_default = key in ("index", "doc_values") and found is None and value is True
        if found != value and not is_default:
            yield f"field {name} has {key} {found}, {value} is wanted"
