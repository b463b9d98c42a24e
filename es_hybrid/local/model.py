"""The static token vectors that both embedded models are made of.

WordLlama carries its weights (32,000 tokens, 256 dimensions) and its tokenizer in its wheel, so they
are read from the installed package and nothing is ever downloaded.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from es_hybrid.errors import missing_extra
from es_hybrid.types import Vectors

__all__ = ["StaticModel", "TokenIds", "fold"]

TokenIds = NDArray[np.int32]
"""The tokens of one text, shape `(tokens,)`."""

_CHUNK = 64  # texts; what the tokenizer returns is a hundred times larger than the text


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StaticModel:
    """One vector per token, without context.

    Attributes:
        vectors: One row per token of the vocabulary, shape `(vocabulary, 256)`. A row's length is the
            weight that training gave the token: 1.6 for `the`, 2.6 for `for`, 16.9 for `laptop`.
        tokenizer: Cuts texts into tokens; safe to use from several threads.
    """

    vectors: Vectors
    tokenizer: Any

    @classmethod
    def load(cls) -> StaticModel:
        """Read the weights out of the installed `wordllama` package.

        Raises:
            ConfigurationError: The extra `local` is not installed.

        Example:
            >>> StaticModel.load().dims
            256
        """
        try:
            with _root_logger_untouched():
                import wordllama  # noqa: PLC0415 (an extra)
        except ImportError as error:
            raise missing_extra(error, user="an embedded model", extra="local") from error
        loaded = wordllama.WordLlama.load(
            cache_dir=Path(wordllama.__file__).parent, disable_download=True
        )
        loaded.tokenizer.no_padding()
        return cls(vectors=loaded.embedding, tokenizer=loaded.tokenizer)

    @property
    def dims(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def token_ids(self, texts: Sequence[str]) -> list[TokenIds]:
        """Cut each text, folded, into tokens; a blank text gives an empty array."""
        ids: list[TokenIds] = []
        for start in range(0, len(texts), _CHUNK):
            folded = [fold(text) for text in texts[start : start + _CHUNK]]
            encoded = self.tokenizer.encode_batch_fast(folded, add_special_tokens=False)
            ids.extend(np.array(item.ids, dtype=np.int32) for item in encoded)
        return ids


def fold(text: str) -> str:
    r"""Bring case, full- and half-width forms and blanks together, as shoppers mix them.

    Example:
        >>> fold("\uff2cAPTOP  Bag")
        'laptop bag'
    """
    # Half a surrogate pair cannot be written as UTF-8, which the tokenizer needs.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(unicodedata.normalize("NFKC", whole).lower().split())


@contextmanager
def _root_logger_untouched() -> Iterator[None]:
    """Keep an import from configuring the application's logging.

    wordllama calls `logging.basicConfig` when imported, which does nothing where the root logger
    has a handler.
    """
    root = logging.getLogger()
    placeholder = logging.NullHandler()
    root.addHandler(placeholder)
    try:
        yield
    finally:
        root.removeHandler(placeholder)
