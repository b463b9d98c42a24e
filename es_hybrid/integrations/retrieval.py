"""What a retriever of any framework asks of a shop, and what it makes of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from es_hybrid.errors import ConfigurationError
from es_hybrid.response import HybridResponse
from es_hybrid.types import Json

__all__ = ["Found", "Retrieval", "missing_client"]


@dataclass(frozen=True, slots=True)
class Found:
    """One product, before it becomes a framework's document.

    Attributes:
        id: Its id in the index.
        content: Its text.
        score: Final score, from 0 to 1 before boosts.
        metadata: The other fields of its document.
    """

    id: str
    content: str
    score: float
    metadata: Json


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How a retriever searches.

    Attributes:
        index: Index or alias.
        fields: Searched fields, with weights such as `title^3`.
        k: How many products are wanted.
        filters: Elasticsearch filters; they bind both legs.
        content_fields: What becomes a document's text, a line each; by default the searched fields.
        exclude: Fields that are not fetched, such as the vector's.
        options: `ext.hybrid` of the search.
    """

    index: str
    fields: Sequence[str]
    k: int = 10
    filters: Sequence[Mapping[str, Any]] = ()
    content_fields: Sequence[str] = ()
    exclude: Sequence[str] = ("embedding",)
    options: Mapping[str, Any] = field(default_factory=dict)

    def narrowed(
        self, *, k: int | None = None, filters: Sequence[Mapping[str, Any]] = ()
    ) -> Retrieval:
        """Return the same with another number of products, and with filters added."""
        return replace(self, k=self.k if k is None else k, filters=(*self.filters, *filters))

    def arguments(self, words: str) -> dict[str, Any]:
        """Return the arguments of `search` for a shopper's words.

        Example:
            >>> Retrieval("products", ["title"], k=3).arguments("tent")["size"]
            3
        """
        must = {"multi_match": {"query": words, "fields": list(self.fields)}}
        arguments: dict[str, Any] = {
            "index": self.index,
            "query": {"bool": {"must": [must], "filter": [dict(each) for each in self.filters]}},
            "size": self.k,
            "source": {"excludes": list(self.exclude)},
        }
        if self.options:
            arguments["ext"] = {"hybrid": dict(self.options)}
        return arguments

    def found(self, response: HybridResponse) -> list[Found]:
        """Return the products of an answer, best first."""
        named = self.content_fields or [name.partition("^")[0] for name in self.fields]
        return [
            Found(
                id=hit.id,
                content="\n".join(_texts(hit.source, named)),
                score=0.0 if hit.score is None else hit.score,
                metadata={name: value for name, value in hit.source.items() if name not in named},
            )
            for hit in response.hits
        ]


def missing_client(method: str, *, wanted: str) -> ConfigurationError:
    """Return the error for a call whose flavour of client was not given."""
    return ConfigurationError(
        f"{method} needs a {wanted}", hint=f"pass one as `{_ARGUMENT[wanted]}`"
    )


_ARGUMENT = {"HybridClient": "shop", "AsyncHybridClient": "async_shop"}


def _texts(source: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    values = [source.get(name) for name in names]
    return [_joined(value) for value in values if value]


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
