"""Django's own settings; those of es_hybrid are ES_HYBRID_* in the environment."""

from __future__ import annotations

import os

SECRET_KEY = os.environ.get("SECRET_KEY", "of this example")
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["shop.apps.ShopConfig"]
MIDDLEWARE = ["shop.errors.SearchErrors"]
ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"
USE_TZ = True

SHOP_INDEX = os.environ.get("SHOP_INDEX", "products")
