"""What an index can do, read from its mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_hybrid.settings import IndexSettings

_DOC_VALUE_TYPES = frozenset(
    {
        "boolean",
        "byte",
        "constant_keyword",
        "date",
        "date_nanos",
        "double",
        "float",
        "geo_point",
        "half_float",
        "integer",
        "ip",
        "keyword",
        "long",
        "scaled_float",
        "short",
        "unsigned_long",
    }
)
"""Types whose values come out of columns, without reading the stored document."""

_QUANTIZED = ("int8_", "int4_", "bbq_")


@dataclass(frozen=True, slots=True)
class VectorField:
    """A `dense_vector` field.

    Attributes:
        name: Full path of the field.
        dims: Vector length; `None` where it is not known yet.
        similarity: `cosine`, `dot_product`, `l2_norm` or `max_inner_product`.
        quantized: Whether the index scores by a compressed copy, so that kNN scores are approximate.
        floats: Whether components are fractions; bytes and bits are whole numbers of their own.
    """

    name: str
    dims: int | None = None
    similarity: str = "cosine"
    quantized: bool = False
    floats: bool = True

    def score(self, cosine: float) -> float:
        """Return the kNN score of a cosine between unit vectors.

        Example:
            >>> VectorField("embedding").score(0.5)
            0.75
        """
        match self.similarity:
            case "l2_norm":
                return 1.0 / (3.0 - 2.0 * cosine)
            case "max_inner_product":
                return 1.0 + cosine if cosine >= 0 else 1.0 / (1.0 - cosine)
            case _:
                return (1.0 + cosine) / 2.0


@dataclass(frozen=True, slots=True)
class Money:
    """What the mapping says of an index's prices; nothing guesses.

    Attributes:
        currency: ISO code, `None` where it is not said.
        unit: `major`, such as euros, or `minor`, such as cents.
    """

    currency: str | None = None
    unit: str = "major"


@dataclass(frozen=True, slots=True)
class IndexSchema:
    """What a search needs to know of an index.

    Attributes:
        vector: The field of the semantic leg, `None` where there is none.
        vector_problem: Why there is none, for a person.
        model: Model that made the vectors, where the mapping says.
        id_field: Keyword field that equals `_id`; `None` where nothing guarantees it.
        doc_value_fields: Fields whose values are cheap to fetch with candidates.
        code_fields: Fields that hold exact codes.
        search_fields: Fields of a bare text search, with boosts.
        rerank_fields: Fields shown to the reranker, in order.
        money: Currency and unit of prices, `None` where the mapping does not say.
    """

    vector: VectorField | None = None
    vector_problem: str = "the index has no dense_vector field"
    model: str | None = None
    id_field: str | None = None
    doc_value_fields: frozenset[str] = frozenset()
    code_fields: tuple[str, ...] = ()
    search_fields: tuple[str, ...] = ()
    rerank_fields: tuple[str, ...] = ()
    money: Money | None = None


def read_schema(answer: Mapping[str, Any], settings: IndexSettings) -> IndexSchema:
    """Read the answer of `GET index/_mapping`, which names one or more concrete indices.

    Settings win over the mapping's `_meta.es_hybrid`, which wins over what can be guessed. Where
    several indices disagree on the vector there is none: mixed vectors are worse than none.

    Example:
        >>> mapping = {"properties": {"embedding": {"type": "dense_vector", "dims": 3}}}
        >>> read_schema({"products-1": {"mappings": mapping}}, IndexSettings()).vector.dims
        3
    """
    schemas = [_read_one(index.get("mappings", {}), settings) for index in answer.values()]
    if not schemas:
        return IndexSchema()
    first = schemas[0]
    if all(schema == first for schema in schemas[1:]):
        return first
    same_vector = all((s.vector, s.model) == (first.vector, first.model) for s in schemas)
    problem = "the indices behind this name disagree on their vectors"
    return IndexSchema(
        vector=first.vector if same_vector else None,
        vector_problem=first.vector_problem if same_vector else problem,
        model=first.model if same_vector else None,
        id_field=first.id_field if all(s.id_field == first.id_field for s in schemas) else None,
        doc_value_fields=frozenset.intersection(*(s.doc_value_fields for s in schemas)),
        code_fields=_shared([s.code_fields for s in schemas]),
        search_fields=_shared([s.search_fields for s in schemas]),
        rerank_fields=_shared([s.rerank_fields for s in schemas]),
        money=first.money if all(s.money == first.money for s in schemas) else None,
    )


def _read_one(mappings: Mapping[str, Any], settings: IndexSettings) -> IndexSchema:
    meta = mappings.get("_meta", {}).get("es_hybrid", {})
    fields = dict(_fields(mappings.get("properties", {})))
    vector, problem = _vector(fields, settings.vector_field or meta.get("vector_field"))
    texts = tuple(name for name, field in fields.items() if field.get("type") == "text")
    return IndexSchema(
        vector=vector,
        vector_problem=problem,
        model=meta.get("model"),
        id_field=settings.id_field or meta.get("id_field"),
        doc_value_fields=frozenset(
            name for name, field in fields.items() if _has_doc_values(field)
        ),
        code_fields=settings.code_fields or tuple(meta.get("code_fields", ())),
        search_fields=settings.search_fields or tuple(meta.get("search_fields", ())) or texts,
        rerank_fields=settings.rerank_fields or tuple(meta.get("rerank_fields", ())),
        money=_money(meta.get("money")),
    )


def _money(said: Any) -> Money | None:
    if not isinstance(said, Mapping):
        return None
    return Money(said.get("currency"), said.get("unit") or "major")


def _fields(properties: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in properties.items():
        path = f"{prefix}{name}"
        if field.get("type") == "nested":
            continue
        if "type" in field:
            yield path, field
        yield from _fields(field.get("properties", {}), f"{path}.")
        yield from _fields(field.get("fields", {}), f"{path}.")


def _has_doc_values(field: Mapping[str, Any]) -> bool:
    return field.get("type") in _DOC_VALUE_TYPES and field.get("doc_values", True) is not False


def _vector(fields: Mapping[str, Any], wanted: str | None) -> tuple[VectorField | None, str]:
    vectors = {
        name: field
        for name, field in fields.items()
        if field.get("type") == "dense_vector" and field.get("index", True) is not False
    }
    if wanted is not None:
        if wanted not in vectors:
            return None, f"the index has no indexed dense_vector field {wanted}"
        return _vector_field(wanted, vectors[wanted]), ""
    if len(vectors) > 1:
        names = ", ".join(sorted(vectors))
        return None, f"several dense_vector fields ({names}); set ES_HYBRID_INDEX__VECTOR_FIELD"
    for name, field in vectors.items():
        return _vector_field(name, field), ""
    return None, "the index has no dense_vector field"


def _vector_field(name: str, field: Mapping[str, Any]) -> VectorField:
    floats = field.get("element_type") not in {"byte", "bit"}
    kind = field.get("index_options", {}).get("type", "int8_hnsw" if floats else "hnsw")
    return VectorField(
        name=name,
        dims=field.get("dims"),
        similarity=field.get("similarity", "cosine"),
        quantized=kind.startswith(_QUANTIZED),
        floats=floats,
    )


def _shared(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for name in lists[0] if all(name in names for names in lists[1:]))
