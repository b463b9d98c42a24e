"""The client of this process: opened once, closed at its end."""

from __future__ import annotations

import atexit
from functools import cached_property
from threading import Lock

from django.apps import AppConfig
from elasticsearch import Elasticsearch

from es_hybrid import HybridClient, Settings


class ShopConfig(AppConfig):
    """Holds the client; views ask for `apps.get_app_config("shop").client`."""

    name = "shop"
    _opening = Lock()

    @property
    def client(self) -> HybridClient:
        """The client, opened by the first request: not by `manage.py migrate`, not before a fork."""
        with self._opening:
            return self._client

    @cached_property
    def _client(self) -> HybridClient:
        settings = Settings()
        address = settings.es_url or "http://localhost:9200"
        key = settings.es_api_key.get_secret_value() if settings.es_api_key else None
        es = Elasticsearch(address, api_key=key)
        shop = HybridClient(es, settings=settings)
        atexit.register(es.close)
        atexit.register(shop.close)  # first: it still writes what the log has waiting
        return shop
