"""The local model server, over a real socket, with the clients that shops use."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
import openai
import pytest
import uvicorn

from es_hybrid.local.embedder import WordLlamaEmbedder
from es_hybrid.local.formats import Dialect
from es_hybrid.local.model import StaticModel
from es_hybrid.local.reranker import LateInteractionReranker
from es_hybrid.local.server import create_app
from es_hybrid.types import TextKind

EMBEDDER, RERANKER = "wordllama-256", "wordllama-late-interaction"
TEXTS = ["wireless mouse", "garden hose"]
ASKED: dict[str, Any] = {"query": "red shoe", "documents": ["fridge", "Red Shoe", "blue shoe"]}


@contextmanager
def serving(**options: Any) -> Iterator[str]:
    """Serve in a thread on a free port; yield the address."""
    config = uvicorn.Config(create_app(**options), port=0, log_level="warning")
    server = uvicorn.Server(config)
    listening = config.bind_socket()
    listening.listen()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        listening.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def model() -> StaticModel:
    return StaticModel.load()


@pytest.fixture(scope="module")
def url(model: StaticModel) -> Iterator[str]:
    with serving(model=model) as address:
        yield address


@pytest.fixture(scope="module")
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.mark.parametrize("encoding", [None, "float"])
def test_openai_client_gets_the_models_own_vectors(
    url: str, model: StaticModel, encoding: str | None
) -> None:
    """The openai client, in base64 (its default) and in floats, gets what the class gives."""
    asked = {"encoding_format": encoding} if encoding else {}
    with openai.OpenAI(base_url=f"{url}/v1", api_key="EMPTY", max_retries=0) as client:
        answer = client.embeddings.create(model=EMBEDDER, input=TEXTS, **asked)  # type: ignore[arg-type]
    expected = WordLlamaEmbedder(model).embed(TEXTS, kind=TextKind.DOCUMENT, timeout_s=1.0)
    rows = np.array([item.embedding for item in answer.data], dtype=np.float32)
    np.testing.assert_array_equal(rows, expected)
    assert [item.index for item in answer.data] == [0, 1]
    assert answer.model == EMBEDDER
    assert answer.usage.prompt_tokens > 0


def test_openai_client_reads_the_errors(url: str) -> None:
    """A blank text is a `BadRequestError` that names its position, for the whole call."""
    with (
        openai.OpenAI(base_url=f"{url}/v1", api_key="EMPTY", max_retries=0) as client,
        pytest.raises(openai.BadRequestError, match="index 1 cannot be empty"),
    ):
        client.embeddings.create(model=EMBEDDER, input=["mouse", " "])


def test_models_are_listed(url: str) -> None:
    """The openai client lists the embedder and the reranker by the names that answers carry."""
    with openai.OpenAI(base_url=f"{url}/v1", api_key="EMPTY", max_retries=0) as client:
        assert [item.id for item in client.models.list()] == [EMBEDDER, RERANKER]


@pytest.mark.parametrize("path", ["/v1/rerank", "/rerank", "/v2/rerank"])
def test_rerank_answers_as_vllm(http: httpx.Client, model: StaticModel, path: str) -> None:
    """Every path gives vLLM's body, and the scores that the class gives."""
    body = http.post(path, json=ASKED | {"model": RERANKER}).raise_for_status().json()
    scores = LateInteractionReranker(model).rerank(
        ASKED["query"], ASKED["documents"], instruction=None, timeout_s=1.0
    )
    assert set(body) == {"id", "model", "usage", "results"}
    assert [item["index"] for item in body["results"]] == [1, 2, 0]
    assert {item["index"]: item["relevance_score"] for item in body["results"]} == dict(
        enumerate(scores)
    )
    assert body["results"][0]["document"] == {"text": "Red Shoe", "multi_modal": None}
    assert body["model"] == RERANKER


def test_rerank_answers_as_xinference_when_asked_so(http: httpx.Client) -> None:
    """A request with `return_documents` gets Xinference's body."""
    asked = ASKED | {"model": RERANKER, "return_documents": True, "top_n": 1}
    body = http.post("/v1/rerank", json=asked).raise_for_status().json()
    assert set(body) == {"id", "results", "meta"}
    assert [item["document"] for item in body["results"]] == [{"text": "Red Shoe"}]


def test_the_dialect_can_be_fixed(model: StaticModel) -> None:
    """A server told to speak Xinference does so for plain and for broken requests."""
    with serving(model=model, dialect=Dialect.XINFERENCE) as address, httpx.Client() as client:
        said = client.post(f"{address}/v1/rerank", json=ASKED | {"model": RERANKER}).json()
        broken = client.post(f"{address}/v1/rerank", content=b"{")
    assert "meta" in said
    assert (broken.status_code, broken.json()) == (400, {"detail": "the body is not JSON"})


@pytest.mark.parametrize("path", ["/v1/embeddings", "/v1/rerank"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"input": NaN}', b"[" * 100_000]
)
def test_broken_bodies_are_400(http: httpx.Client, path: str, content: bytes) -> None:
    """Whatever arrives, the answer is a 400 in JSON, never a traceback."""
    answer = http.post(path, content=content)
    assert answer.status_code == 400
    body = answer.json()
    assert body.get("error", body)["code"] == 400


def test_a_large_body_is_413(model: StaticModel) -> None:
    """Above the limit a body is refused, and the caller sees why even while it is sending."""
    with serving(model=model, body_limit_bytes=1_000) as address, httpx.Client() as client:
        answer = client.post(f"{address}/v1/embeddings", json={"input": "a" * 3_000_000})
        assert answer.status_code == 413
        assert "1000 bytes" in answer.json()["message"]
        small = client.post(f"{address}/v1/embeddings", json={"input": "a"})
        assert small.status_code == 200


def test_unknown_paths_and_methods_answer_in_json(http: httpx.Client) -> None:
    """404 and 405 have a JSON body too."""
    assert http.get("/nowhere").json() == {"detail": "Not Found"}
    assert http.get("/v1/rerank").status_code == 405


def test_a_key_guards_everything_but_health(model: StaticModel) -> None:
    """Without the right key every path says 401; `/health` is for probes."""
    with serving(model=model, api_key="right") as address, httpx.Client(base_url=address) as client:
        assert client.get("/health").status_code == 200
        for path in ("/v1/embeddings", "/v1/rerank", "/rerank", "/nowhere"):
            refused = client.post(path, json=ASKED, headers={"Authorization": "Bearer wrong"})
            assert (refused.status_code, refused.json()) == (401, {"error": "Unauthorized"})
        assert client.post("/v1/rerank", json=ASKED).status_code == 401
        allowed = client.post("/v1/rerank", json=ASKED, headers={"Authorization": "Bearer right"})
        assert allowed.status_code == 200
        with (
            openai.OpenAI(base_url=f"{address}/v1", api_key="wrong", max_retries=0) as stranger,
            pytest.raises(openai.AuthenticationError),
        ):
            stranger.embeddings.create(model=EMBEDDER, input="mouse")


class SlowTokenizer:
    """Waits until it is let go on, so that a request is surely under way."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self.entered = threading.Event()
        self.go_on = threading.Event()

    def encode_batch_fast(self, texts: Sequence[str], *, add_special_tokens: bool) -> Any:
        self.entered.set()
        assert self.go_on.wait(60)
        return self._tokenizer.encode_batch_fast(texts, add_special_tokens=add_special_tokens)


def test_health_answers_while_texts_are_embedded(model: StaticModel) -> None:
    """Work does not hold up the probe."""
    slow = SlowTokenizer(model.tokenizer)
    busy = StaticModel(vectors=model.vectors, tokenizer=slow)
    with (
        serving(model=busy) as address,
        httpx.Client(timeout=60) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        work = threads.submit(client.post, f"{address}/v1/embeddings", json={"input": TEXTS})
        try:
            assert slow.entered.wait(60)
            assert client.get(f"{address}/health").json() == {"status": "ok"}
            assert not work.done()
        finally:
            slow.go_on.set()
        assert work.result().status_code == 200


def test_many_callers_at_once_get_their_own_answers(http: httpx.Client) -> None:
    """Concurrent requests do not mix, and the same request gives the same answer."""

    def ask(n: int) -> Any:
        documents = [f"item {m}" for m in range(n + 1)]
        return http.post("/v1/rerank", json={"query": f"item {n}", "documents": documents}).json()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, list(range(20)) * 2))
    for n, answer in enumerate(answers[:20]):
        assert len(answer["results"]) == n + 1
        assert answer["results"] == answers[n + 20]["results"]


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_and_leaves_on_a_signal(name: signal.Signals) -> None:
    """`python -m es_hybrid.local.server` says where it is, answers, and exits 0 when told to."""
    command = [sys.executable, "-m", "es_hybrid.local.server", "--port", "0", "--api-key", "k"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[-1]
            with httpx.Client(base_url=address, timeout=60) as client:
                assert client.get("/health").status_code == 200
                assert client.get("/v1/models").status_code == 401
            process.send_signal(name)
            _, complaints = process.communicate(timeout=60)
        finally:
            process.kill()
    assert (process.returncode, complaints) == (0, "")


def test_answers_leave_at_once() -> None:
    """On a kept connection a small answer takes milliseconds: its parts do not wait for each other."""
    command = [sys.executable, "-m", "es_hybrid.local.server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with httpx.Client(base_url=process.stdout.readline().split()[-1]) as client:
                took = [client.post("/v1/rerank", json=ASKED).elapsed for _ in range(60)]
        finally:
            process.terminate()
    # Parts that wait for each other wait 40 ms, each time but on a new connection; a busy machine
    # makes some answers as slow, and not all of them.
    assert min(item.total_seconds() for item in took[20:]) < 0.035


@pytest.mark.parametrize("package", ["wordllama", "starlette", "uvicorn"])
def test_the_command_says_which_package_is_missing(package: str) -> None:
    """Without the extra there is one plain line and exit code 2, no traceback."""
    code = (
        f"import sys; sys.modules['{package}'] = None\n"
        "from es_hybrid.local.server import main\n"
        "sys.exit(main(['--port', '0']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"an embedded model needs the package {package}, which cannot be imported; "
        "run: pip install 'es-hybrid[local]'\n"
    )
