"""What `es-hybrid doctor` says of models, mappings and settings."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest

from es_hybrid.cli.checks.check import Status
from es_hybrid.cli.checks.index import vector_fields
from es_hybrid.cli.checks.models import check_embedder, check_reranker
from es_hybrid.cli.checks.plugins import check_plugins
from es_hybrid.cli.doctor import shown_settings
from es_hybrid.errors import RerankError
from es_hybrid.settings import EmbedSettings, RerankSettings, Settings
from es_hybrid.types import TextKind, Vectors


class WordEmbedder:
    """Counts letters of the alphabet's halves of the words it knows; or knows nothing."""

    model = "words"

    def __init__(self, *, sensible: bool = True, spent_s: float = 0.0) -> None:
        self.sensible = sensible
        self.spent_s = spent_s

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        time.sleep(self.spent_s)
        right = ["cancelling" in text and self.sensible for text in texts]
        return np.array([[1.0, 0.0] if good else [0.0, 1.0] for good in right], np.float32)


class WordReranker:
    """Scores by whether a word is there; or says the same of everything."""

    def __init__(self, *, high: float = 0.9, low: float = 0.1) -> None:
        self.high, self.low = high, low

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        return [self.high if "cancelling" in text else self.low for text in texts]


class BrokenReranker:
    """Fails as a server that is down does, or as a plug-in with a mistake does."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        raise self.error


def test_a_sensible_embedder_is_fine() -> None:
    """Model, dims and latency are shown; the dims are known to the next check."""
    check, dims = check_embedder(WordEmbedder(), Settings())
    assert (check.status, dims) == (Status.OK, 2)
    assert check.detail.startswith("words, 2 dims, ")


def test_an_embedder_that_tells_nothing_apart_is_a_problem() -> None:
    """Vectors that do not separate a right from a wrong product are found before shoppers do."""
    check, _ = check_embedder(WordEmbedder(sensible=False), Settings())
    assert check.status is Status.PROBLEM
    assert "template" in check.hint


def test_a_slow_embedder_is_a_problem_with_the_setting_to_raise() -> None:
    """A model that answers later than a search waits is never used; doctor says so."""
    settings = Settings(embed=EmbedSettings(timeout_s=0.001))
    check, _ = check_embedder(WordEmbedder(spent_s=0.005), settings)
    assert check.status is Status.PROBLEM
    assert "ES_HYBRID_EMBED__TIMEOUT_S" in check.hint


def test_a_sensible_reranker_is_fine() -> None:
    """Both scores and the time for a search's products are shown."""
    check = check_reranker(WordReranker(), Settings(rerank=RerankSettings(top=7)))
    assert check.status is Status.OK
    assert "0.900, a wrong one 0.100" in check.detail
    assert "for 7 products" in check.detail


@pytest.mark.parametrize(("high", "low"), [(0.5, 0.5), (0.1, 0.9), (0.55, 0.5)])
def test_a_reranker_that_tells_nothing_apart_is_a_problem(high: float, low: float) -> None:
    """All halves, an inverted order, or a hair's breadth mean a wrong template or model."""
    check = check_reranker(WordReranker(high=high, low=low), Settings())
    assert check.status is Status.PROBLEM


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RerankError("the server answered 503", service="rerank"), "the server answered 503"),
        (KeyError("scores"), "KeyError: 'scores'"),
    ],
)
def test_a_failing_reranker_is_a_problem(error: Exception, said: str) -> None:
    """Whatever a server or a plug-in raises becomes a line with what to correct."""
    check = check_reranker(BrokenReranker(error), Settings())
    assert (check.status, check.detail) == (Status.PROBLEM, said)
    assert "ES_HYBRID_RERANK__URL" in check.hint


def test_no_model_servers_is_a_note() -> None:
    """Searching by words alone is allowed, and doctor says what is missing for more."""
    check, dims = check_embedder(None, Settings())
    assert (check.status, dims) == (Status.NOTE, None)
    assert check_reranker(None, Settings()).status is Status.NOTE


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
