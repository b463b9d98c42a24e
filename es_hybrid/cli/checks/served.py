"""Which models a server says it serves: `GET …/models`, or TEI's `GET /info`."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin
from urllib.request import Request, urlopen

from pydantic import SecretStr

from es_hybrid.cli.checks.check import Check, Status

__all__ = ["check_model", "served_models"]

_PATIENCE_S = 10.0
_MOST_BYTES = 4_000_000
_SHOWN = 5


def served_models(endpoint: str, api_key: SecretStr | None = None) -> list[str]:
    """Return the ids of the models that a server lists; none where it lists none.

    Args:
        endpoint: Full address of its embeddings or rerank endpoint, such as `…/v1/rerank`.
        api_key: Sent as a bearer key.

    Example:
        `served_models("http://localhost:8000/v1/rerank")` gives `["Qwen/Qwen3-Reranker-4B"]`.
    """
    for place in ("models", "/v1/models", "/info"):
        found = _ids(_get(urljoin(endpoint, place), api_key))
        if found:
            return found
    return []


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
