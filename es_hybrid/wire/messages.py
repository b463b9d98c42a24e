"""A model server's own words: found in any body, freed of what they quote, answered by a hint."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

__all__ = ["EXCERPT_CHARS", "address_setting", "excerpt", "hint", "server_message"]

EXCERPT_CHARS = 300


def server_message(content: bytes) -> str:
    """Return a server's own error message, whatever the shape of its body.

    Looks for `error.message`, `error` as a string, `message`, then `detail` as a string or a list;
    else takes the text.

    Example:
        >>> server_message(b'{"error": {"message": "no such model", "code": 404}}')
        'no such model'
    """
    try:
        body = orjson.loads(content)
    except orjson.JSONDecodeError:
        return content[: 4 * EXCERPT_CHARS].decode("utf-8", "replace").strip()
    found = _message_of(body) if isinstance(body, dict) else body
    return found.strip() if isinstance(found, str) else ""


def _message_of(body: Mapping[str, Any]) -> str | None:
    error, detail = body.get("error"), body.get("detail")
    nested = error.get("message") if isinstance(error, dict) else error
    for candidate in (nested, body.get("message"), detail):
        if isinstance(candidate, str) and candidate:
            return candidate
    if isinstance(detail, list):
        messages = [item.get("msg") for item in detail if isinstance(item, dict)]
        return "; ".join(message for message in messages if isinstance(message, str))
    return None


_ECHO_CHARS = 8
_ESCAPED = re.compile(r"(?:\\u[0-9a-fA-F]{4})+")


def excerpt(message: str, sent: Sequence[str]) -> str:
    """Return the start of a server's message without anything that it quotes from the request.

    Whole texts, pieces of at least eight characters, and any run of non-ASCII letters that was sent
    become `…`; servers cut what they quote, so looking for whole texts would not do.

    Args:
        message: The server's message.
        sent: The request's texts.

    Returns:
        At most 300 characters.

    Example:
        >>> excerpt("bad input 'red trail running sho...'", ["red trail running shoes"])
        "bad input '…...'"
    """
    message = _ESCAPED.sub("…", message[: 4 * EXCERPT_CHARS])
    for text in sorted({text.strip() for text in sent}, key=len, reverse=True):
        if text and text in message:
            message = re.sub(rf"(?<!\w){re.escape(text)}(?!\w)", "…", message)
    pieces = {
        text[i : i + _ECHO_CHARS] for text in sent for i in range(len(text) - _ECHO_CHARS + 1)
    }
    letters = {letter for text in sent for letter in text if letter > "\x7f"}
    quoted = [letter in letters for letter in message]
    for i in range(len(message) - _ECHO_CHARS + 1):
        if message[i : i + _ECHO_CHARS] in pieces:
            quoted[i : i + _ECHO_CHARS] = [True] * _ECHO_CHARS
    shown = "".join("\0" if hide else letter for letter, hide in zip(message, quoted, strict=True))
    return re.sub("\0+", "…", shown)[:EXCERPT_CHARS]


# What a server says, and what to change. The first match counts.
_HINTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"matryoshka|\bdimensions?\b", re.IGNORECASE),
        (
            "set ES_HYBRID_EMBED__SEND_DIMENSIONS=false to cut vectors here, or launch vLLM with "
            """--hf-overrides '{"is_matryoshka": true}' or SGLang with """
            """--json-model-override-args '{"is_matryoshka": true}'"""
        ),
    ),
    (
        re.compile(r"appear to be an embedding model", re.IGNORECASE),
        (
            "launch SGLang with --is-embedding for an embedder, with the Qwen3 reranker's "
            "--chat-template for a reranker"
        ),
    ),
    (
        re.compile(r"reranker chat template", re.IGNORECASE),
        "launch SGLang without --is-embedding",
    ),
    (
        re.compile(r"does not support (?:the )?(?:embedding|rerank|score|pooling)", re.IGNORECASE),
        (
            "launch the server for this task: --runner pooling (vLLM), --embeddings or --reranking "
            "(llama.cpp)"
        ),
    ),
    (
        re.compile(r"batch size \d+ > maximum|at most \d+ items", re.IGNORECASE),
        "send fewer texts per request: ES_HYBRID_EMBED__BATCH, ES_HYBRID_RERANK__MAX_DOCUMENTS",
    ),
    (
        re.compile(
            r"too large to process|context length|exceed_context_size|must have less than",
            re.IGNORECASE,
        ),
        "lower MAX_TOKENS in the settings, or launch the server with a larger context",
    ),
    (
        re.compile(r"unexpected keyword argument|unexpected kwarg", re.IGNORECASE),
        (
            "Xinference's vLLM engine takes no instruction; set ES_HYBRID_RERANK__TEMPLATE=client or "
            "an empty ES_HYBRID_RERANK__INSTRUCTION"
        ),
    ),
)


def hint(service: str, status: int, message: str) -> str | None:
    """Return what to change, where a status or a server's words tell.

    Example:
        >>> hint("embed", 413, "")
        'send fewer or shorter texts per request'
    """
    for pattern, advice in _HINTS:
        if pattern.search(message):
            return advice
    section = service.upper()
    names_model = re.search(r"\bmodel\b", message, re.IGNORECASE) is not None
    match status:
        case 401 | 403:
            return f"set ES_HYBRID_{section}__API_KEY to a valid key"
        case 400 | 404 if names_model:
            return f"set ES_HYBRID_{section}__MODEL to a name that the server's /v1/models lists"
        case 404 | 405:
            return f"check the path of {address_setting(service)}"
        case 413:
            return "send fewer or shorter texts per request"
    return f"check {address_setting(service)}" if 300 <= status < 400 else None


def address_setting(service: str) -> str:
    """Return the name of the setting that holds a service's address."""
    return (
        "ES_HYBRID_RERANK__URL" if service == "rerank" else f"ES_HYBRID_{service.upper()}__BASE_URL"
    )
