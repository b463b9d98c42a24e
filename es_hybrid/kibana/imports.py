"""Send saved objects to Kibana.

The request and its answer: https://www.elastic.co/docs/api/doc/kibana (`POST
/api/saved_objects/_import`, and the same below `/s/SPACE` for a space).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
from pydantic import SecretStr

from es_hybrid.errors import ConfigurationError, HybridError
from es_hybrid.kibana.objects import as_ndjson

__all__ = ["ImportOutcome", "import_objects"]

_PATH = "/api/saved_objects/_import"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What Kibana took.

    Attributes:
        imported: Objects that are there now.
        refused: The others, as `type id: why`.
    """

    imported: int
    refused: tuple[str, ...] = ()


def import_objects(
    url: str,
    objects: Iterable[Mapping[str, Any]],
    *,
    space: str | None = None,
    api_key: SecretStr | None = None,
    timeout_s: float = 60.0,
) -> ImportOutcome:
    """Import saved objects into Kibana, over those of the same ids.

    Args:
        url: Kibana's address, its base path included; may hold a user and a password.
        objects: Of `object_files`.
        space: Kibana's space; the default one unless given.
        api_key: Sent as `Authorization: ApiKey …`.
        timeout_s: Seconds to wait for Kibana.

    Raises:
        ConfigurationError: `url` is not an address.
        HybridError: Kibana cannot be reached, or answered with an error.

    Example:
        outcome = import_objects("http://localhost:5601", object_files()["latency.ndjson"])
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(
            f"{_shown(url)} is not a Kibana address", hint="such as http://localhost:5601"
        )
    headers = {"kbn-xsrf": "true"}
    if api_key is not None:
        headers["authorization"] = f"ApiKey {api_key.get_secret_value()}"
    place = f"/s/{quote(space, safe='')}" if space else ""
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}{place}{_PATH}",
            params={"overwrite": "true"},
            headers=headers,
            files={"file": ("es-hybrid.ndjson", as_ndjson(objects), "application/ndjson")},
            timeout=timeout_s,
        )
        found = answer.json()
    except httpx.HTTPError as error:
        raise HybridError(
            f"Kibana at {_shown(url)} cannot be reached ({type(error).__name__})",
            hint="start it, or correct --kibana-url",
        ) from error
    except ValueError:
        found = None
    if not answer.is_success or not isinstance(found, Mapping) or "successCount" not in found:
        raise _refusal(url, answer.status_code, found)
    return ImportOutcome(int(found["successCount"]), tuple(map(_why, found.get("errors") or ())))


def _refusal(url: str, status: int, found: Any) -> HybridError:
    said = found.get("message") if isinstance(found, Mapping) else None
    hints = {
        401: "set ES_HYBRID_ES_API_KEY, which Kibana takes too, or name a user in the address",
        403: "the key needs the Kibana privilege Saved Objects Management: All, in that space",
        404: "correct --kibana-url, with Kibana's base path, or --space",
    }
    detail = f": {said}" if isinstance(said, str) else ""
    return HybridError(
        f"Kibana at {_shown(url)} answered {status}{detail}",
        hint=hints.get(status, "es-hybrid kibana export writes files to import by hand"),
    )


def _why(error: Mapping[str, Any]) -> str:
    cause = error.get("error") or {}
    why = cause.get("message") or cause.get("type") or "no reason is given"
    missing = [f"{one.get('type')} {one.get('id')}" for one in cause.get("references") or ()]
    return (
        f"{error.get('type')} {error.get('id')}: {why}{' ' + ', '.join(missing) if missing else ''}"
    )


def _shown(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
