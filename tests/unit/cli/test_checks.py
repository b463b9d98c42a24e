"""What `es-hybrid doctor` says of mappings, settings and plug-ins."""

from __future__ import annotations

from es_hybrid.cli.checks.index import vector_fields
from es_hybrid.cli.checks.plugins import check_plugins
from es_hybrid.cli.shown_settings import shown_settings
from es_hybrid.settings import EmbedSettings, RerankSettings, Settings


def test_vector_fields_are_found_at_any_depth() -> None:
    """Fields of objects count by their full names, others do not count."""
    properties = {
        "title": {"type": "text"},
        "vector": {"type": "dense_vector", "dims": 4},
        "image": {"properties": {"vector": {"type": "dense_vector", "dims": 8}}},
    }
    assert list(vector_fields(properties)) == ["vector", "image.vector"]


def test_shown_settings_hold_no_secret() -> None:
    """Keys are masked, addresses lose user and password, everything else is as it is in force."""
    shown = shown_settings(
        Settings(
            es_url="http://me:hunter2@es.example:9200",
            es_api_key="hunter2",
            embed=EmbedSettings(base_url="http://e.example/v1?key=hunter2", api_key="hunter2"),
            rerank=RerankSettings(url="http://u:hunter2@r.example/v1/rerank", api_key="hunter2"),
        )
    )
    assert "hunter2" not in repr(shown)
    assert shown["es_url"] == "http://es.example:9200"
    assert shown["rerank.url"] == "http://r.example/v1/rerank"
    assert shown["embed.api_key"] == "**********"
    assert shown["search.window"] == Settings().search.window


def test_every_group_of_plugins_is_listed() -> None:
    """Each kind of plug-in has its line, also where none is installed."""
    names = [check.name.removeprefix("plug-ins: ") for check in check_plugins()]
    assert names == ["embedders", "rerankers", "boosts", "fusers"]
