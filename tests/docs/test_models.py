"""The page of the model servers agrees with the code, with the compose file and with itself."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import yaml

from es_hybrid.settings import Settings
from es_hybrid.wire.rerank import DIALECTS, check_template, dialect
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/models.md").read_text(encoding="utf-8")
SERVERS = {
    title: text
    for title, text in re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    if "| known from |" in text
}
MARKS = {"read in code", "documented", "reported", "run on a copy", "not verified"}
SETTING = re.compile(r"`ES_HYBRID_(EMBED|RERANK)__(\w+)=([^`]+)`")


def rows(server: str) -> list[tuple[str, str, str]]:
    """Return what, how and the mark of each row."""
    lines = [line for line in SERVERS[server].splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert all(len(row) == 3 for row in cells), cells
    return [(row[0], row[1], row[2]) for row in cells[1:] if row[0] != "---"]


def launched(server: str, what: str) -> list[str]:
    """Return the words of a launch line."""
    (line,) = (how for name, how, _ in rows(server) if name == f"launch, {what}")
    return shlex.split(line.strip("`"))


def test_every_server_has_its_table() -> None:
    """Whatever dialect can be set, and whatever else a shop may run, is on the page."""
    said = {value for _, name, value in SETTING.findall(PAGE) if name == "DIALECT"}
    assert said == set(DIALECTS)
    assert {"Ollama", "OpenAI"} < set(SERVERS)
    linked = set(re.findall(r"^\| \[([^\]]+)\]\(#", PAGE, re.MULTILINE))
    assert linked == set(SERVERS)


@pytest.mark.parametrize("server", SERVERS)
def test_every_line_says_what_it_rests_on(server: str) -> None:
    """A reader knows what was read, what was run, and what is only thought."""
    found = rows(server)
    assert any(what.startswith("settings") for what, _, _ in found)
    assert any(what == "trap" for what, _, _ in found)
    assert {mark for _, _, mark in found} <= MARKS


@pytest.mark.parametrize("server", SERVERS)
def test_the_settings_of_a_table_are_taken(server: str) -> None:
    """Each row's settings can be set together, and the dialect can work with that template."""
    for what, how, _ in rows(server):
        if not what.startswith("settings"):
            continue
        sections: dict[str, dict[str, Any]] = {"embed": {}, "rerank": {}}
        for section, name, value in SETTING.findall(how):
            sections[section.lower()][name.lower()] = value
        settings = Settings(**sections)
        assert bool(settings.embed.base_url) + bool(settings.rerank.url) == (
            ", own" not in what and ", vLLM" not in what
        )
        check_template(dialect(settings.rerank.dialect), settings.rerank.template)


@pytest.mark.parametrize(
    ("service", "server", "what"),
    [("embed", "SGLang", "embeddings"), ("rerank", "vLLM", "reranking")],
)
def test_the_compose_file_launches_what_the_page_says(service: str, server: str, what: str) -> None:
    """The same flags on both, but for the share of the GPU and where the template is mounted."""
    composed = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][service]
    command = [*composed.get("entrypoint", []), *composed["command"]]
    command = [re.sub(r"=/templates/", "=deploy/vllm/", word) for word in command]
    assert launched(server, what) == [word for word in command if "GPU_SHARE" not in word]
    (settings,) = (how for name, how, _ in rows(server) if name == f"settings, {what}")
    port = re.search(r"127\.0\.0\.1:(\d+)/", settings)
    assert port is not None
    assert [f"--port={port[1]}"] == [word for word in command if word.startswith("--port")]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"--chat-template=(\S+)", PAGE))))
def test_a_template_that_is_named_is_there(path: str) -> None:
    """A launch line can be copied as it stands."""
    assert (ROOT / path).is_file()
