"""Requests and answers in the words of SGLang, vLLM and Xinference. Pure.

Embeddings speak as SGLang does, with its flat error bodies; reranking as vLLM does, with nested ones,
or as Xinference does. A client that works with this server works with those.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeGuard

from es_hybrid.types import Json, Vectors

__all__ = [
    "Dialect",
    "EmbeddingsRequest",
    "RerankRequest",
    "WireError",
    "WireFormat",
    "embeddings_answer",
    "error_body",
    "models_answer",
    "read_embeddings",
    "read_rerank",
    "rerank_answer",
]


class WireFormat(StrEnum):
    """Whose words an answer is in."""

    SGLANG = "sglang"
    VLLM = "vllm"
    XINFERENCE = "xinference"


class Dialect(StrEnum):
    """Whose rerank format is spoken; `auto` goes by the fields of the request."""

    AUTO = "auto"
    VLLM = "vllm"
    XINFERENCE = "xinference"


_XINFERENCE_FIELDS = frozenset({"return_documents", "return_len", "max_chunks_per_doc", "kwargs"})
MAX_CHARACTERS = 32_768  # of one text to embed
_TYPES = {400: "BadRequestError", 404: "NotFoundError", 413: "BadRequestError"}


class WireError(Exception):
    """A request that cannot be answered.

    Attributes:
        message: What is wrong, for the caller; never holds the request's texts.
        wire: Whose error body to answer with.
        status: HTTP status.
    """

    def __init__(self, message: str, *, wire: WireFormat, status: int = 400) -> None:
        super().__init__(message)
        self.message = message
        self.wire = wire
        self.status = status


@dataclass(frozen=True, slots=True)
class EmbeddingsRequest:
    """What `/v1/embeddings` was asked.

    Attributes:
        texts: None of them blank.
        base64: Whether vectors go out as little-endian float32 in base64.
    """

    texts: tuple[str, ...]
    base64: bool


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """What `/v1/rerank` was asked.

    Attributes:
        query: The shopper's words.
        documents: In the order the caller numbers them.
        limit: How many results are wanted; `None` for all.
        wire: Whose words the answer is in.
        with_documents: Whether each result carries its text.
    """

    query: str
    documents: tuple[str, ...]
    limit: int | None
    wire: WireFormat
    with_documents: bool


def error_body(error: WireError) -> Json:
    """Return the body that the server spoken for would answer with."""
    kind = _TYPES.get(error.status, "InternalServerError")
    said = {"message": error.message, "type": kind, "param": None, "code": error.status}
    match error.wire:
        case WireFormat.SGLANG:
            return {"object": "error", **said}
        case WireFormat.VLLM:
            return {"error": said}
        case WireFormat.XINFERENCE:
            return {"detail": error.message}


def read_embeddings(body: object, *, model: str) -> EmbeddingsRequest:
    """Check a body of `/v1/embeddings` the way SGLang does.

    Raises:
        WireError: 400, for the whole request.
    """
    if not isinstance(body, Mapping):
        _refuse_embeddings("the body must be a JSON object")
    given = body.get("input")
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Sequence):
        _refuse_embeddings("`input` must be a string or a list of strings")
    if not given:
        _refuse_embeddings("Input cannot be empty")
    for position, text in enumerate(given):
        if not isinstance(text, str):
            _refuse_embeddings(
                f"Input at index {position} must be a string; token ids are not read"
            )
        if not text.strip():
            _refuse_embeddings(f"Input at index {position} cannot be empty or whitespace only")
        if len(text) > MAX_CHARACTERS:
            _refuse_embeddings(
                f"Input at index {position} is longer than {MAX_CHARACTERS} characters"
            )
    encoding = body.get("encoding_format") or "float"
    if encoding not in ("float", "base64"):
        _refuse_embeddings("`encoding_format` must be float or base64")
    _check_dimensions(body.get("dimensions"), model=model)
    return EmbeddingsRequest(texts=tuple(given), base64=encoding == "base64")


def _check_dimensions(dimensions: object, *, model: str) -> None:
    if dimensions is None:
        return
    if not _is_int(dimensions):
        _refuse_embeddings("`dimensions` must be an integer")
    if dimensions <= 0:
        _refuse_embeddings("Requested dimensions must be greater than 0")
    _refuse_embeddings(
        f"Model '{model}' does not support matryoshka representation, changing output dimensions "
        "will lead to poor results."
    )


def _refuse_embeddings(message: str) -> NoReturn:
    raise WireError(message, wire=WireFormat.SGLANG)


def embeddings_answer(
    vectors: Vectors, *, request: EmbeddingsRequest, model: str, tokens: int
) -> Json:
    """Return the body of `/v1/embeddings`, vectors in the order of the texts.

    Args:
        vectors: Shape `(n, dims)`, float32.
        request: What was asked.
        model: The model that made them, whatever the request called it.
        tokens: Number of tokens read.

    Returns:
        The body; without base64 each `embedding` is an array, for the serialiser to write.
    """
    rows: list[Any] = list(vectors)
    if request.base64:
        little = vectors.astype("<f4", copy=False)
        rows = [base64.b64encode(row.tobytes()).decode("ascii") for row in little]
    data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": model, "data": data, "usage": usage}


def read_rerank(body: object, *, model: str, dialect: Dialect) -> RerankRequest:
    """Check a body of `/v1/rerank` the way the server spoken for does.

    Raises:
        WireError: 400, or vLLM's 404 for a model that is not served.
    """
    fields = body if isinstance(body, Mapping) else {}
    wire = _rerank_format(fields, dialect)

    def refuse(message: str, status: int = 400) -> NoReturn:
        raise WireError(message, wire=wire, status=status)

    if not isinstance(body, Mapping):
        refuse("the body must be a JSON object")
    query, documents, name = body.get("query"), body.get("documents"), body.get("model")
    xinference = wire is WireFormat.XINFERENCE
    if name is None and xinference:
        refuse("`model` is required")
    if name and name != model:
        refuse(f"The model `{name}` does not exist.", 400 if xinference else 404)
    if not isinstance(query, str):
        refuse("`query` must be a string")
    if isinstance(documents, str) and not xinference:
        documents = [documents]
    if not isinstance(documents, list) or not documents:
        refuse("`documents` must be a list of at least one string")
    if not all(isinstance(document, str) for document in documents):
        refuse("each of `documents` must be a string")
    limit = body.get("top_n", None if xinference else 0)
    if not (_is_int(limit) and limit >= 0) and not (limit is None and xinference):
        refuse("`top_n` must be an integer of at least 0")
    return RerankRequest(
        query=query,
        documents=tuple(documents),
        limit=limit or None,
        wire=wire,
        with_documents=bool(body.get("return_documents")) or not xinference,
    )


def _rerank_format(fields: Mapping[str, object], dialect: Dialect) -> WireFormat:
    if dialect is not Dialect.AUTO:
        return WireFormat(dialect)
    return WireFormat.VLLM if _XINFERENCE_FIELDS.isdisjoint(fields) else WireFormat.XINFERENCE


def rerank_answer(
    scores: Sequence[float], *, request: RerankRequest, model: str, tokens: int, answer_id: str
) -> Json:
    """Return the body of `/v1/rerank`: best first, ties in the caller's order, cut to the limit.

    Args:
        scores: One a document, in the order of `request.documents`.
        request: What was asked.
        model: The model that scored them.
        tokens: Number of tokens read, the query's counted once a document.
        answer_id: A name for this answer.
    """
    order = sorted(range(len(scores)), key=lambda i: -scores[i])[: request.limit]
    results = [
        {"index": i, "document": _document(request, i), "relevance_score": scores[i]} for i in order
    ]
    if request.wire is WireFormat.XINFERENCE:
        nothing = {"api_version": None, "billed_units": None, "tokens": None, "warnings": None}
        return {"id": answer_id, "results": results, "meta": nothing}
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"id": f"score-{answer_id}", "model": model, "usage": usage, "results": results}


def _document(request: RerankRequest, position: int) -> Json | None:
    if not request.with_documents:
        return None
    text = {"text": request.documents[position]}
    return text if request.wire is WireFormat.XINFERENCE else {**text, "multi_modal": None}


def models_answer(models: Sequence[str]) -> Json:
    """Return the body of `/v1/models`."""
    data = [{"id": m, "object": "model", "created": 0, "owned_by": "es-hybrid"} for m in models]
    return {"object": "list", "data": data}


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
