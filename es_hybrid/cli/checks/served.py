"""What a server says of itself: its models (`GET …/models`), and its limits (TEI's `GET /info`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from pydantic import SecretStr

from es_hybrid.checks import Check, Status

__all__ = ["Limits", "Served", "check_limits", "check_model", "served_by"]

_PATIENCE_S = 10.0
_MOST_BYTES = 4_000_000
_SHOWN = 5


_CUT = {True: ", longer ones are cut without a word", False: ", longer ones are refused", None: ""}


class Served(NamedTuple):
    """What a server says.

    Attributes:
        models: Ids of its models; empty where it lists none.
        max_texts: Texts that it takes in a request.
        max_tokens: Tokens of a text that it reads.
        cuts: Whether it cuts longer texts without a word; `None`: it does not say.
    """

    models: list[str]
    max_texts: int | None = None
    max_tokens: int | None = None
    cuts: bool | None = None


class Limits(NamedTuple):
    """What the settings send.

    Attributes:
        texts: Texts per request, at most.
        texts_setting: The variable that says so.
        tokens: Tokens of a text, at most.
        tokens_setting: The variable that says so.
    """

    texts: int
    texts_setting: str
    tokens: int
    tokens_setting: str


def served_by(endpoint: str, api_key: SecretStr | None = None) -> Served:
    """Ask a server for its models and its limits; one that tells nothing is no problem.

    Args:
        endpoint: Full address of its embeddings or rerank endpoint, such as `…/v1/rerank`.
        api_key: Sent as a bearer key.

    Example:
        `served_by("http://localhost:8000/v1/rerank").models` is `["Qwen/Qwen3-Reranker-4B"]`.
    """
    info = _get(urljoin(endpoint, "/info"), api_key)  # TEI's alone
    if _ids(info):
        return Served(_ids(info), *_limits(info))
    for place in ("models", "/v1/models"):
        answer = _get(urljoin(endpoint, place), api_key)
        if _ids(answer):
            return Served(_ids(answer), *_limits(answer))
    return Served([])


def check_model(name: str, wanted: str, served: list[str], *, setting: str) -> Check:
    """Compare the settings' model with those that a server lists.

    Args:
        name: What the check is called.
        wanted: The settings' model; empty: none is set.
        served: See `served_models`.
        setting: The variable to correct.
    """
    listed = ", ".join(served[:_SHOWN]) + (" …" if len(served) > _SHOWN else "")
    if not served:
        return Check(name, Status.OK, "the server lists no models")
    if not wanted or wanted in served:
        return Check(name, Status.OK, f"the server lists {wanted or listed}")
    detail = f"the server lists {listed}, the settings say {wanted}"
    hint = f"set {setting} to what is served; some servers do not look at the name"
    return Check(name, Status.NOTE, detail, hint)


def check_limits(name: str, served: Served, sent: Limits) -> Iterator[Check]:
    """Compare what a server takes with what the settings send; nothing where it does not say.

    Args:
        name: What the check is called.
        served: See `served_by`.
        sent: What the settings send.
    """
    said = []
    if served.max_texts is not None:
        said.append(f"{served.max_texts:,} texts per request")
    if served.max_tokens is not None:
        said.append(f"{served.max_tokens:,} tokens per text{_CUT[served.cuts]}")
    if not said:
        return
    detail = f"the server takes {' and '.join(said)}"
    if served.max_texts is not None and sent.texts > served.max_texts:
        hint = f"set {sent.texts_setting}={served.max_texts}, which is {sent.texts:,}"
        yield Check(name, Status.PROBLEM, detail, hint)
    elif served.max_tokens is not None and sent.tokens > served.max_tokens:
        hint = f"set {sent.tokens_setting}={served.max_tokens}, which is {sent.tokens:,}"
        yield Check(name, Status.NOTE, detail, hint)
    elif served.max_texts is not None and sent.texts < served.max_texts:
        detail = f"{detail}, the settings send {sent.texts:,} texts"
        yield Check(
            name, Status.OK, detail, f"{sent.texts_setting} may be up to {served.max_texts}"
        )
    else:
        yield Check(name, Status.OK, detail)


def _limits(answer: Any) -> tuple[int | None, int | None, bool | None]:
    """Return texts per request, tokens per text and whether longer ones are cut, where they are said."""
    if "model_id" in answer:
        cuts = answer.get("auto_truncate")
        texts, tokens = answer.get("max_client_batch_size"), answer.get("max_input_length")
        return _whole(texts), _whole(tokens), cuts if isinstance(cuts, bool) else None
    lengths = [_whole(item.get("max_model_len")) for item in answer["data"]]
    known = [length for length in lengths if length]
    return None, min(known) if len(known) == len(lengths) else None, None


def _whole(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _get(address: str, api_key: SecretStr | None) -> Any:
    headers = {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}
    try:
        # The address is the settings', which the model clients have accepted by now.
        with urlopen(Request(address, headers=headers), timeout=_PATIENCE_S) as answer:  # noqa: S310
            return json.loads(answer.read(_MOST_BYTES))
    except HTTPError as refused:
        refused.close()  # many servers list nothing
    except (OSError, ValueError):
        pass  # what is down was said already
    return None


def _ids(answer: Any) -> list[str]:
    if not isinstance(answer, dict):
        return []
    if isinstance(answer.get("model_id"), str):
        return [answer["model_id"]]
    listed = answer.get("data")
    found = listed if isinstance(listed, list) else []
    return [
        item["id"] for item in found if isinstance(item, dict) and isinstance(item.get("id"), str)
    ]
