"""What Kibana shows of the log: data views, saved searches and dashboards, as saved objects.

The definitions are in `views`, `panels` and `dashboards`; `objects` knows what Kibana's files look
like, and `imports` sends them there.
"""

from __future__ import annotations

from es_hybrid.kibana.dashboards import dashboards
from es_hybrid.kibana.imports import ImportOutcome, import_objects
from es_hybrid.kibana.objects import as_ndjson, object_files
from es_hybrid.kibana.panels import Dashboard, Panel
from es_hybrid.kibana.views import DataView, SavedSearch

__all__ = [
    "Dashboard",
    "DataView",
    "ImportOutcome",
    "Panel",
    "SavedSearch",
    "as_ndjson",
    "dashboards",
    "import_objects",
    "object_files",
]
