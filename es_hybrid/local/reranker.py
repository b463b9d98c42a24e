"""The embedded reranker: late interaction over static token vectors. English.

ColBERT's MaxSim (Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via
Contextualized Late Interaction over BERT", SIGIR 2020) over WordLlama's vectors, which know no
context: each token of the query finds its most similar token of the text, and the similarities are
averaged,

    score = sum_i w_i max(0, max_j cos(q_i, d_j)) / sum_i w_i

where ColBERT's terms count alike and these count by what they tell. The weight `w_i` is the length of
the token's vector: training on whole sentences gave `for` 2.6 and `laptop` 16.9. It beats document
frequencies, of the catalogue or of the candidates, on queries in whole sentences, where words such as
`recommend` are rare in product texts and still tell nothing; and a score depends on its own text
alone, so calls can be split and compared.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from es_hybrid.local.model import StaticModel, TokenIds
from es_hybrid.local.token_cache import TokenCache

__all__ = ["RERANKER_MODEL", "AsyncLateInteractionReranker", "LateInteractionReranker"]

RERANKER_MODEL = "wordllama-late-interaction"

# What is read of a text, which bounds the work of a call; 4,096 characters hold most of 512 tokens.
_QUERY_TOKENS = 128
_TEXT_TOKENS = 512
_TEXT_CHARACTERS = 4096
# Texts that match alike must tie: sums of float32 differ in the last bits, and a caller who stretches
# the scores from 0 to 1 would make an order out of them.
_DECIMALS = 6


class LateInteractionReranker:
    """Scores texts in process by the best match of each word of the query.

    Args:
        model: Loaded weights to share with an embedder; read from the installed package when `None`.
        cache_bytes: Memory for the tokens of texts seen lately.

    Raises:
        ConfigurationError: The extra `local` is not installed.

    Example:
        >>> reranker = LateInteractionReranker()
        >>> texts = ["Blue Shoe", "Red Shoe"]
        >>> scores = reranker.rerank("red shoe", texts, instruction=None, timeout_s=1.0)
        >>> scores[1] > scores[0], scores[1]
        (True, 1.0)
    """

    model = RERANKER_MODEL

    def __init__(
        self, model: StaticModel | None = None, *, cache_bytes: int = 64 * 1024 * 1024
    ) -> None:
        self._model = model or StaticModel.load()
        self._lengths = np.linalg.norm(self._model.vectors, axis=1)
        self._tokens = TokenCache(self._model.token_ids, limit_bytes=cache_bytes)

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        """Return one score from 0 to 1 a text, in the order of `texts`.

        Args:
            query: The shopper's words; the first 128 tokens are read.
            texts: What a shopper sees of each product; the first 512 tokens are read. Texts longer
                than a bare title help most.
            instruction: Not used: there is no model to instruct.
            timeout_s: Accepted for the contract; 100 texts take a few milliseconds.

        Returns:
            1.0 where every token of the query is in the text; 0.0 for a blank text or query.
        """
        del instruction, timeout_s
        scores, _ = self.rerank_counted(query, texts)
        return scores

    def rerank_counted(self, query: str, texts: Sequence[str]) -> tuple[list[float], int]:
        """Return what `rerank` returns, and the number of tokens read, the query's once a text."""
        asked = self._model.token_ids([query[:_TEXT_CHARACTERS]])[0][:_QUERY_TOKENS]
        read = [ids[:_TEXT_TOKENS] for ids in self._tokens([t[:_TEXT_CHARACTERS] for t in texts])]
        tokens = len(asked) * len(read) + sum(map(len, read))
        if not len(asked) or not read:
            return [0.0] * len(read), tokens
        weights = self._lengths[asked].astype(np.float64)
        unique, places = np.unique(np.concatenate(read), return_inverse=True)
        # Not `@`: BLAS rounds by the shape of the whole product, and waking its threads on a busy
        # machine costs many times what so small a product does.
        similarity = np.einsum("ud,qd->uq", self._units(unique), self._units(asked))
        np.clip(similarity, 0.0, 1.0, out=similarity)
        bounds = np.cumsum([len(ids) for ids in read])
        best = np.zeros((len(read), len(asked)), dtype=np.float32)
        for row, of_text in zip(best, np.split(places, bounds[:-1]), strict=True):
            similarity[of_text].max(axis=0, initial=0.0, out=row)
        scores = (best * weights).sum(axis=1) / weights.sum()
        return np.round(scores, _DECIMALS).tolist(), tokens

    def _units(self, ids: TokenIds) -> NDArray[np.float32]:
        units: NDArray[np.float32] = self._model.vectors[ids] / self._lengths[ids, None]
        return units


class AsyncLateInteractionReranker:
    """The same as `LateInteractionReranker`, awaited; the work is too short to hand to a thread.

    Example:
        >>> import asyncio
        >>> reranker = AsyncLateInteractionReranker()
        >>> asyncio.run(reranker.rerank("shoe", ["Shoe"], instruction=None, timeout_s=1.0))
        [1.0]
    """

    model = RERANKER_MODEL

    def __init__(
        self, model: StaticModel | None = None, *, cache_bytes: int = 64 * 1024 * 1024
    ) -> None:
        self._reranker = LateInteractionReranker(model, cache_bytes=cache_bytes)

    async def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        """Return one score from 0 to 1 a text; see `LateInteractionReranker.rerank`."""
        return self._reranker.rerank(query, texts, instruction=instruction, timeout_s=timeout_s)
