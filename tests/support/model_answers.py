"""Answers requests as the server of a profile would, with a tiny deterministic model. Pure.

Embeddings are sums of hashed words, so that shared words give a higher cosine; rerank scores count
shared words. Neither knows of sockets.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from es_hybrid.wire.templates import RERANK_PREFIX, RERANK_SUFFIX
from tests.support.model_profiles import PROFILES, Profile

TemplateAt = Literal["server", "client", "none", "embedder"]
MAX_TOKENS = 512


@dataclass(frozen=True)
class Model:
    """What the server was launched with."""

    profile: Profile
    name: str = "fake-model"
    dims: int = 64
    matryoshka: bool = False
    template: TemplateAt = "none"
    """Who must apply the Qwen3-Reranker prompt; `embedder`: launched as one by mistake."""


class Refusal(Exception):
    """A status and the server's words; the profile's shape is put around them later."""

    def __init__(self, status: int, message: str, kind: str = "BadRequestError") -> None:
        super().__init__(message)
        self.status, self.message, self.kind = status, message, kind


def error_body(profile: Profile, refusal: Refusal) -> Any:
    """Wrap a server's words as it wraps them."""
    message, status, kind = refusal.message, refusal.status, refusal.kind
    match profile.errors:
        case "nested" if status == 422:
            return {"detail": [{"loc": ["body"], "msg": message, "type": "value_error"}]}
        case "nested":
            return {"error": {"message": message, "type": kind, "param": None, "code": status}}
        case "flat":
            return {
                "object": "error",
                "message": message,
                "type": kind,
                "param": None,
                "code": status,
            }
        case "tei":
            return {"message": message, "code": status, "type": kind}
        case "detail":
            return {"detail": f"[address=127.0.0.1:1, pid=1] {message}"}
        case "message":
            return {"message": message}


def words(text: str) -> list[str]:
    """Split a text into lower-case words; each Chinese character is one."""
    return re.findall(r"[a-z0-9]+|[^\W\d_a-z]", text.lower())


@lru_cache(maxsize=4096)
def _direction(word: str, dims: int) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
    return np.random.default_rng(seed).standard_normal(dims)


def embed(text: str, dims: int) -> NDArray[np.float64]:
    """Return a unit vector; texts that share words are alike. A query's instruction is dropped.

    Each word has a direction of its own in all dims, so that the first dims alone mean the same.
    """
    bare = re.sub(r"\AInstruct: [^\n]*\nQuery:", "", text)
    vector = sum((_direction(word, dims) for word in words(bare)), _direction("<eos>", dims) / 4)
    return np.asarray(vector / np.linalg.norm(vector))


def _check_model(model: Model, body: Any) -> None:
    status, name = model.profile.unknown_model, body.get("model")
    if status is not None and name not in {None, model.name}:
        raise Refusal(status, f"The model `{name}` does not exist.", "NotFoundError")


def _check_length(model: Model, texts: Sequence[str]) -> list[str]:
    status = model.profile.too_long
    longest = max((len(words(text)) for text in texts), default=0)
    if status is None or longest <= MAX_TOKENS:
        return list(texts)
    if status == 500:
        raise Refusal(
            500,
            f"input ({longest} tokens) is too large to process. increase the physical batch size "
            f"(current batch size: {MAX_TOKENS})",
            "server_error",
        )
    raise Refusal(
        400,
        f"This model's maximum context length is {MAX_TOKENS} tokens. However, your prompt "
        f"contains at least {MAX_TOKENS + 1} input tokens",
    )


def _check_items(model: Model, texts: Any) -> list[str]:
    profile = model.profile
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refusal(profile.schema, "1 validation error(s): Input should be a string")
    if not texts:
        raise Refusal(400, "You must pass at least one prompt", "Empty")
    if profile.max_items is not None and len(texts) > profile.max_items:
        raise Refusal(
            422,
            f"batch size {len(texts)} > maximum allowed batch size {profile.max_items}",
            "Validation",
        )
    return texts


def _dims(model: Model, body: Any) -> int | None:
    wanted, profile = body.get("dimensions"), model.profile
    if wanted is None:
        if "dimensions" in body and profile.null_refused:
            raise Refusal(422, "Input should be a valid integer")
        return None
    if profile.dimensions == "flag" and not model.matryoshka:
        raise Refusal(
            400,
            f"Model '{model.name}' does not support matryoshka representation, changing output "
            "dimensions will lead to poor results.",
        )
    return None if profile.dimensions == "ignored" else int(wanted)


def answer_embeddings(model: Model, body: Any) -> Any:
    """Return the JSON value of an embeddings answer; raise `Refusal`."""
    profile = model.profile
    _check_model(model, body)
    given = body.get("input")
    texts = _check_items(model, [given] if isinstance(given, str) else given)
    blank = [i for i, text in enumerate(texts) if not text.strip()]
    if blank and profile.blank is not None:
        raise Refusal(
            profile.blank, f"Input at index {blank[0]} cannot be empty or whitespace only"
        )
    texts = _check_length(model, texts)
    cut = _dims(model, body)
    packed = body.get("encoding_format") == "base64" and profile.base64
    data = []
    for index, text in enumerate(texts):
        vector = embed(text, model.dims)[:cut]
        if cut is not None and profile.dimensions != "cut_after":
            vector = vector / (float(np.linalg.norm(vector)) or 1.0)
        value = vector.astype("<f4")
        form = base64.b64encode(value.tobytes()).decode() if packed else value.tolist()
        data.append({"object": "embedding", "index": index, "embedding": form})
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "model": model.name, "data": data, "usage": usage}


def _score(query: str, text: str, template: TemplateAt) -> float:
    """Return a probability; wrong prompts give what they give on a real server: high nonsense."""
    prompted = query.startswith(RERANK_PREFIX) and text.endswith(RERANK_SUFFIX)
    if template == "embedder":
        return 0.2 + 0.4 * float(embed(query, 64) @ embed(text, 64))
    if prompted != (template == "client"):
        digest = hashlib.blake2b((query + text).encode(), digest_size=4).digest()
        return 0.80 + 0.16 * int.from_bytes(digest, "big") / 2**32
    if prompted:
        query = query[query.index("<Query>: ") + len("<Query>: ") :]
        text = text.removeprefix("<Document>: ").removesuffix(RERANK_SUFFIX)
    asked = set(words(query))
    overlap = len(asked & set(words(text))) / max(len(asked), 1)
    # A small term in the length keeps texts without a shared word apart.
    return 1 / (1 + math.exp(4.0 - 8.0 * overlap + 0.01 * len(text)))


def answer_rerank(model: Model, body: Any) -> Any:
    """Return the JSON value of a rerank answer; raise `Refusal`."""
    profile = model.profile
    _check_model(model, body)
    if "top_n" in body and body["top_n"] is None and model.profile is PROFILES["vllm"]:
        raise Refusal(400, "1 validation error(s): top_n should be a valid integer")
    query, texts = body.get("query"), body.get(profile.texts_key)
    if not isinstance(query, str):
        raise Refusal(profile.schema, "Field required: query")
    texts = _check_length(model, _check_items(model, texts))
    if profile.blank_document and not all(text.strip() for text in [query, *texts]):
        raise Refusal(profile.blank_document, "Each document cannot be empty or whitespace only")
    template = model.template
    if profile is PROFILES["xinference"] and "kwargs" in body:
        template = _xinference_template(template, body["kwargs"])
    if profile is PROFILES["infinity"]:  # trims what it gets, a prompt's ending with it
        query, texts = query.strip(), [text.strip() for text in texts]
    scored = [(index, _score(query, text, template)) for index, text in enumerate(texts)]
    scored.sort(key=lambda pair: -pair[1])
    scored = scored[: body.get("top_n") or None]
    echo = profile.echo == "always" or (
        profile.echo != "never" and body.get("return_documents", profile.echo == "default")
    )
    items = []
    for index, score in scored:
        item: dict[str, Any] = {"index": index, profile.score_key: score}
        if profile.document:
            shown = {"text": texts[index]} if profile.document == "object" else texts[index]
            item["document"] = shown if echo else None
        items.append(item)
    if profile.bare_list:
        return items
    return {"model": model.name, "results": items, **dict(profile.extra)}


def _xinference_template(template: TemplateAt, kwargs: Any) -> TemplateAt:
    """Act as the vLLM engine: one extra argument is known, any other fails."""
    if kwargs == '{"enable_qwen3_rerank_template":false}':
        return "client" if template == "server" else template
    raise Refusal(500, "score() got an unexpected keyword argument 'instruction'")
