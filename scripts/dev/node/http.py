"""Ask an Elasticsearch who it is, with the standard library only."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # never through a proxy


@dataclass(frozen=True, slots=True)
class Answer:
    """The status and the decoded JSON of an answer; status 0 if nobody answered."""

    status: int
    body: Any


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server says about itself."""

    version: str
    licence: str

    @property
    def major(self) -> int:
        """The first number of the version."""
        return int(self.version.partition(".")[0])

    def __str__(self) -> str:
        return f"Elasticsearch {self.version}, {self.licence} licence"


def request(
    url: str,
    *,
    authorization: str | None = None,
    payload: object = None,
    timeout_s: float = 5.0,
) -> Answer:
    """Send one request; GET without a payload, POST with one."""
    headers = {"Accept": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    data = None
    if payload is not None:
        data = json.dumps(payload).encode()
        headers["Content-Type"] = "application/json"
    asked = urllib.request.Request(url, data=data, headers=headers)
    try:
        with _OPENER.open(asked, timeout=timeout_s) as response:
            return Answer(response.status, _decode(response.read()))
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, _decode(error.read()))
    except OSError as error:
        return Answer(0, str(getattr(error, "reason", error)))


def _decode(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


def identify(url: str, *, authorization: str | None = None) -> Identity | None:
    """Ask a server for its version and licence; None unless an Elasticsearch answers.

    A licence that may not be asked for is given as `unknown`.
    """
    root = request(url, authorization=authorization)
    try:
        version = str(root.body["version"]["number"])
    except (TypeError, KeyError):
        return None
    licence = request(f"{url.rstrip('/')}/_license", authorization=authorization)
    known = licence.body.get("license", {}) if isinstance(licence.body, dict) else {}
    return Identity(version=version, licence=str(known.get("type", "unknown")))
