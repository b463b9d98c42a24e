"""Texts to an OpenAI-style embeddings request, and its answer to checked vectors.

Servers differ: some ignore `dimensions`, some `encoding_format`, one cuts after normalising, one
returns items out of order. What comes out of here is one finite row of unit length a text, in the
order of the texts, or a `ContractError` that names the check and the position.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from es_hybrid.errors import ContractError, EmbeddingError
from es_hybrid.token_budget import MAX_TOKENS, cut_text
from es_hybrid.types import Json, TextKind, Vectors
from es_hybrid.wire.failures import read_json
from es_hybrid.wire.templates import embed_query
from es_hybrid.wire.texts import blank_positions, strip_control_tokens

__all__ = [
    "EmbeddingItem",
    "blank_positions",
    "decode_embeddings",
    "encode_texts",
    "parse_embeddings",
    "prepare_query",
]

EmbeddingItem = tuple[int, list[Any] | str]
"""What a server says of one text: its index, and its vector as numbers or as base64."""

# A vector much shorter or longer than this was not made by a model: it is zero, or its bytes are
# in the wrong order, which turns ordinary numbers into ones near 1e-41 or 1e+38.
_SHORTEST, _LONGEST = 1e-4, 1e4


def prepare_query(text: str, instruction: str | None) -> str:
    r"""Put the task sentence before a query, once, as Qwen3-Embedding was trained.

    Args:
        text: The shopper's words.
        instruction: The task, in English; empty or `None` leaves the query bare.

    Example:
        >>> prepare_query("red shoe", "Find products")
        'Instruct: Find products\nQuery:red shoe'
    """
    return embed_query(text, instruction) if instruction else text


def encode_texts(
    texts: Sequence[str],
    *,
    kind: TextKind,
    model: str,
    instruction: str | None = None,
    dimensions: int | None = None,
    encoding_format: Literal["float", "base64"] = "float",
    max_tokens: int = MAX_TOKENS,
) -> Json:
    """Return the arguments of `embeddings.create` for one request.

    Control tokens are taken out and long texts cut before the instruction is put in front, so that
    neither can touch it.

    Args:
        texts: Queries or documents, none blank.
        kind: Only queries get the instruction.
        model: Name the server knows.
        instruction: The task sentence; empty or `None` sends queries bare.
        dimensions: Sent only if given: some servers refuse the key, even as `null`.
        encoding_format: Always sent; without it the openai client asks for base64.
        max_tokens: Longer texts are cut at a sentence end.

    Raises:
        EmbeddingError: A text is blank; a vector of nothing would match everything a little.

    Example:
        >>> encode_texts(["boot"], kind=TextKind.DOCUMENT, model="m")["input"]
        ['boot']
    """
    if blank := blank_positions(texts):
        raise EmbeddingError(
            f"{len(blank)} of {len(texts)} texts are blank, the first at position {blank[0]}",
            service="embed",
            attempts=0,
            hint="leave products without a text unembedded",
        )
    clean = [cut_text(strip_control_tokens(text), max_tokens).text for text in texts]
    if kind is TextKind.QUERY:
        clean = [prepare_query(text, instruction) for text in clean]
    request: Json = {"input": clean, "model": model, "encoding_format": encoding_format}
    if dimensions is not None:
        request["dimensions"] = dimensions
    return request


def parse_embeddings(content: bytes, *, service: str = "embed") -> list[EmbeddingItem]:
    """Return the items of an embeddings answer as they came, unordered and unchecked.

    Raises:
        ContractError: Not JSON, or not of an embeddings answer's shape.

    Example:
        >>> parse_embeddings(b'{"data": [{"index": 0, "embedding": "AACAPwAAAMA="}]}')
        [(0, 'AACAPwAAAMA=')]
    """
    body = read_json(content, service=service)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, list):
        raise ContractError("the answer has no list `data`", service=service, status=200)
    items: list[EmbeddingItem] = []
    for place, item in enumerate(data):
        index = item.get("index") if isinstance(item, dict) else None
        vector = item.get("embedding") if isinstance(item, dict) else None
        if type(index) is not int or not isinstance(vector, list | str):
            raise ContractError(
                f"item {place} of {len(data)} has no number `index` or no `embedding`",
                service=service,
                status=200,
            )
        items.append((index, vector))
    return items


def decode_embeddings(
    items: Sequence[EmbeddingItem], *, count: int, dims: int | None, service: str = "embed"
) -> Vectors:
    """Return unit-length vectors in the order of the texts, after checking every one.

    Args:
        items: `(index, vector)`, in any order; a vector is a list of numbers, or little-endian
            float32 in base64.
        count: Texts that were sent.
        dims: Length wanted; longer vectors are cut to it (Matryoshka models) and renormalised.
            `None` keeps what the server gives.
        service: Named in errors.

    Returns:
        Shape `(count, dims)`, float32.

    Raises:
        ContractError: A count, index, length or number is wrong. Says which, at which position;
            never holds the vector.

    Example:
        >>> decode_embeddings([(1, [0.0, 2.0]), (0, [3.0, 4.0])], count=2, dims=None).tolist()
        [[0.6000000238418579, 0.800000011920929], [0.0, 1.0]]
    """
    if len(items) != count:
        raise _broken(f"{len(items)} vectors came for {count} texts", service)
    ordered: list[list[Any] | str | None] = [None] * count
    for index, vector in items:
        if not 0 <= index < count:
            raise _broken(f"index {index} is outside 0 to {count - 1}", service)
        if ordered[index] is not None:
            raise _broken(f"index {index} came twice", service)
        ordered[index] = vector
    rows = [_row(vector, index, service) for index, vector in enumerate(ordered)]
    if not rows:
        return np.empty((0, dims or 0), np.float32)
    length = len(rows[0])
    for index, row in enumerate(rows):
        _check_length(len(row), length, dims, index, service)
    return _unit_rows(np.stack(rows)[:, :dims], service)


def _row(vector: list[Any] | str | None, index: int, service: str) -> NDArray[Any]:
    if isinstance(vector, str):
        return _from_base64(vector, index, service)
    try:
        row = np.asarray(vector)
    except ValueError:  # ragged lists
        row = np.empty(0, object)
    if row.ndim != 1 or row.dtype.kind not in "fiu":
        raise _broken(f"the vector at {index} is not a list of numbers", service)
    return row


def _from_base64(text: str, index: int, service: str) -> NDArray[np.float32]:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise _broken(f"the vector at {index} is not base64", service) from None
    if not raw or len(raw) % 4:
        raise _broken(f"the vector at {index} is not base64 of float32 numbers", service)
    return np.frombuffer(raw, dtype="<f4")


def _check_length(found: int, first: int, dims: int | None, index: int, service: str) -> None:
    if found != first:
        raise _broken(f"the vector at {index} has {found} dims, the first one {first}", service)
    if dims is not None and found < dims:
        raise _broken(
            f"the vector at {index} has {found} dims, {dims} are wanted",
            service,
            hint="set ES_HYBRID_EMBED__DIMS to what the model gives",
        )


def _unit_rows(rows: NDArray[Any], service: str) -> Vectors:
    # float64 while adding up squares: float32 loses digits at 4096 dims.
    wide = rows.astype(np.float64, copy=False)
    finite = np.isfinite(wide).all(axis=1)
    if not finite.all():
        raise _broken(f"the vector at {int(np.argmin(finite))} has NaN or infinity", service)
    with np.errstate(over="ignore"):  # becomes infinity, which is refused below
        norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    sound = (norms >= _SHORTEST) & (norms <= _LONGEST)
    if not sound.all():
        index = int(np.argmin(sound))
        raise _broken(
            f"the vector at {index} has length {norms[index]:.3g}: zero, or bytes in wrong order",
            service,
        )
    return np.asarray(wide / norms[:, None], dtype=np.float32)


def _broken(message: str, service: str, hint: str | None = None) -> ContractError:
    return ContractError(message, service=service, status=200, hint=hint)
