"""Look at Elasticsearch: version, licence and plug-ins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import elasticsearch

from es_hybrid.checks import Check, Status
from es_hybrid.cli.failures import sentence

__all__ = ["check_cluster"]

_OLDEST = (8, 14)


def check_cluster(es: elasticsearch.Elasticsearch) -> Iterator[Check]:
    """Yield what the cluster says of itself; a problem first where it cannot be reached."""
    try:
        version = es.info()["version"]
    except elasticsearch.AuthorizationException as error:
        yield Check("elasticsearch", Status.NOTE, sentence(error), "the oldest version is assumed")
        return
    except (elasticsearch.ApiError, elasticsearch.TransportError) as error:
        yield Check(
            "elasticsearch",
            Status.PROBLEM,
            sentence(error),
            "start it, or correct ES_HYBRID_ES_URL or --es-url",
        )
        return
    yield _version(version["number"], version.get("build_flavor", ""))
    yield _licence(es)
    yield _plugins(es)


def _version(number: str, flavour: str) -> Check:
    found = tuple(int(part) for part in number.split(".")[:2] if part.isdecimal())
    ours: tuple[int | str, ...] = elasticsearch.__version__
    client = ".".join(map(str, ours))
    detail = f"{number} {flavour}".strip() + f", client {client}"
    if found < _OLDEST:
        return Check("elasticsearch", Status.PROBLEM, detail, "8.14 or newer is needed")
    if int(ours[0]) > found[0]:
        hint = f"install elasticsearch<{found[0] + 1}: a client newer than its server is refused"
        return Check("elasticsearch", Status.PROBLEM, detail, hint)
    return Check("elasticsearch", Status.OK, detail)


def _licence(es: elasticsearch.Elasticsearch) -> Check:
    try:
        licence: dict[str, Any] = es.license.get()["license"]
    except elasticsearch.ApiError as error:
        detail = f"not told ({error.status_code}); everything here works on basic"
        return Check("licence", Status.OK, detail)
    detail = f"{licence['type']}, {licence['status']}"
    if licence["status"] != "active":
        return Check("licence", Status.NOTE, detail, "es_hybrid needs no paid licence; renew yours")
    return Check("licence", Status.OK, detail)


def _plugins(es: elasticsearch.Elasticsearch) -> Check:
    try:
        answer = es.nodes.info(metric="plugins", filter_path="nodes.*.plugins.name")
    except elasticsearch.ApiError as error:
        return Check("cluster plug-ins", Status.OK, f"not told ({error.status_code})")
    nodes: dict[str, Any] = answer.body.get("nodes", {})
    names = [{plugin["name"] for plugin in node.get("plugins", ())} for node in nodes.values()]
    found = sorted(set().union(*names))
    uneven = sorted(name for name in found if not all(name in node for node in names))
    if uneven:
        hint = "install it on every node: an index that needs it fails on the others"
        detail = f"not on every node: {', '.join(uneven)}"
        return Check("cluster plug-ins", Status.PROBLEM, detail, hint)
    return Check("cluster plug-ins", Status.OK, ", ".join(found) or "none")
