"""Vectors that a shop brings along are found by product id, or the file is refused."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.vector_files import load_vectors


def save(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_vectors_are_found_by_id_as_float32(tmp_path: Path, dtype: Any) -> None:
    """Whatever the stored width and the kind of ids, a lookup gives float32."""
    rows = np.array([[1, 2], [3, 4]], dtype=dtype)
    vectors = load_vectors(save(tmp_path / "v.npz", product_ids=[7, 8], product_vectors=rows))
    assert (len(vectors), vectors.dims, list(vectors)) == (2, 2, ["7", "8"])
    assert vectors["8"].dtype == np.float32
    assert vectors["8"].tolist() == [3.0, 4.0]
    assert vectors.get("9") is None


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"product_ids": ["a"]}, "no array product_vectors.*the file holds product_ids"),
        ({"product_ids": ["a"], "product_vectors": np.ones((2, 3))}, "shape .2, 3.*1 ids"),
        ({"product_ids": ["a"], "product_vectors": np.ones(3)}, "one row of floats an id"),
        ({"product_ids": ["a"], "product_vectors": np.ones((1, 3), dtype=int)}, "row of floats"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    tmp_path: Path, arrays: dict[str, Any], reason: str
) -> None:
    """The message says what the file holds."""
    with pytest.raises(ConfigurationError, match=reason):
        load_vectors(save(tmp_path / "v.npz", **arrays))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    """A missing or another file is explained."""
    (tmp_path / "v.npz").write_bytes(b"PK\x03\x04 nonsense")
    np.save(tmp_path / "one.npy", np.ones(3))
    for name in ("v.npz", "one.npy", "missing.npz"):
        with pytest.raises(ConfigurationError, match=f"{name} (are not an .npz|cannot be read)"):
            load_vectors(tmp_path / name)


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_archive_is_the_same_compressed_or_not(tmp_path: Path, order: Any) -> None:
    """What is mapped and what is read give the same vectors, whatever the layout."""
    rows = np.asarray(np.random.default_rng(7).random((50, 3)), dtype=np.float32, order=order)
    ids = [str(number) for number in range(50)]
    np.savez(tmp_path / "plain.npz", product_ids=ids, product_vectors=rows)
    np.savez_compressed(tmp_path / "small.npz", product_ids=ids, product_vectors=rows)
    for name in ("plain.npz", "small.npz"):
        vectors = load_vectors(tmp_path / name)
        assert np.array_equal(np.stack([vectors[each] for each in ids]), rows)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """A vector that is not the one that was written is never used."""
    path = save(tmp_path / "v.npz", product_ids=["a"], product_vectors=np.full((1, 999), 0.5))
    content = path.read_bytes()
    at = content.index(np.full(9, 0.5).tobytes())
    path.write_bytes(content[:at] + b"\x01" + content[at + 1 :])
    with pytest.raises(ConfigurationError, match=r"are not an .npz file: Bad CRC"):
        load_vectors(path)


def test_vectors_that_are_mapped_take_no_memory(tmp_path: Path) -> None:
    """A file larger than the memory can be brought along."""
    path = save(tmp_path / "v.npz", product_ids=["a", "b"], product_vectors=np.ones((2, 1_000_000)))
    tracemalloc.start()
    try:
        vectors = load_vectors(path)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert vectors["b"].sum() == 1_000_000
    assert max(held, most) < 8_000_000


def test_pickled_ids_are_not_unpacked(tmp_path: Path) -> None:
    """A vector file cannot run code."""
    ids = np.array(["a", 1], dtype=object)
    path = save(tmp_path / "v.npz", product_ids=ids, product_vectors=np.ones((2, 3)))
    with pytest.raises(ConfigurationError, match=r"not an \.npz file"):
        load_vectors(path)
