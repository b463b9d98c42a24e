"""A shop's own stages are found by name, and not touched before."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.plugins import Plugin, PluginGroup, installed, load, names
from es_hybrid.settings import SearchSettings, Settings

MODULE = "plugins_under_test"
SOURCE = """
class Margin:
    def __init__(self, settings):
        self.most = settings.search.boost_max

def impatient(settings):
    raise RuntimeError("no margin table")
"""
ENTRY_POINTS = f"""
[es_hybrid.boosts]
margin = {MODULE}:Margin
impatient = {MODULE}:impatient
absent = {MODULE}:gone
missing = {MODULE}_elsewhere:Margin

[es_hybrid.fusers]
broken = {MODULE}_broken:make
"""


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of installed packages with one distribution, as pip leaves it."""
    (tmp_path / f"{MODULE}.py").write_text(SOURCE)
    (tmp_path / f"{MODULE}_broken.py").write_text("import a_package_that_is_not_there\n")
    about = tmp_path / "shop_stages-2.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-stages\nVersion: 2.1\n")
    (about / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in (MODULE, f"{MODULE}_broken"):
        sys.modules.pop(name, None)


@pytest.mark.usefixtures("packages")
def test_listing_names_the_package_and_imports_nothing() -> None:
    """A list for `doctor` holds group, name, package and version, and runs no shop's code."""
    ours = [plugin for plugin in installed() if plugin.distribution == "shop-stages"]
    assert Plugin(PluginGroup.BOOSTS, "margin", "shop-stages", "2.1") in ours
    assert Plugin(PluginGroup.FUSERS, "broken", "shop-stages", "2.1") in ours
    assert len(ours) == 5
    assert {"absent", "impatient", "margin", "missing"} <= set(names(PluginGroup.BOOSTS))
    assert MODULE not in sys.modules


@pytest.mark.usefixtures("packages")
def test_the_factory_is_given_the_settings() -> None:
    """Loading a name imports its module and hands the client's settings to the factory."""
    settings = Settings(search=SearchSettings(boost_max=1.7))
    assert load(PluginGroup.BOOSTS, "margin", settings).most == 1.7
    assert MODULE in sys.modules


@pytest.mark.usefixtures("packages")
def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    """A typo in a setting is found from the message alone."""
    with pytest.raises(
        ConfigurationError, match=r"no plug-in marign in es_hybrid\.boosts"
    ) as error:
        load(PluginGroup.BOOSTS, "marign", Settings())
    assert "absent, impatient, margin, missing" in str(error.value)


@pytest.mark.usefixtures("packages")
def test_a_name_counts_in_its_own_group_only() -> None:
    """A boost is not taken for a reranker of the same name."""
    with pytest.raises(ConfigurationError, match=r"no plug-in margin in es_hybrid\.rerankers"):
        load(PluginGroup.RERANKERS, "margin", Settings())


@pytest.mark.usefixtures("packages")
@pytest.mark.parametrize(
    ("group", "name", "reason"),
    [
        (PluginGroup.BOOSTS, "impatient", "RuntimeError: no margin table"),
        (PluginGroup.BOOSTS, "absent", "AttributeError: .*gone"),
        (PluginGroup.BOOSTS, "missing", "ModuleNotFoundError: .*_elsewhere"),
        (PluginGroup.FUSERS, "broken", "ModuleNotFoundError: .*a_package_that_is_not_there"),
    ],
)
def test_a_plugin_that_cannot_be_loaded_says_why(
    group: PluginGroup, name: str, reason: str
) -> None:
    """Whatever goes wrong in a shop's package becomes one error with the name and the cause."""
    with pytest.raises(ConfigurationError, match=rf"plug-in {name} of {group}.*{reason}") as error:
        load(group, name, Settings())
    assert error.value.__cause__ is not None
