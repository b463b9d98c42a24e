"""From arguments to an open client."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import elasticsearch

from es_hybrid import ConfigurationError, HybridClient, HybridError
from es_hybrid.cli.failures import connection_reason
from es_hybrid.cli.output import Output
from es_hybrid.cli.progress import Progress
from es_hybrid.settings import Settings

__all__ = [
    "load_settings",
    "open_elasticsearch",
    "open_shop",
    "open_task",
    "require_answer",
    "shown_url",
]


def load_settings(args: argparse.Namespace) -> Settings:
    """Return the settings in force: arguments, then environment, then `--settings`.

    Raises:
        ConfigurationError: A setting is unknown or wrong, or the file cannot be read.
    """
    values = {"es_url": args.es_url} if args.es_url else {}
    return Settings.from_file(*args.settings, **values) if args.settings else Settings(**values)


@contextmanager
def open_elasticsearch(settings: Settings) -> Iterator[elasticsearch.Elasticsearch]:
    """Open the cluster of the settings, and close it again.

    Raises:
        ConfigurationError: There is no address, or it is not one.
    """
    if not settings.es_url:
        raise ConfigurationError(
            "no Elasticsearch address is set", hint="set ES_HYBRID_ES_URL or pass --es-url"
        )
    key = settings.es_api_key
    try:
        es = elasticsearch.Elasticsearch(
            settings.es_url, api_key=key.get_secret_value() if key else None
        )
    except ValueError as error:
        raise ConfigurationError(
            f"{shown_url(settings.es_url)} is not an Elasticsearch address", hint=str(error)
        ) from None
    with es:
        yield es


@contextmanager
def open_shop(settings: Settings) -> Iterator[HybridClient]:
    """Open a hybrid client on the cluster of the settings, and close both again.

    Raises:
        ConfigurationError: There is no address, or it is not one.
        HybridError: Elasticsearch cannot be reached.
    """
    with open_elasticsearch(settings) as es, HybridClient(es, settings=settings) as shop:
        try:
            yield shop
        except elasticsearch.ConnectionError as error:
            raise HybridError(
                f"Elasticsearch at {shown_url(settings.es_url or '')} cannot be reached"
                f" ({connection_reason(error)})",
                hint="start it, or correct ES_HYBRID_ES_URL or --es-url",
            ) from error


def require_answer(shop: HybridClient) -> None:
    """Ask Elasticsearch once, before what waits minutes for a cluster that restarts.

    Raises:
        elasticsearch.ConnectionError: Nobody answers at this address.
    """
    with suppress(elasticsearch.ApiError):  # a key that may not ask; somebody answers
        shop.es.info()


@contextmanager
def open_task(
    args: argparse.Namespace, out: Output, label: str
) -> Iterator[tuple[HybridClient, Progress]]:
    """Open the shop for one long task, whose progress is shown; a cluster that is down ends it.

    Args:
        args: What was asked for.
        out: Where progress goes.
        label: What is done.
    """
    with open_shop(load_settings(args)) as shop, out.progress(label) as progress:
        require_answer(shop)
        yield shop, progress


def shown_url(url: str) -> str:
    """Return an address without user, password and parameters, which may be secret.

    Example:
        >>> shown_url("https://me:secret@shop.example:9200/x?key=1")
        'https://shop.example:9200/x'
    """
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
