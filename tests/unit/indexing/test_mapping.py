"""The shipped mapping is complete, portable and says what it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.indexing.mapping import compare, fill_mapping, load_mapping, read_meta

EVERYWHERE = {"text", "keyword", "long", "integer", "double", "float", "date", "flattened"}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    elif isinstance(value, str):
        yield value


def filled(**changes: Any) -> dict[str, Any]:
    arguments: dict[str, Any] = {"dims": 384, "model": "minilm"} | changes
    return fill_mapping(load_mapping("products"), **arguments)


def test_no_slot_is_left() -> None:
    """A filled mapping has no `${…}` anywhere."""
    assert not [text for text in strings(filled()) if "${" in text]


def test_only_types_that_every_distribution_has_are_used() -> None:
    """The mapping is accepted by clusters without the extra mapper modules."""
    properties = filled()["mappings"]["properties"]
    types = {body["type"] for body in properties.values()}
    types |= {f["type"] for body in properties.values() for f in body.get("fields", {}).values()}
    assert types <= EVERYWHERE | {"dense_vector"}


def test_meta_says_what_a_search_needs() -> None:
    """Model, dims, text version and the fields to search, rerank and match codes on are there."""
    mapping = filled(text_version="t1", money={"currency": "EUR"})["mappings"]
    meta = mapping["_meta"]["es_hybrid"]
    assert meta["model"] == "minilm"
    assert meta["dims"] == mapping["properties"]["embedding"]["dims"] == 384
    assert meta["similarity"] == "cosine"
    assert meta["text_version"] == "t1"
    assert meta["money"] == {"currency": "EUR", "unit": "major"}
    assert meta["analysis"] == "builtin"
    assert meta["id_field"] == "id"
    names = set(mapping["properties"]) | {
        f"{name}.{sub}"
        for name, body in mapping["properties"].items()
        for sub in body.get("fields", {})
    }
    named = [*meta["code_fields"], *meta["search_fields"], *meta["rerank_fields"]]
    assert {name.partition("^")[0] for name in named} <= names


def test_fields_searched_together_share_one_analyzer() -> None:
    """`cross_fields` splits fields of different analyzers into groups that do not add up."""
    mapping = filled()["mappings"]
    for name in mapping["_meta"]["es_hybrid"]["search_fields"]:
        field, _, sub = name.partition("^")[0].partition(".")
        body = mapping["properties"][field]
        assert (body["fields"][sub] if sub else body)["analyzer"] == "folded"


def test_without_dims_there_is_no_vector_field() -> None:
    """An index without an embedder is a plain, lexical one."""
    mapping = filled(dims=None, model=None)["mappings"]
    assert "embedding" not in mapping["properties"]
    meta = read_meta(mapping)
    assert meta is not None
    assert (meta.dims, meta.vector_field, meta.model) == (None, None, None)


def test_slots_of_the_vector_field_are_filled() -> None:
    """Similarity and index options are the caller's."""
    field = filled(similarity="dot_product", index_options={"type": "hnsw", "m": 32})
    embedding = field["mappings"]["properties"]["embedding"]
    assert embedding["similarity"] == "dot_product"
    assert embedding["index_options"] == {"type": "hnsw", "m": 32}


@pytest.mark.parametrize("dims", [0, -1, 4097])
def test_dims_that_elasticsearch_refuses_are_refused(dims: int) -> None:
    """A wrong length is found before the request."""
    with pytest.raises(ConfigurationError, match="1 to 4096"):
        filled(dims=dims)


def test_filling_does_not_change_the_loaded_mapping() -> None:
    """One loaded mapping serves several indices."""
    mapping = load_mapping("products")
    before = json.dumps(mapping)
    fill_mapping(mapping, dims=None, model=None)
    assert json.dumps(mapping) == before


def test_an_unknown_slot_is_named(tmp_path: Path) -> None:
    """A typo in a shop's own mapping is answered with the slots there are."""
    path = tmp_path / "mine.json"
    path.write_text('{"mappings": {"_meta": {"x": "${dim}"}}}')
    with pytest.raises(ConfigurationError, match=r"unknown slot \$\{dim\}; known are \$\{dims\}"):
        fill_mapping(load_mapping(str(path)), dims=4, model=None)


@pytest.mark.parametrize(
    ("content", "reason"), [("{", "is not JSON"), ("[]", "no object"), ('{"a": 1}', "no object")]
)
def test_a_broken_mapping_file_is_explained(tmp_path: Path, content: str, reason: str) -> None:
    """A file that is no mapping is refused by name."""
    path = tmp_path / "mine.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=reason):
        load_mapping(str(path))


def test_a_missing_mapping_is_explained() -> None:
    """An unknown name is answered with what can be named."""
    with pytest.raises(ConfigurationError, match="name a shipped mapping"):
        load_mapping("shoes")


def test_a_mapping_equals_itself_with_the_servers_defaults() -> None:
    """What Elasticsearch adds to a mapping is no difference."""
    live = json.loads(json.dumps(filled()))
    embedding = live["mappings"]["properties"]["embedding"]
    embedding["index_options"] |= {"m": 16, "ef_construction": 100}
    del embedding["index"]
    live["mappings"]["dynamic"] = "false"
    live["mappings"]["properties"]["extra"] = {"type": "keyword"}
    assert compare(live, filled()) == ()


def test_differences_are_sentences() -> None:
    """Each difference says which field, what it is and what is wanted."""
    live = filled(dims=256, model="other")
    live["mappings"]["properties"]["price"] = {"type": "text"}
    del live["mappings"]["properties"]["stock"]
    assert compare(live, filled()) == (
        "the index has model other, minilm is wanted",
        "field embedding has dims 256, 384 is wanted",
        "field price is text, double is wanted",
        "field stock is missing",
    )


def test_an_index_of_others_is_told_apart() -> None:
    """A mapping without our `_meta` is not taken for one of ours."""
    assert read_meta({"properties": {}}) is None
    assert compare({"mappings": {}}, filled())[0].startswith("the index was not created by")


def test_the_installed_mapping_wins_over_the_source_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a wheel the mappings are inside the package."""
    (tmp_path / "_mappings").mkdir()
    (tmp_path / "_mappings" / "products.json").write_text('{"mappings": {"installed": true}}')
    monkeypatch.setattr("es_hybrid.indexing.shipped.resources.files", lambda _name: tmp_path)
    assert load_mapping("products") == {"mappings": {"installed": True}}


def test_a_mapping_without_meta_is_compared_by_its_fields() -> None:
    """A shop's own mapping need not say what it is to be compared."""
    wanted = {"mappings": {"properties": {"title": {"type": "text"}}}}
    assert compare(wanted, wanted) == ()
    assert compare({"mappings": {}}, wanted) == ("field title is missing",)
