"""The fake model servers themselves: each row of the behaviour table, over a socket."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest

from tests.support.model_servers import FakeModelServer

StartServer = Callable[..., FakeModelServer]
SIX = ["vllm", "sglang", "tei", "infinity", "xinference", "llamacpp"]
LONG = "word " * 600


def post_embeddings(server: FakeModelServer, **body: Any) -> httpx.Response:
    body = {"model": "fake-model", "input": ["red shoe", "tea towel"]} | body
    return httpx.post(f"{server.base_url}/embeddings", json=body, headers={"X-Test": "1"})


def post_rerank(server: FakeModelServer, **body: Any) -> httpx.Response:
    texts = {"tei": "texts"}.get(server.profile, "documents")
    body = {"model": "fake-model", "query": "shoe", texts: ["towel", "shoe"]} | body
    return httpx.post(server.rerank_url, json=body)


def shape(response: httpx.Response) -> str:
    """Name the shape of an error body."""
    if not response.content:
        return "empty"
    body = response.json()
    if isinstance(body.get("error"), dict):
        return "nested"
    if "detail" in body:
        return "detail list" if isinstance(body["detail"], list) else "detail"
    return "string" if isinstance(body.get("error"), str) else "flat"


TABLE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown model": (
        {"model": "nope"},
        ["404 nested", "200", "200", "200", "400 detail", "200"],
    ),
    "dimensions, not enabled": (
        {"dimensions": 8},
        ["400 nested", "400 flat", "200 cut", "200 cut short", "200 cut", "200 full"],
    ),
    "dimensions null": (
        {"dimensions": None},
        ["200", "200", "200", "422 detail list", "200", "200"],
    ),
    "blank item": (
        {"input": ["a", " "]},
        ["200", "400 flat", "422 flat", "200", "200", "400 nested"],
    ),
    "33 items": ({"input": ["a"] * 33}, ["200", "200", "422 flat", "200", "200", "200"]),
    "too long": (
        {"input": [LONG]},
        ["400 nested", "400 flat", "200", "200", "500 detail", "500 nested"],
    ),
    "token ids": (
        {"input": [[1, 2]]},
        ["400 nested", "400 flat", "422 flat", "422 detail list", "500 detail", "400 nested"],
    ),
}


@pytest.mark.parametrize(
    ("case", "profile", "expected"),
    [
        (case, profile, expected)
        for case, (_, row) in TABLE.items()
        for profile, expected in zip(SIX, row, strict=True)
    ],
)
def test_embeddings_behave_as_the_table_says(
    model_server: StartServer, case: str, profile: str, expected: str
) -> None:
    """A fake server accepts and refuses what the real one does, in its words' shape."""
    server = model_server(profile)
    response = post_embeddings(server, **TABLE[case][0])
    status, _, wanted = expected.partition(" ")
    assert response.status_code == int(status)
    if response.status_code != 200:
        assert shape(response) == wanted
        return
    vector = np.array(response.json()["data"][0]["embedding"])
    if wanted:
        assert len(vector) == (64 if wanted == "full" else 8)
        assert bool(abs(np.linalg.norm(vector) - 1) < 1e-5) is (wanted != "cut short")


@pytest.mark.parametrize("profile", SIX)
def test_base64_is_answered_by_all_but_one(model_server: StartServer, profile: str) -> None:
    """Base64 and floats are the same vector; Xinference answers floats whatever is asked."""
    server = model_server(profile)
    plain = post_embeddings(server).json()["data"][0]["embedding"]
    packed = post_embeddings(server, encoding_format="base64").json()["data"][0]["embedding"]
    if profile == "xinference":
        assert packed == plain
        return
    assert np.frombuffer(base64.b64decode(packed), "<f4").tolist() == pytest.approx(plain)


@pytest.mark.parametrize(
    ("profile", "expected"),
    list(zip(SIX, ["string", "string", "empty", "detail", "detail", "nested"], strict=True)),
)
def test_a_bad_key_is_refused_in_each_servers_shape(
    model_server: StartServer, profile: str, expected: str
) -> None:
    """401 with a string, nothing, `detail` or a nested error."""
    response = post_embeddings(model_server(profile, api_key="key"))
    assert (response.status_code, shape(response)) == (401, expected)


def test_vllm_guards_only_versioned_paths(model_server: StartServer) -> None:
    """A key protects `/v1/rerank`, not `/rerank`, as on a real vLLM."""
    server = model_server("vllm", api_key="key")
    body = {"query": "q", "documents": ["a"]}
    assert httpx.post(f"{server.root}/rerank", json=body).status_code == 200
    assert httpx.post(f"{server.root}/v1/rerank", json=body).status_code == 401


@pytest.mark.parametrize(
    ("profile", "score", "document"),
    [
        ("vllm", "relevance_score", {"text": "shoe"}),
        ("sglang", "score", "shoe"),
        ("tei", "score", "absent"),
        ("infinity", "relevance_score", None),
        ("xinference", "relevance_score", None),
        ("llamacpp", "relevance_score", "absent"),
    ],
)
def test_rerank_answers_have_each_servers_shape(
    model_server: StartServer, profile: str, score: str, document: Any
) -> None:
    """List or object, name of the score, form of the document: as on the real server."""
    body = post_rerank(model_server(profile)).json()
    assert isinstance(body, list) is (profile in {"sglang", "tei"})
    best = (body if isinstance(body, list) else body["results"])[0]
    assert best["index"] == 1
    assert 0.0 < best[score] < 1.0
    assert best.get("document", "absent") == document


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ({"top_n": None}, [400, 200, 200, 200, 200, 200]),
        ({"top_n": 1}, [200, 200, 200, 200, 200, 200]),
        ({"documents": [{"text": "a"}], "texts": [{"text": "a"}]}, [400, 400, 422, 422, 500, 400]),
    ],
)
def test_rerank_requests_are_checked_as_the_table_says(
    model_server: StartServer, body: dict[str, Any], row: list[int]
) -> None:
    """`top_n: null` and documents as objects are refused where the real servers refuse them."""
    found = [post_rerank(model_server(profile), **body).status_code for profile in SIX]
    assert found == row


def test_overload_is_said_in_each_servers_way(model_server: StartServer) -> None:
    """503 or 429; llama.cpp only waits."""
    found = []
    for profile in SIX:
        server = model_server(profile)
        server.fail(overload=True)
        found.append(post_embeddings(server).status_code)
    assert found == [503, 503, 429, 429, 429, 200]


def test_a_model_launched_as_an_embedder_gives_cosines(model_server: StartServer) -> None:
    """Without its override, a reranker answers 200 with scores that are all middling."""
    body = post_rerank(model_server("vllm", template="embedder")).json()
    scores = [item["relevance_score"] for item in body["results"]]
    assert all(-0.2 < score < 0.65 for score in scores)


def test_readiness_models_and_limits_can_be_asked(model_server: StartServer) -> None:
    """`/health` follows the switch; `/v1/models` and TEI's `/info` say what is served."""
    server = model_server("tei", ready=False)
    assert httpx.get(f"{server.root}/health").status_code == 503
    server.ready = True
    assert httpx.get(f"{server.root}/health").status_code == 200
    assert httpx.get(f"{server.root}/v1/models").json()["data"][0]["id"] == "fake-model"
    assert httpx.get(f"{server.root}/info").json()["max_client_batch_size"] == 32


def test_requests_are_recorded(embed_server: FakeModelServer) -> None:
    """A test can look at what arrived: path, headers, body, number."""
    post_embeddings(embed_server)
    request = embed_server.requests[0]
    assert (embed_server.count, request.method, request.path) == (1, "POST", "/v1/embeddings")
    assert request.headers["x-test"] == "1"
    assert embed_server.last_input == request.body["input"] == ["red shoe", "tea towel"]


def test_faults_end_after_so_many_requests(embed_server: FakeModelServer) -> None:
    """`times` counts from the moment the fault is set."""
    assert post_embeddings(embed_server).status_code == 200
    embed_server.fail(status=429, retry_after="1", times=2)
    responses = [post_embeddings(embed_server) for _ in range(3)]
    assert [response.status_code for response in responses] == [429, 429, 200]
    assert responses[0].headers["retry-after"] == "1"


def test_broken_answers_are_broken(rerank_server: FakeModelServer) -> None:
    """NaN is written as Python writes it; cut JSON does not parse; a reset is a lost connection."""
    rerank_server.fail(nan=True)
    assert b"NaN" in post_rerank(rerank_server).content
    rerank_server.fail(truncated=True)
    with pytest.raises(json.JSONDecodeError):
        post_rerank(rerank_server).json()
    rerank_server.fail(reset=True)
    with pytest.raises(httpx.TransportError):
        post_rerank(rerank_server)
    rerank_server.fail(unsorted=True)
    assert [item["index"] for item in post_rerank(rerank_server).json()["results"]] == [0, 1]
