"""The launch lines on which correct answers depend: each mistake here looks like success."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jinja2
import jinja2.sandbox
import pytest
import yaml

from scripts.dev.node.places import PROJECT

TEMPLATE = PROJECT / "deploy" / "vllm" / "qwen3_reranker.jinja"
PREFIX = (
    "<|im_start|>system\n"
    "Judge whether the Document meets the requirements based on the Query and the Instruct "
    'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n'
    "<|im_start|>user\n"
)
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
DEFAULT_TASK = "Given a web search query, retrieve relevant passages that answer the query"
PAIR = [
    {"role": "query", "content": "红色 hat"},
    {"role": "document", "content": "A <hat> & more\n"},
]


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((PROJECT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def services(compose: Any) -> dict[str, Any]:
    return dict(compose["services"])


def flags(service: dict[str, Any]) -> dict[str, str]:
    words = [word for word in service["command"] if word.startswith("--")]
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def test_the_file_satisfies_the_compose_schema() -> None:
    """A misspelled key, which an engine may ignore, is found without an engine."""
    schema = ["--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *schema, str(PROJECT / "docker-compose.yml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_port_is_on_the_loopback(services: dict[str, Any]) -> None:
    """Security is off, so nothing may be reached from outside."""
    ports = [port for service in services.values() for port in service["ports"]]
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_service_says_when_it_is_ready(services: dict[str, Any]) -> None:
    """`up --wait` returns when a service can be used, not when it has begun."""
    assert all(service["healthcheck"]["test"] for service in services.values())


def test_only_elasticsearch_starts_unasked(services: dict[str, Any]) -> None:
    """Kibana and the models come with their profiles only."""
    profiles = {name: service.get("profiles") for name, service in services.items()}
    assert profiles == {
        "elasticsearch": None,
        "kibana": ["kibana"],
        "embed": ["models"],
        "rerank": ["models"],
    }


def test_elasticsearch_is_one_node_on_the_basic_licence(services: dict[str, Any]) -> None:
    """What works here works without a paid licence."""
    said = services["elasticsearch"]["environment"]
    assert said["discovery.type"] == "single-node"
    assert said["xpack.license.self_generated.type"] == "basic"
    assert said["xpack.security.enabled"] == "false"
    assert "mem_limit" in services["elasticsearch"]


def test_embedder_may_be_asked_for_fewer_dimensions(services: dict[str, Any]) -> None:
    """Without the override, SGLang refuses every request with `dimensions`."""
    said = flags(services["embed"])
    assert said["--model-path"] == "Qwen/Qwen3-Embedding-4B"
    assert "--is-embedding" in said
    assert json.loads(said["--json-model-override-args"]) == {"is_matryoshka": True}


def test_reranker_is_a_classifier_with_our_template(services: dict[str, Any]) -> None:
    """Without the overrides vLLM answers cosine similarities; without the template, noise."""
    said = flags(services["rerank"])
    assert services["rerank"]["entrypoint"] == ["vllm", "serve"]
    assert services["rerank"]["command"][0] == "Qwen/Qwen3-Reranker-4B"
    assert said["--runner"] == "pooling"
    assert json.loads(said["--hf-overrides"]) == {
        "architectures": ["Qwen3ForSequenceClassification"],
        "classifier_from_token": ["no", "yes"],
        "is_original_qwen3_reranker": True,
    }
    mounted = [volume.split(":")[:2] for volume in services["rerank"]["volumes"]]
    assert [f"./{TEMPLATE.relative_to(PROJECT)}", said["--chat-template"]] in mounted


@pytest.mark.parametrize("name", ["embed", "rerank"])
def test_models_reserve_a_gpu(services: dict[str, Any], name: str) -> None:
    """A model server that silently ran without a GPU would time out on every search."""
    devices = services[name]["deploy"]["resources"]["reservations"]["devices"]
    assert devices[0]["capabilities"] == ["gpu"]


def render(**given: Any) -> str:
    """Render as the server does: sandboxed, trimming blocks."""
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text()).render(**given)


@pytest.mark.parametrize("instruction_name", ["instruction", "instruct"])
def test_prompt_is_the_model_cards_byte_for_byte(instruction_name: str) -> None:
    """The rendered prompt is what the model was trained on, to the last newline."""
    task = "Judge whether the product satisfies the shopping query"
    expected = (
        f"{PREFIX}<Instruct>: {task}\n<Query>: 红色 hat\n<Document>: A <hat> & more\n{SUFFIX}"
    )
    assert render(messages=PAIR, **{instruction_name: task}) == expected


def test_prompt_has_a_default_task() -> None:
    """A request without an instruction gets the model card's own."""
    assert f"<Instruct>: {DEFAULT_TASK}\n" in render(messages=PAIR)


def test_system_message_is_taken_for_the_task() -> None:
    """A server that hands the instruction over as a system message is understood."""
    messages = [{"role": "system", "content": "Find gifts"}, *PAIR]
    assert "<Instruct>: Find gifts\n" in render(messages=messages)


def test_servers_recognise_the_model_by_its_phrase() -> None:
    """The phrase stands in the file literally."""
    assert 'answer can only be "yes" or "no"' in TEMPLATE.read_text()


def test_template_does_not_hang_on_its_last_newline() -> None:
    """With or without a newline at the file's end, the prompt is the same."""
    text = TEMPLATE.read_text()
    rendered = [
        jinja2.Environment().from_string(form).render(messages=PAIR)
        for form in (text.rstrip("\n"), text.rstrip("\n") + "\n")
    ]
    assert rendered[0] == rendered[1] == render(messages=PAIR)


def test_the_prompt_for_sglang_is_the_same() -> None:
    """SGLang names the parts otherwise and may send no task; the model sees the same bytes."""
    text = (TEMPLATE.parents[1] / "sglang" / TEMPLATE.name).read_text()
    assert 'answer can only be "yes" or "no"' in text
    messages = [{"role": "user", "content": part["content"]} for part in PAIR]
    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    sglang = environment.from_string(text)
    assert sglang.render(messages=messages) == render(messages=PAIR)
    assert sglang.render(messages=messages, instruct="Find gifts") == render(
        messages=PAIR, instruct="Find gifts"
    )
