"""Settings come from arguments, the environment and one file; mistakes are named, secrets are not."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from es_hybrid.errors import ConfigurationError
from es_hybrid.settings import Settings, known_names

KEY = "sk-very-secret"


def write(folder: Path, text: str) -> Path:
    path = folder / "shop.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_nothing_is_needed() -> None:
    """Without any setting there is no model server, and a search works lexically."""
    settings = Settings()
    assert (settings.embed.base_url, settings.rerank.url) == (None, None)
    assert (settings.search.window, settings.rerank.top, settings.search.budget_s) == (100, 50, 0.4)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested names, lists by commas, numbers, switches."""
    for name, value in {
        "ES_HYBRID_ES_URL": "http://localhost:9200",
        "ES_HYBRID_SEARCH__WINDOW": "200",
        "ES_HYBRID_INDEX__CODE_FIELDS": "sku, ean,",
        "es_hybrid_embed__model": "m",
        "ES_HYBRID_SEARCH__LOG_QUERIES": "true",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    assert settings.es_url == "http://localhost:9200"
    assert (settings.search.window, settings.search.log_queries) == (200, True)
    assert settings.index.code_fields == ("sku", "ean")
    assert settings.embed.model == "m"


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said in code counts, and leaves the section's other values alone."""
    monkeypatch.setenv("ES_HYBRID_SEARCH__WINDOW", "200")
    monkeypatch.setenv("ES_HYBRID_SEARCH__BUDGET_S", "1.5")
    settings = Settings(search={"window": 50})
    assert (settings.search.window, settings.search.budget_s) == (50, 1.5)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("ES_HYBRID_EMBED__BASEURL", "ES_HYBRID_EMBED__BASE_URL"),
        ("ES_HYBRID_SEARCH_WINDOW", "ES_HYBRID_SEARCH__WINDOW"),
        ("ES_HYBRID_RERANK__DIALET", "ES_HYBRID_RERANK__DIALECT"),
        ("es_hybrid_es_urll", "ES_HYBRID_ES_URL"),
    ],
)
def test_a_mistyped_name(monkeypatch: pytest.MonkeyPatch, name: str, near: str) -> None:
    """A typo is refused with the nearest name, because ignored it would silently do nothing."""
    monkeypatch.setenv(name, KEY)
    with pytest.raises(ConfigurationError) as caught:
        Settings()
    assert name in str(caught.value)
    assert near in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_name_like_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is near, the documentation is."""
    monkeypatch.setenv("ES_HYBRID_ZZZZZZZZZZZZ", "1")
    with pytest.raises(ConfigurationError, match="docs/settings"):
        Settings()


def test_other_programs_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of others are none of our business."""
    monkeypatch.setenv("ES_JAVA_OPTS", "-Xmx1g")
    monkeypatch.setenv("SEARCH__WINDOW", "7")
    assert Settings().search.window == 100


@pytest.mark.parametrize(
    ("section", "values", "place"),
    [
        ("search", {"window": 0}, "ES_HYBRID_SEARCH__WINDOW"),
        ("search", {"on_error": KEY}, "ES_HYBRID_SEARCH__ON_ERROR"),
        ("search", {"boost_min": 2.0}, "ES_HYBRID_SEARCH__BOOST_MIN"),
        ("embed", {"dims": "many"}, "ES_HYBRID_EMBED__DIMS"),
        ("embed", {"api_key": 7, "timeout_s": 0}, "ES_HYBRID_EMBED__TIMEOUT_S"),
        ("rerank", {"template": KEY}, "ES_HYBRID_RERANK__TEMPLATE"),
        ("rerank", {"tpo": 5}, "ES_HYBRID_RERANK__TPO"),
        ("ingest", KEY, "ES_HYBRID_INGEST"),
    ],
)
def test_wrong_values(section: str, values: Any, place: str) -> None:
    """The setting is named as it is written in the environment; its value is never repeated."""
    with pytest.raises(ConfigurationError) as caught:
        Settings(**{section: values})
    assert place in str(caught.value)
    assert KEY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_setting_of_old_names_the_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who set a budget in characters is told of the one in tokens."""
    monkeypatch.setenv("ES_HYBRID_EMBED__MAX_CHARS", "2000")
    with pytest.raises(ConfigurationError, match="did you mean ES_HYBRID_EMBED__MAX_TOKENS"):
        Settings()


def test_an_unknown_argument() -> None:
    """A section that does not exist is refused."""
    with pytest.raises(ConfigurationError, match="ES_HYBRID_SEARHC"):
        Settings(searhc={})


def test_secrets_are_masked() -> None:
    """A key is in no repr and no dump, and still there for the client."""
    settings = Settings(es_api_key=KEY, embed={"api_key": KEY}, rerank={"api_key": KEY})
    assert KEY not in repr(settings) + str(settings) + str(settings.model_dump())
    assert KEY not in settings.model_dump_json()
    assert settings.embed.api_key is not None
    assert settings.embed.api_key.get_secret_value() == KEY


def test_settings_do_not_change() -> None:
    """Once made they are the same for everyone who holds them."""
    settings = Settings()
    with pytest.raises(ValidationError):
        settings.search = None  # type: ignore[assignment, misc]
    with pytest.raises(ValidationError):
        settings.search.window = 5  # type: ignore[misc]


def test_settings_travel() -> None:
    """They can be sent to a worker process."""
    settings = Settings(search={"window": 50}, embed={"api_key": KEY})
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_file(tmp_path: Path) -> None:
    """One TOML file holds any part of the tree."""
    path = write(tmp_path, '[search]\nwindow = 50\n[index]\ncode_fields = ["sku"]\n')
    settings = Settings.from_file(path)
    assert (settings.search.window, settings.index.code_fields) == (50, ("sku",))


def test_the_environment_wins_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is the base, the environment changes it, an argument has the last word."""
    path = write(tmp_path, 'es_url = "http://file"\n[search]\nwindow = 50\nbudget_s = 1.0\n')
    monkeypatch.setenv("ES_HYBRID_SEARCH__WINDOW", "60")
    monkeypatch.setenv("ES_HYBRID_ES_URL", "http://environment")
    settings = Settings.from_file(path)
    assert (settings.search.window, settings.search.budget_s) == (60, 1.0)
    assert settings.es_url == "http://environment"
    said = Settings.from_file(path, search={"window": 70})
    assert (said.search.window, said.search.budget_s) == (70, 1.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[search\n", "not TOML"),
        ("[search]\nwidow = 5\n", "ES_HYBRID_SEARCH__WIDOW"),
        ("[serach]\nwindow = 5\n", "ES_HYBRID_SERACH"),
    ],
)
def test_a_wrong_file(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong with a file is said."""
    with pytest.raises(ConfigurationError, match=said):
        Settings.from_file(write(tmp_path, text))


def test_a_missing_file(tmp_path: Path) -> None:
    """Its path is told."""
    with pytest.raises(ConfigurationError, match=r"gone\.toml cannot be read"):
        Settings.from_file(tmp_path / "gone.toml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """A binary file given by mistake is refused as any other."""
    path = tmp_path / "shop.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="not TOML"):
        Settings.from_file(path)


def test_every_name_is_listed() -> None:
    """The list that typos are compared with is the list of what is read."""
    names = set(known_names())
    assert {"ES_HYBRID_ES_URL", "ES_HYBRID_SEARCH__WINDOW"} <= names
    assert "ES_HYBRID_SEARCH" not in names


def test_every_setting_is_described() -> None:
    """The documentation's table is written from the descriptions."""
    for section in ("index", "embed", "rerank", "search", "ingest"):
        for name, field in type(getattr(Settings(), section)).model_fields.items():
            assert field.description, f"{section}.{name}"
