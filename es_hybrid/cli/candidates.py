"""Retrieve candidates once, wide, with everything that is needed to rank them again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

from es_hybrid import HybridClient, HybridError
from es_hybrid.evaluate import FAULTS, JudgedQuery
from es_hybrid.settings import Settings
from es_hybrid.tuning import CandidateFile, LexicalVariant, QueryCandidates, Timing, missing
from es_hybrid.types import Json

__all__ = ["Retrieval", "patient"]

_PATIENCE_S = 60.0
_MOST_RERANKED = 1000
_CODES = 16


def patient(settings: Settings) -> Settings:
    """Return settings that wait for the models: an answer without one would be tuned to.

    Example:
        >>> patient(Settings()).search.budget_s
        120.0
    """
    waits = {"timeout_s": _PATIENCE_S}
    return settings.model_copy(
        update={
            "embed": settings.embed.model_copy(update=waits),
            "rerank": settings.rerank.model_copy(update=waits),
            "search": settings.search.model_copy(update={"budget_s": 2 * _PATIENCE_S}),
        }
    )


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Asks an index for candidates.

    Attributes:
        shop: An open client whose models answer in their own time.
        index: Index or alias.
        vectors: Query vectors by query id, where they were made beforehand.
        boosts: Whose fields are fetched with the candidates.
        window: Candidates per leg.
    """

    shop: HybridClient
    index: str
    vectors: Mapping[str, Sequence[float]]
    boosts: Sequence[Json]
    window: int

    def fill(
        self,
        file: CandidateFile,
        variants: Sequence[LexicalVariant],
        queries: Sequence[JudgedQuery],
        *,
        done: Callable[[int], None],
    ) -> None:
        """Retrieve what the file lacks.

        Raises:
            HybridError: A model did not answer.
        """
        whole = len(variants) * len(queries)
        lacking = list(missing(file, variants, queries))
        for count, (variant, query) in enumerate(lacking, start=1):
            file.put(variant, self._candidates(variant, query))
            done(whole - len(lacking) + count)

    def _candidates(self, variant: LexicalVariant, query: JudgedQuery) -> QueryCandidates:
        most = 2 * self.window + _CODES
        section = self._section(query) | {
            "window": self.window,
            "min_similarity": -1.0,
            "rerank": {"top": min(most, _MOST_RERANKED), "blend": 0.5},
            "fusion": {"method": "linear", "scores": "complete"},
            "explain": True,
        }
        answer = self._search(query, size=most, section=section, query=variant.query(query.text))
        parts = list(answer.hybrid.parts.values())
        scores = {part.hit.key: part.rerank for part in parts if part.rerank is not None}
        return QueryCandidates(query.id, query.text, tuple(part.hit for part in parts), scores)

    def page(self, query: JudgedQuery, *, section: Json | None = None) -> tuple[list[str], Any]:
        """Search as a shopper would; return the ids of the first page, and the answer."""
        answer = self._search(query, size=10, section={**self._section(query), **(section or {})})
        return [hit["_id"] for hit in answer["hits"]["hits"]], answer

    def time(
        self, file: CandidateFile, stages: Sequence[tuple[int, int]], queries: Sequence[JudgedQuery]
    ) -> None:
        """Time what the file lacks; taking turns, so that what else the machine does hits all alike."""
        lacking = [pair for pair in stages if pair not in file.timings]
        took: dict[tuple[int, int], list[float]] = {pair: [] for pair in lacking}
        for query in queries:
            for window, top in lacking:
                rerank = {"top": top, "blend": 0.5} if top else False
                start_s = perf_counter()
                self.page(query, section={"window": window, "rerank": rerank})
                took[window, top].append((perf_counter() - start_s) * 1000)
        for (window, top), ms in took.items():
            file.time(Timing(window, top, round(median(ms), 3)))

    def _section(self, query: JudgedQuery) -> Json:
        section: Json = {"text": query.text, "boosts": list(self.boosts), "rules": False}
        vector = self.vectors.get(query.id)
        return section if vector is None else {**section, "vector": list(vector)}

    def _search(self, judged: JudgedQuery, *, size: int, section: Json, **asked: Any) -> Any:
        answer = self.shop.search(
            index=self.index, size=size, source=False, ext={"hybrid": section}, **asked
        )
        failed = [lack for lack in answer.hybrid.degraded if lack.reason in FAULTS]
        if failed:
            raise HybridError(
                f"query {judged.id} was searched without {failed[0].stage}: {failed[0].reason}",
                hint="es-hybrid doctor INDEX says why; --candidates keeps what was retrieved",
            )
        return answer
