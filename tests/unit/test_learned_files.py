"""Models as files: found, looked at again, and never half written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.learned_files import LearnedFiles, load_model, save_model
from es_hybrid.rank.learned import LearnedModel
from es_hybrid.settings import RankSettings
from es_hybrid.types import DegradationReason

ONE, TWO = LearnedModel("one", weights={"rating": 1.0}), LearnedModel("two")


@dataclass
class Clock:
    """Goes on when it is told to."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def files(tmp_path: Path, clock: Clock) -> Callable[..., LearnedFiles]:
    save_model(ONE, tmp_path / "one.json")

    def made(**settings: object) -> LearnedFiles:
        return LearnedFiles(RankSettings.model_validate(settings), clock=clock)

    return made


def test_a_changed_file_is_noticed_after_a_while(
    files: Callable[..., LearnedFiles], tmp_path: Path, clock: Clock
) -> None:
    """Until then nothing is read; after it a new model is taken without a restart."""
    path = tmp_path / "one.json"
    found = files(model=str(path), reload_s=30)
    first, _ = found.of(None)
    assert first is not None
    assert (first.name, first.weights) == ("one", {"rating": 1.0})
    save_model(TWO, path)
    clock.now_s = 29.0
    assert found.of(None)[0] is first
    clock.now_s = 31.0
    second, lack = found.of(None)
    assert second is not None
    assert (second.name, lack) == ("two", None)
    clock.now_s = 90.0
    assert found.of(None)[0] is second


def test_which_model_a_request_gets(files: Callable[..., LearnedFiles], tmp_path: Path) -> None:
    """The settings' one, another one by name, or none; a name never leads out of the folder."""
    save_model(TWO, tmp_path / "two.json")
    found = files(model=str(tmp_path / "one.json"), models=str(tmp_path))
    for asked, name in ((None, "one"), (True, "one"), ("two", "two"), (False, None)):
        model, lack = found.of(asked)
        assert (model.name if model else None, lack) == (name, None)
    for asked in ("../one", "/etc/passwd", "", "a/b", "one.json\0", "three"):
        model, lack = found.of(asked)
        assert model is None
        assert lack is not None
        assert lack.reason is DegradationReason.NO_MODEL
        assert str(tmp_path) not in lack.detail


def test_nothing_set_is_nothing_lacking(files: Callable[..., LearnedFiles]) -> None:
    """Only who asks for a model that is not there is told so."""
    assert files().of(None) == (None, None)
    assert files().of(True)[1] is not None
    assert files().of("one")[1] is not None


def test_the_version_is_of_the_content(tmp_path: Path) -> None:
    """Two models of one name are told apart, and one model is the same wherever it lies."""
    first = save_model(ONE, tmp_path / "a.json")
    second = save_model(LearnedModel("one", weights={"rating": 2.0}), tmp_path / "b.json")
    assert first.version == save_model(ONE, tmp_path / "c.json").version
    assert first.version != second.version
    assert first.version.startswith("one@")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """The error names the file, and no part of it stays."""
    (tmp_path / "there.json").mkdir()
    with pytest.raises(ConfigurationError, match=r"there\.json cannot be written"):
        save_model(ONE, tmp_path / "there.json")
    assert [path.name for path in tmp_path.iterdir()] == ["there.json"]


def test_nan_is_damage(tmp_path: Path) -> None:
    """What is not JSON is refused, NaN included: it would rank nothing."""
    path = tmp_path / "m.json"
    save_model(ONE, path)
    path.write_text(path.read_text().replace("1.0", "NaN"))
    with pytest.raises(ConfigurationError, match="is not JSON"):
        load_model(path)
