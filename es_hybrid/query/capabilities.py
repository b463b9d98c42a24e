"""What a cluster and an index can do, learned from answers to ordinary requests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from es_hybrid.query.schema import IndexSchema
from es_hybrid.types import Json, PlanName

_VERSION = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True)
class Server:
    """What the cluster understands, by its version.

    Attributes:
        version: `(major, minor)`; `None` where it may not be asked, which is treated as the oldest.
        flavour: `default`, or `serverless`.
    """

    version: tuple[int, int] | None = None
    flavour: str = "default"

    @property
    def base64_query_vectors(self) -> bool:
        """Whether `knn.query_vector` may be a base64 string, a quarter of the bytes."""
        return self.version is not None and self.version >= (9, 4)

    @property
    def rescores_vectors(self) -> bool:
        """Whether `knn.rescore_vector` gives exact scores on a quantised index."""
        return self.version is not None and self.version >= (8, 18)


def read_server(info: Mapping[str, Any]) -> Server:
    """Read the answer of `GET /`.

    Example:
        >>> read_server({"version": {"number": "9.4.3"}}).base64_query_vectors
        True
    """
    about = info.get("version", {})
    match = _VERSION.match(str(about.get("number", "")))
    version = (int(match[1]), int(match[2])) if match else None
    return Server(version, str(about.get("build_flavor", "default")))


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What is known of a cluster and one index.

    Attributes:
        server: What the cluster understands.
        schema: What the index can do.
        refused: Plans that the cluster refused, for its licence or its version.
    """

    server: Server = field(default_factory=Server)
    schema: IndexSchema = field(default_factory=IndexSchema)
    refused: frozenset[PlanName] = frozenset()

    def to_dict(self) -> Json:
        """Return the record as JSON.

        Example:
            >>> Capabilities(Server((9, 4))).to_dict()["rescores_vectors"]
            True
        """
        vector = self.schema.vector
        return {
            "version": ".".join(map(str, self.server.version)) if self.server.version else None,
            "flavour": self.server.flavour,
            "base64_query_vectors": self.server.base64_query_vectors,
            "rescores_vectors": self.server.rescores_vectors,
            "vector": None
            if vector is None
            else {
                "field": vector.name,
                "dims": vector.dims,
                "similarity": vector.similarity,
                "quantized": vector.quantized,
            },
            "vector_problem": self.schema.vector_problem if vector is None else None,
            "model": self.schema.model,
            "id_field": self.schema.id_field,
            "code_fields": list(self.schema.code_fields),
            "refused": sorted(map(str, self.refused)),
        }
