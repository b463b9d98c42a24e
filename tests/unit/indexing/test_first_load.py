"""What an index was meant to have is written down whole, and comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest

from es_hybrid.indexing.first_load import (
    first_load_since,
    marked_meta,
    restoring_settings,
    unmarked_meta,
)

MAPPING: dict[str, Any] = {"_meta": {"owner": "shop", "es_hybrid": {"model": "m"}}}


@pytest.mark.parametrize(
    ("settings", "restored"),
    [
        (
            {"refresh_interval": "30s", "number_of_replicas": "2"},
            {"refresh_interval": "30s", "auto_expand_replicas": None, "number_of_replicas": "2"},
        ),
        (
            {"auto_expand_replicas": "0-1", "number_of_replicas": "0"},
            {"refresh_interval": None, "auto_expand_replicas": "0-1"},
        ),
        (
            {"auto_expand_replicas": "false", "number_of_replicas": "1"},
            {
                "refresh_interval": None,
                "auto_expand_replicas": "false",
                "number_of_replicas": "1",
            },
        ),
    ],
)
def test_settings_come_back_as_they_were(
    settings: dict[str, Any], restored: dict[str, Any]
) -> None:
    """A default comes back as the default, and replicas that follow the nodes go on doing so."""
    meta = marked_meta(MAPPING, settings, since="2026-11-21T10:15:00Z")
    assert restoring_settings({"_meta": meta}) == restored


def test_the_mark_leaves_the_rest_of_meta_alone() -> None:
    """What the shop and the mapping say of the index survives a first load."""
    meta = marked_meta(MAPPING, {}, since="2026-11-21T10:15:00Z")
    assert first_load_since({"_meta": meta}) == "2026-11-21T10:15:00Z"
    assert meta["owner"] == "shop"
    assert unmarked_meta({"_meta": meta}) == MAPPING["_meta"]


def test_an_index_without_a_mark_has_nothing_to_restore() -> None:
    """An index that is no product index, or in no first load, is left as it is."""
    for mapping in ({}, MAPPING, {"_meta": None}):
        assert restoring_settings(mapping) is None
        assert first_load_since(mapping) is None
