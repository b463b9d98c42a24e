"""What `es-hybrid doctor` says of model servers, sound ones and each kind of wrong ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
import pytest

from es_hybrid._sync.models.embed import EmbedClient
from es_hybrid._sync.models.rerank import RerankClient
from es_hybrid.checks import Check, Status
from es_hybrid.cli.checks.embedders import check_embedder
from es_hybrid.cli.checks.rerankers import check_reranker
from es_hybrid.cli.checks.served import Limits, Served, check_limits, served_by
from es_hybrid.errors import RerankError
from es_hybrid.golden import TEXTS
from es_hybrid.settings import EmbedSettings, RerankSettings
from es_hybrid.types import TextKind, Vectors
from tests.support.model_servers import FakeModelServer

StartServer = Callable[..., FakeModelServer]
PATIENT = 60.0


@contextmanager
def opened(settings: RerankSettings) -> Iterator[RerankClient]:
    with closing(RerankClient(settings)) as client:
        yield client


def reranked(server: FakeModelServer, **given: Any) -> dict[str, Check]:
    """Return what doctor says of a rerank server, by name."""
    defaults = {"url": server.rerank_url, "dialect": server.profile, "model": server.model}
    settings = RerankSettings(**{**defaults, "timeout_s": PATIENT, **given})
    with opened(settings) as client:
        return {c.name: c for c in check_reranker(client, settings, open_other=opened)}


def embedded(server: FakeModelServer, **given: Any) -> tuple[dict[str, Check], int | None]:
    """Return what doctor says of an embedding server, by name, and the dims."""
    defaults = {"base_url": server.base_url, "model": server.model, "timeout_s": PATIENT}
    settings = EmbedSettings(**{**defaults, **given})
    with closing(EmbedClient(settings)) as client:
        found, dims = check_embedder(client, settings)
    return {check.name: check for check in found}, dims


@pytest.mark.parametrize("profile", ["vllm", "sglang", "tei", "infinity", "xinference", "llamacpp"])
def test_a_sound_embedding_server_is_fine(model_server: StartServer, profile: str) -> None:
    """Whatever the server: model, dims, meaning, batches and times are looked at and in order."""
    found, dims = embedded(model_server(profile))
    assert dims == 64
    assert {check.status for check in found.values()} == {Status.OK}
    assert found["embedder"].detail == "fake-model, 64 dims"
    assert found["embedder: model"].detail == "the server lists fake-model"
    assert "1 text " in found["embedder: latency"].detail
    assert "64 texts " in found["embedder: latency"].detail


def test_a_batch_that_the_server_refuses_is_only_a_problem_where_it_is_sent(
    model_server: StartServer,
) -> None:
    """Sixty-four texts are too many for TEI; that matters where the settings would send them."""
    found, _ = embedded(model_server("tei"))
    assert "64 texts failed" in found["embedder: latency"].detail
    assert found["embedder: latency"].status is Status.OK
    found, _ = embedded(model_server("tei"), batch=64)
    assert found["embedder: latency"].status is Status.PROBLEM
    assert "lower ES_HYBRID_EMBED__BATCH" in found["embedder: latency"].hint


def test_the_limits_that_tei_tells_are_compared(model_server: StartServer) -> None:
    """TEI's `/info` says how many texts it takes: fewer sent is in order, more is a problem."""
    server = model_server("tei")
    assert "takes 32 texts per request" in embedded(server)[0]["embedder: limits"].detail
    found = reranked(server, template="none", max_documents=64)["reranker: limits"]
    assert (found.status, found.hint) == (
        Status.PROBLEM,
        "set ES_HYBRID_RERANK__MAX_DOCUMENTS=32, which is 64",
    )
    assert reranked(server, template="none")["reranker: limits"].status is Status.OK
    assert "embedder: limits" not in embedded(model_server("vllm"))[0]


@pytest.mark.parametrize(
    ("served", "status", "said"),
    [
        (Served(["m"], 128, 512, cuts=True), Status.OK, "BATCH may be up to 128"),
        (Served(["m"], 32, 256, cuts=True), Status.NOTE, "MAX_TOKENS=256"),
        (Served(["m"], None, 8192), Status.OK, ""),
        (Served(["m"], 16, 8192, cuts=False), Status.PROBLEM, "BATCH=16"),
    ],
)
def test_limits(served: Served, status: Status, said: str) -> None:
    """Each limit of a server is a line that names the setting and its value."""
    sent = Limits(32, "ES_HYBRID_EMBED__BATCH", 384, "ES_HYBRID_EMBED__MAX_TOKENS")
    (check,) = check_limits("limits", served, sent)
    assert (check.status, said in check.hint) == (status, True)
    assert f"{served.max_tokens:,} tokens per text" in check.detail


def test_another_model_than_the_settings_say_is_noted(model_server: StartServer) -> None:
    """SGLang answers to any name; that it serves another model is said."""
    found, _ = embedded(model_server("sglang"), model="Qwen/Qwen3-Embedding-4B")
    check = found["embedder: model"]
    assert check.status is Status.NOTE
    assert "fake-model" in check.detail
    assert "ES_HYBRID_EMBED__MODEL" in check.hint


def test_the_query_instruction_is_shown_and_missed(model_server: StartServer) -> None:
    """Doctor says what goes before queries, and notes where a trained instruction was left off."""
    server = model_server("sglang", model="Qwen3-Embedding-4B")
    found, _ = embedded(server)
    assert "Instruct: Given a shopping query" in found["embedder: instruction"].detail
    found, _ = embedded(server, query_instruction="gift")
    assert "fitting gift" in found["embedder: instruction"].detail
    found, _ = embedded(server, query_instruction="")
    assert found["embedder: instruction"].status is Status.NOTE


def test_a_slow_embedder_is_a_problem_with_the_setting_to_raise(model_server: StartServer) -> None:
    """A model that answers later than a search waits is never used; doctor says so."""
    found, _ = embedded(model_server("vllm"), timeout_s=1e-6)
    assert found["embedder: latency"].status is Status.PROBLEM
    assert "ES_HYBRID_EMBED__TIMEOUT_S" in found["embedder: latency"].hint


class OwnEmbedder:
    """A shop's own, with one of the ways to be wrong."""

    model = "own"

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def embed(self, texts: Sequence[str], *, kind: TextKind, timeout_s: float) -> Vectors:
        if self.fault == "raises":
            raise KeyError("vectors")
        rows = np.array([[1.0, 0.1] if "cancelling" in text else [0.0, 1.0] for text in texts])
        if self.fault == "same":
            rows[:] = 1.0
        if self.fault == "batch" and len(texts) > 1:
            rows += [[0.0, 0.4]]
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize(
    ("fault", "name", "said"),
    [
        ("raises", "embedder", "KeyError: 'vectors'"),
        ("same", "embedder: meaning", "every text has the same vector"),
        ("batch", "embedder: batches", "alone and in a batch"),
    ],
)
def test_a_wrong_embedder_is_told(fault: str, name: str, said: str) -> None:
    """Each fault is one problem with what to do; a plug-in is asked for no address."""
    found, _ = check_embedder(OwnEmbedder(fault), EmbedSettings(plugin="own"))
    problems = [check for check in found if check.status is Status.PROBLEM]
    assert [check.name for check in problems] == [name]
    assert said in problems[0].detail
    assert problems[0].hint
    assert "embedder: model" not in {check.name for check in found}


@pytest.mark.parametrize(
    ("profile", "template"),
    [
        ("vllm", "server"),
        ("vllm", "client"),
        ("sglang", "server"),
        ("xinference", "server"),
        ("tei", "none"),
        ("infinity", "none"),
        ("llamacpp", "server"),
        ("cohere", "none"),
        ("jina", "none"),
        ("dashscope", "server"),
    ],
)
def test_a_sound_rerank_server_is_fine(
    model_server: StartServer, profile: str, template: str
) -> None:
    """Whatever the server and whoever applies the prompt: scores, model and times are in order."""
    at = "none" if template == "none" else template
    found = reranked(model_server(profile, template=at), template=template)
    assert {check.status for check in found.values()} == {Status.OK}
    who = {"server": "the server applies", "client": "es_hybrid applies", "none": "nobody applies"}
    assert who[template] in found["reranker"].detail
    assert "50 texts " in found["reranker: latency"].detail


@pytest.mark.parametrize(
    ("at", "template", "better"),
    [("server", "client", "server"), ("client", "server", "client"), ("client", "none", "client")],
)
def test_a_prompt_on_the_wrong_side_is_told_with_the_right_one(
    model_server: StartServer, at: str, template: str, better: str
) -> None:
    """No prompt and two prompts are both found, and doctor tries which setting is right."""
    server = model_server("vllm", template=at, model="Qwen3-Reranker-4B")
    check = reranked(server, template=template)["reranker"]
    assert check.status is Status.PROBLEM
    assert "without the model's prompt or with two" in check.detail
    assert check.hint.startswith(f"set ES_HYBRID_RERANK__TEMPLATE={better}:")


def test_a_server_without_its_template_is_told_where_the_client_cannot_help(
    model_server: StartServer,
) -> None:
    """SGLang must template by itself: the hint is its launch line, not a setting."""
    check = reranked(model_server("sglang", template="client"), template="server")["reranker"]
    assert check.status is Status.PROBLEM
    assert "--chat-template" in check.hint


@pytest.mark.parametrize("template", ["server", "none"])
def test_an_embedder_behind_the_rerank_address_is_told(
    model_server: StartServer, template: str
) -> None:
    """Without its overrides vLLM answers cosines, and doctor names the overrides."""
    server = model_server("vllm", template="embedder", model="Qwen3-Reranker-4B")
    check = reranked(server, template=template)["reranker"]
    assert check.status is Status.PROBLEM
    assert "cosines of an embedder" in check.detail
    assert "--hf-overrides" in check.hint


def test_a_server_that_says_the_same_of_everything_is_told(model_server: StartServer) -> None:
    """Every score 0.5 is a known fault of some builds."""
    server = model_server("vllm")
    server.fail(flat_scores=True)
    check = reranked(server)["reranker"]
    assert check.status is Status.PROBLEM
    assert "all scores are the same" in check.detail


def test_a_rerank_server_that_is_down_is_a_problem(model_server: StartServer) -> None:
    """What the server says is shown, with the settings to correct; nothing else is asked."""
    server = model_server("vllm")
    server.fail(status=503)
    found = reranked(server)
    assert list(found) == ["reranker"]
    assert found["reranker"].status is Status.PROBLEM
    assert "503" in found["reranker"].detail
    assert "ES_HYBRID_RERANK__URL" in found["reranker"].hint


class OwnReranker:
    """A shop's own: scores the golden texts as it is told, and everything else 0."""

    def __init__(self, *scores: float, error: Exception | None = None, spent_s: float = 0) -> None:
        self.scores, self.error, self.spent_s = scores, error, spent_s

    def rerank(
        self, query: str, texts: Sequence[str], *, instruction: str | None, timeout_s: float
    ) -> Sequence[float]:
        if self.error is not None:
            raise self.error
        time.sleep(self.spent_s)
        known = dict(zip(TEXTS, self.scores, strict=True))
        return [known.get(text, 0.0) for text in texts]


def test_an_inverted_reranker_is_told() -> None:
    """A model that takes yes for no is not merely bad: the hint says what is swapped."""
    settings = RerankSettings(plugin="own", template="server")
    check = check_reranker(OwnReranker(0.02, 0.7, 0.99, 0.98), settings)[0]
    assert check.status is Status.PROBLEM
    assert "inverted" in check.detail
    assert '["no","yes"]' in check.hint


def test_a_slow_reranker_is_a_problem_with_the_settings_to_change() -> None:
    """A reranker that is slower than a search waits, for as many as a search sends, is told."""
    settings = RerankSettings(plugin="own", top=7, timeout_s=0.001)
    found = check_reranker(OwnReranker(0.9, 0.2, 0.0, 0.1, spent_s=0.002), settings)
    assert found[1].status is Status.PROBLEM
    assert "a search waits 1 ms for 7" in found[1].detail
    assert "lower ES_HYBRID_RERANK__TOP" in found[1].hint


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RerankError("the server answered 503", service="rerank"), "the server answered 503"),
        (KeyError("scores"), "KeyError: 'scores'"),
    ],
)
def test_a_failing_reranker_is_a_problem(error: Exception, said: str) -> None:
    """Whatever a server or a plug-in raises becomes a line with what to correct."""
    (check,) = check_reranker(OwnReranker(error=error), RerankSettings())
    assert (check.status, check.detail) == (Status.PROBLEM, said)


def test_no_model_servers_is_a_note() -> None:
    """Searching by words alone is allowed, and doctor says what is missing for more."""
    found, dims = check_embedder(None, EmbedSettings())
    assert ([check.status for check in found], dims) == ([Status.NOTE], None)
    assert [check.status for check in check_reranker(None, RerankSettings())] == [Status.NOTE]


def test_models_are_listed_with_the_key_or_not_at_all(model_server: StartServer) -> None:
    """A list is read where there is one; an address without one, or none at all, gives nothing."""
    server = model_server("tei")
    assert served_by(server.rerank_url).models == ["fake-model"]
    assert served_by("http://127.0.0.1:9/v1/rerank").models == []
