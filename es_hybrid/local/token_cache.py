"""Token ids of texts seen lately: candidates come back from search to search."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from es_hybrid.local.model import TokenIds

__all__ = ["TokenCache"]


class TokenCache:
    """Remembers the tokens of texts, within a bound; safe to use from several threads.

    Args:
        tokenize: Cuts texts into tokens, one array per text.
        limit_bytes: The texts lately used least are forgotten above it; 0 remembers nothing.

    Example:
        >>> import numpy as np
        >>> cache = TokenCache(lambda texts: [np.arange(len(t)) for t in texts], limit_bytes=1_000)
        >>> [len(ids) for ids in cache(["ab", "abc", "ab"])]
        [2, 3, 2]
    """

    def __init__(
        self, tokenize: Callable[[Sequence[str]], list[TokenIds]], *, limit_bytes: int
    ) -> None:
        self._tokenize = tokenize
        self._limit_bytes = limit_bytes
        self._known: OrderedDict[str, TokenIds] = OrderedDict()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def __call__(self, texts: Sequence[str]) -> list[TokenIds]:
        """Return the tokens of each text, in order."""
        found = self._find(texts)
        missing = list(dict.fromkeys(text for text in texts if text not in found))
        if missing:
            found.update(zip(missing, self._tokenize(missing), strict=True))
            self._remember({text: found[text] for text in missing})
        return [found[text] for text in texts]

    def _find(self, texts: Sequence[str]) -> dict[str, TokenIds]:
        found = {}
        with self._lock:
            for text in texts:
                if text in self._known:
                    self._known.move_to_end(text)
                    found[text] = self._known[text]
        return found

    def _remember(self, new: dict[str, TokenIds]) -> None:
        with self._lock:
            for text, ids in new.items():
                if text not in self._known:
                    self._known[text] = ids
                    self.size_bytes += _size(text, ids)
            while self.size_bytes > self._limit_bytes:
                self.size_bytes -= _size(*self._known.popitem(last=False))


def _size(text: str, ids: TokenIds) -> int:
    return sys.getsizeof(text) + sys.getsizeof(ids)
