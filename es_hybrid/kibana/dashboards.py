"""All dashboards, in the order of Kibana's list."""

from __future__ import annotations

from es_hybrid.kibana.panels import Dashboard
from es_hybrid.kibana.run_dashboards import experiment_results, ingest_health, vector_index_size
from es_hybrid.kibana.search_dashboards import degradations, latency, quality, zero_results

__all__ = ["dashboards"]


def dashboards() -> tuple[Dashboard, ...]:
    """Return all dashboards.

    Example:
        >>> [dashboard.name for dashboard in dashboards()][:2]
        ['search-quality', 'zero-results']
    """
    return (
        quality(),
        zero_results(),
        latency(),
        degradations(),
        ingest_health(),
        vector_index_size(),
        experiment_results(),
    )
