"""What a shop may replace: embedder, reranker, fuser, boost, product text, metrics hook.

A plug-in is any object with these methods. The contracts are the smallest that cannot be misread:
one vector per text, one score per text, one score per candidate, always in the order they were given.
`es_hybrid.testing` checks an object against them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from es_hybrid.types import (
    BoostContext,
    Correction,
    Evidence,
    FusionOptions,
    Hit,
    Scores,
    SearchDone,
    TextKind,
    Vector,
    Vectors,
)

__all__ = [
    "AsyncEmbedder",
    "AsyncInstructedEmbedder",
    "AsyncReranker",
    "AsyncVectorStore",
    "Boost",
    "Embedder",
    "Fuser",
    "Hook",
    "InstructedEmbedder",
    "LearnedRanking",
    "Reranker",
    "SearchDone",
    "VectorStore",
]


@runtime_checkable
class Embedder(Protocol):
    """Turns texts into vectors.

    Attributes:
        model: Names the model; kept with each product, so that vectors of two models never mix.

    Example:
        shop = HybridClient(es, embedder=MyEmbedder())  # checked by `testing.check_embedder`
    """

    model: str

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return one finite, unit-length row a text, shape `(len(texts), dims)`, float32."""
        ...


@runtime_checkable
class AsyncEmbedder(Protocol):
    """The same as `Embedder`, awaited.

    Example:
        shop = AsyncHybridClient(es, embedder=MyAsyncEmbedder())
    """

    model: str

    async def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        """Return one finite, unit-length row a text, shape `(len(texts), dims)`, float32."""
        ...


@runtime_checkable
class InstructedEmbedder(Embedder, Protocol):
    """An embedder that can be told, for one call, what a query's vector is for.

    Attributes:
        instruction: The task it puts before queries unasked; empty sends them bare. `None`: the
            model reads none, and a request that brings one is refused.

    Example:
        rows = embedder.embed(["shoe"], kind=TextKind.QUERY, timeout_s=0.15, instruction="find shoes")
    """

    instruction: str | None

    def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one row per text; `instruction` is put before queries in place of its own."""
        ...


@runtime_checkable
class AsyncInstructedEmbedder(AsyncEmbedder, Protocol):
    """The same as `InstructedEmbedder`, awaited.

    Example:
        shop = AsyncHybridClient(es, embedder=MyAsyncInstructedEmbedder())
    """

    instruction: str | None

    async def embed(
        self,
        texts: Sequence[str],
        *,
        kind: TextKind,
        timeout_s: float,
        instruction: str | None = None,
    ) -> Vectors:
        """Return one row per text; `instruction` is put before queries in place of its own."""
        ...


@runtime_checkable
class Reranker(Protocol):
    """Scores texts against a query.

    Example:
        shop = HybridClient(es, reranker=MyReranker())  # checked by `testing.check_reranker`
    """

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        """Return one finite score per text, in the order of `texts`; higher is better."""
        ...


@runtime_checkable
class AsyncReranker(Protocol):
    """The same as `Reranker`, awaited.

    Example:
        shop = AsyncHybridClient(es, reranker=MyAsyncReranker())
    """

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        """Return one finite score per text, in the order of `texts`; higher is better."""
        ...


@runtime_checkable
class VectorStore(Protocol):
    """Remembers vectors of product texts from one run to the next.

    A text hash stands for the text, the model, the dims and how the text was built, so a store may
    hold vectors of many models.

    Example:
        shop.ingest("products", feed, vectors_from=MyStore())
    """

    def get_many(self, text_hashes: Sequence[str]) -> Mapping[str, Vector]:
        """Return the vectors that are there, by text hash, each of shape `(dims,)`."""
        ...

    def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by text hash; a store that only reads keeps none."""
        ...


@runtime_checkable
class AsyncVectorStore(Protocol):
    """The same as `VectorStore`, awaited.

    Example:
        await shop.ingest("products", feed, vectors_from=MyAsyncStore())
    """

    async def get_many(self, text_hashes: Sequence[str]) -> Mapping[str, Vector]:
        """Return the vectors that are there, by text hash, each of shape `(dims,)`."""
        ...

    async def put_many(self, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by text hash; a store that only reads keeps none."""
        ...


@runtime_checkable
class Boost(Protocol):
    """Multiplies a hit's relevance by a business factor. Pure: it serves both flavours.

    Attributes:
        name: Shown in the explanation.
        fields: Doc-value fields the factor reads; they are fetched with the candidates.

    Example:
        shop = HybridClient(es, boosts=[FieldBoost("brand", equals="Acme"), MyBoost()])
    """

    @property
    def name(self) -> str:
        """A short name, shown in the explanation."""
        ...

    @property
    def fields(self) -> Sequence[str]:
        """Doc-value fields the factor reads from `hit.fields`."""
        ...

    def factor(self, hit: Hit, context: BoostContext) -> float:
        """Return a factor above 0; 1.0 changes nothing. The product of all is clamped."""
        ...


@runtime_checkable
class Fuser(Protocol):
    """Turns the legs' scores and ranks into one score per candidate.

    Example:
        shop = HybridClient(es, fusers={"mine": my_fuser})  # `"fusion": {"method": "mine"}`
    """

    def __call__(self, hits: Sequence[Hit], options: FusionOptions) -> Scores:
        """Return one finite score from 0 to 1 a hit, in the order of `hits`."""
        ...


class LearnedRanking(Protocol):
    """A trained model, as a search knows it; `rank.learned` has the kind that is trained here."""

    @property
    def version(self) -> str:
        """What answers and explanations call it."""
        ...

    @property
    def reads(self) -> Sequence[str]:
        """Doc-value fields that its features are computed from."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """Those of them that an index must have."""
        ...

    def correct(self, evidence: Evidence) -> Correction:
        """Return the corrected relevance of each candidate, or what is lacking for it."""
        ...

    def contributions(
        self, correction: Correction, positions: Sequence[int]
    ) -> list[Mapping[str, float]]:
        """Return what each feature did to some of the candidates, the most first."""
        ...


@runtime_checkable
class Hook(Protocol):
    """Receives events for metrics. One that raises is logged and ignored.

    Example:
        shop = HybridClient(es, hook=MyHook())
    """

    def search_done(self, event: SearchDone) -> None:
        """Take note of a finished search."""
        ...
