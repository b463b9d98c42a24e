"""A failing batch is told from a failing server, and unusable vectors from usable ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_hybrid.errors import ContractError, EmbeddingError, MappingMismatch, ServiceTimeout
from es_hybrid.indexing.embedding import by_length, checked_rows, is_about_text, usable
from es_hybrid.indexing.info import IndexInfo, require_dims, require_model, takes_base64
from es_hybrid.indexing.mapping import IndexMeta


@pytest.mark.parametrize(
    ("error", "about_text"),
    [
        (EmbeddingError("too long", service="embed", status=400), True),
        (EmbeddingError("too large", service="embed", status=413), True),
        (ContractError("NaN in row 3", service="embed", status=200), True),
        (ValueError("plug-in cannot read this"), True),
        (EmbeddingError("no connection", service="embed"), False),
        (EmbeddingError("busy", service="embed", status=503), False),
        (EmbeddingError("wrong key", service="embed", status=401), False),
        (ServiceTimeout("slow", service="embed"), False),
        (TimeoutError(), False),
        (ConnectionRefusedError(), False),
    ],
)
def test_only_a_failure_about_the_text_is_halved(error: Exception, about_text: bool) -> None:
    """A server that is down is not asked 63 times for a batch of 32."""
    assert is_about_text(error) is about_text


@pytest.mark.parametrize(
    ("vector", "fits"),
    [([1, 0], True), ([0, 0], False), ([np.nan, 1], False), ([np.inf, 1], False)],
)
def test_a_vector_must_be_finite_and_not_zero(vector: list[float], fits: bool) -> None:
    """Elasticsearch refuses the whole product for such a vector."""
    assert usable(np.array(vector, dtype=np.float32)) is fits


@pytest.mark.parametrize("shape", [(2, 4), (3, 3), (6,), (2, 3, 1)])
def test_an_answer_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    """Vectors are never given to the wrong texts."""
    with pytest.raises(ContractError, match="3 dims are wanted"):
        checked_rows(np.zeros(shape, dtype=np.float32), texts=2, dims=3, model="m")


@given(st.lists(st.text(max_size=9)), st.integers(1, 7))
def test_batches_hold_every_text_once_shortest_first(texts: list[str], batch: int) -> None:
    """Nothing is lost by sorting, and a batch holds texts of like length."""
    found = by_length(texts, batch=batch)
    places = [place for group in found for place in group]
    assert sorted(places) == list(range(len(texts)))
    lengths = [len(texts[place]) for place in places]
    assert lengths == sorted(lengths)


def info(*, model: str | None = "m", dims: int | None = 3) -> IndexInfo:
    return IndexInfo("shop", "shop-1", IndexMeta("products", 1, model, dims, None, "v", None), {})


def test_vectors_of_another_model_are_refused() -> None:
    """Vectors of two models never mix, and an index that names none takes no named ones."""
    require_model(info(), "m")
    require_model(info(), None)
    with pytest.raises(MappingMismatch, match="shop holds vectors of m, the run has n"):
        require_model(info(), "n")
    with pytest.raises(MappingMismatch, match="does not say which model"):
        require_model(info(model=None), "n")


def test_vectors_of_another_length_are_refused() -> None:
    """The message says both lengths."""
    require_dims(info(), 3, source="m")
    require_dims(info(), None, source="m")
    with pytest.raises(MappingMismatch, match="m gives vectors of 4 dims, shop takes 3"):
        require_dims(info(), 4, source="m")


@pytest.mark.parametrize(
    ("version", "takes"),
    [
        ("8.14.1", False),
        ("9.2.9", False),
        ("9.3.0", True),
        ("9.10.0", True),
        ("10.0.0-alpha1", True),
    ],
)
def test_base64_is_used_where_the_server_takes_it(version: str, takes: bool) -> None:
    """The version decides, compared as numbers."""
    assert takes_base64(version) is takes


def test_a_right_answer_comes_through_as_float32() -> None:
    """An embedder may answer in any width."""
    rows = checked_rows(np.ones((2, 3)), texts=2, dims=3, model="m")  # type: ignore[arg-type]
    assert rows.dtype == np.float32


def test_an_alias_is_told_from_an_index() -> None:
    """Writing through an alias is guarded differently."""
    assert info().is_alias
    assert not IndexInfo("shop-1", "shop-1", info().meta, {}).is_alias
