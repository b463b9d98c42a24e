"""A shop's search page behind Django: one client a process, health, errors, clicks.

pip install es-hybrid django
export ES_HYBRID_ES_URL=http://localhost:9200         # or: make up, then `. .dev/env`
SHOP_INDEX=products python examples/django_shop/manage.py runserver --noreload
"""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    execute_from_command_line(sys.argv)
