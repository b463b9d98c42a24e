"""The log of searches and of what shoppers did, in the shape of User Behavior Insights (UBI).

A client writes it where the settings say so; the commands `es-hybrid logs …` read it.
"""

from __future__ import annotations

from es_hybrid.logs.events import Action, EventsReport, RefusedEvent
from es_hybrid.logs.files import read_files
from es_hybrid.logs.sessions import Reward
from es_hybrid.logs.stats import LogStats
from es_hybrid.logs.streams import Stream, index_template, stream_name, template_name

__all__ = [
    "Action",
    "EventsReport",
    "LogStats",
    "RefusedEvent",
    "Reward",
    "Stream",
    "index_template",
    "read_files",
    "stream_name",
    "template_name",
]
