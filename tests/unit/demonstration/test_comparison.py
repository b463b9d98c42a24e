"""What stands beside the products that are compared."""

from __future__ import annotations

import pytest
from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig

from es_hybrid.response import HybridInfo, HybridResponse
from es_hybrid.types import Degradation, DegradationReason, PlanName, Stage
from scripts.demonstration.comparison import language_notes

META = ApiResponseMeta(200, "1.1", HttpHeaders(), 0.1, NodeConfig("http", "localhost", 9200))
UNKNOWN = Degradation(Stage.EMBED, DegradationReason.LANGUAGE, "m does not know zh")


@pytest.mark.parametrize(
    ("lack", "told"),
    [
        (UNKNOWN, True),
        (Degradation(Stage.RERANK, DegradationReason.LANGUAGE, "m does not know zh"), False),
        (Degradation(Stage.EMBED, DegradationReason.TIMEOUT, "slow"), False),
    ],
)
def test_an_unknown_language_is_said(lack: Degradation, told: bool) -> None:
    """Who sees BM25 on both sides learns why, and what would change it; a slow server is no reason."""
    response = HybridResponse({}, META, HybridInfo(PlanName.LEXICAL_ONLY, degraded=(lack,)))
    notes = language_notes(response)
    assert len(notes) == int(told)
    assert all(note.startswith(f"{UNKNOWN.detail}: below, BM25") for note in notes)
