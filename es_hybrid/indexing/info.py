"""What an index and a cluster say of themselves, and whether a run fits them."""

from __future__ import annotations

from dataclasses import dataclass

from es_hybrid.errors import MappingMismatch
from es_hybrid.indexing.mapping import IndexMeta
from es_hybrid.types import Json

__all__ = ["ClusterHealth", "IndexInfo", "require_dims", "require_model", "takes_base64"]

_BASE64_SINCE = (9, 3)


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an alias points to.

    Attributes:
        name: As asked for.
        index: The index behind it.
        meta: What the mapping says of itself.
        mapping: The live mapping.
    """

    name: str
    index: str
    meta: IndexMeta
    mapping: Json

    @property
    def is_alias(self) -> bool:
        """Whether the name is an alias."""
        return self.name != self.index


@dataclass(frozen=True, slots=True)
class ClusterHealth:
    """What answers at an address.

    Attributes:
        version: Of Elasticsearch, such as `9.4.3`.
        status: `green`, `yellow`, `red`, or `unknown` where the key may not ask.
        licence: `basic`, `trial`, …, or `unknown`.
        nodes: Nodes that hold data; 0 where the key may not ask.
    """

    version: str
    status: str
    licence: str
    nodes: int


def takes_base64(version: str) -> bool:
    """Tell whether this Elasticsearch takes vectors as base64 when indexing.

    Example:
        >>> takes_base64("9.4.3"), takes_base64("8.14.1")
        (True, False)
    """
    return tuple(int(part) for part in version.split(".")[:2]) >= _BASE64_SINCE


def require_model(info: IndexInfo, model: str | None) -> None:
    """Refuse vectors of another model than the index's: they would not be comparable.

    Raises:
        MappingMismatch: Says which is which.
    """
    held = info.meta.model
    if model is None or model == held:
        return
    if held is None:
        raise MappingMismatch(
            f"{info.name} does not say which model its vectors are of, the run has {model}",
            hint="create an index that names its model",
        )
    raise MappingMismatch(
        f"{info.name} holds vectors of {held}, the run has {model}",
        hint=f"use {held}, or create an index for {model}",
    )


def require_dims(info: IndexInfo, dims: int | None, *, source: str) -> None:
    """Refuse vectors of another length than the index's.

    Raises:
        MappingMismatch: Says which is which.
    """
    if dims is not None and dims != info.meta.dims:
        raise MappingMismatch(
            f"{source} gives vectors of {dims} dims, {info.name} takes {info.meta.dims}",
            hint=f"create an index with {dims} dims, or use the model of this one",
        )
