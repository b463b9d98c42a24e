"""Places of vectors are named, asked and read."""

from __future__ import annotations

import base64

import numpy as np
import orjson
import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.vector_homes import (
    VectorHome,
    hash_action,
    previous_index,
    products_request,
    read_hashes,
    read_products,
    sound,
    vector_source,
)


@pytest.mark.parametrize(
    ("text", "home", "name"),
    [
        ("products-old", VectorHome.PRODUCTS, "products-old"),
        ("previous", VectorHome.PREVIOUS, ""),
        ("index:vectors", VectorHome.HASHES, "vectors"),
        (" redis ", VectorHome.REDIS, ""),
    ],
)
def test_a_place_is_read_from_its_name(text: str, home: VectorHome, name: str) -> None:
    """Indices of products are named as they are; the others have words of their own."""
    source = vector_source(text)
    assert source == (home, name)
    assert str(source) == text.strip()


@pytest.mark.parametrize("text", ["", "index:"])
def test_a_name_of_nothing_is_refused(text: str) -> None:
    """An empty variable does not mean some index."""
    with pytest.raises(ConfigurationError, match="names nothing"):
        vector_source(text)


def test_the_index_before_is_the_newest_of_the_same_alias() -> None:
    """Neither another alias whose name begins the same nor a foreign index is taken."""
    names = [
        "p-20261119t030000-ffff",
        "p-20261120t030000-0000",
        "p-20261121t030000-0000",
        "p-q-20261122t030000-0000",
        "p-backup",
    ]
    assert previous_index("p-20261121t030000-0000", names) == "p-20261120t030000-0000"
    assert previous_index("p-20261121t030000-0000", names[2:]) is None
    assert previous_index("p", names) is None


def test_products_give_one_vector_a_text() -> None:
    """Of many products with one text one answers; what carries no vector is left out."""
    request = products_request(["a", "b"], field="v")
    assert (request["size"], request["source"], request["fields"]) == (2, False, ["v"])
    hits = [
        {"fields": {"embedding_text_hash": ["a"], "v": [1.0, 2.0]}},
        {"fields": {"embedding_text_hash": ["b"]}},
    ]
    found = read_products({"hits": {"hits": hits}}, field="v")
    assert list(found) == ["a"]
    assert found["a"].tolist() == [1.0, 2.0]


def test_packed_vectors_are_kept_and_read() -> None:
    """What is written under a hash is what comes back; foreign documents are passed over."""
    head, body = (orjson.loads(line) for line in hash_action("a", b"1234").lines.splitlines())
    assert head == {"index": {"_id": "a"}}
    docs = [
        {"_id": "a", "found": True, "_source": body},
        {"_id": "b", "found": False},
        {"_id": "c", "found": True, "_source": {"vector": 7}},
    ]
    assert read_hashes({"docs": docs}) == {"a": b"1234"}
    assert base64.b64decode(body["vector"]) == b"1234"


def test_only_sound_vectors_are_taken() -> None:
    """A store of another index's dims, or of rubbish, costs an embedding and no broken product."""
    found = {"a": np.ones(3), "b": np.ones(4), "c": np.zeros(3), "d": np.full(3, np.inf)}
    assert list(sound(found, dims=3)) == ["a"]
