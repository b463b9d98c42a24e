"""What a shell completes."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from es_hybrid import ConfigurationError
from es_hybrid.cli.app import build_parser, main
from es_hybrid.cli.completion import completion_script

ASK = """
source {script}
COMP_WORDS=({words})
COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))
function_name=$(complete -p es-hybrid | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function_name es-hybrid "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "es-hybrid.bash"
    path.write_text(completion_script(build_parser(), "bash"), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("es-hybrid sea", {"search"}),
        ("es-hybrid rules ", {"put", "get", "diff", "rollback", "log", "list"}),
        ("es-hybrid search --as-c", {"--as-console", "--as-curl"}),
        ("es-hybrid rules put --comm", {"--comment"}),
        ("es-hybrid ingest --format cs", {"csv"}),
    ],
)
def test_bash_completes(words: str, expected: set[str], script: Path) -> None:
    """A bash that has read the script completes commands, actions, options and choices."""
    bash = shutil.which("bash")
    assert bash is not None
    last = "''" if words.endswith(" ") else ""
    program = ASK.format(script=shlex.quote(str(script)), words=words + last)
    done = subprocess.run(
        [bash, "--norc", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert expected <= set(done.stdout.split())
    assert all(word.startswith(words.rsplit(" ", maxsplit=1)[-1]) for word in done.stdout.split())


def test_bash_completes_files(script: Path, tmp_path: Path) -> None:
    """Where a file is meant, files are offered."""
    (tmp_path / "queries-of-june.csv").touch()
    bash = shutil.which("bash")
    assert bash is not None
    words = "es-hybrid evaluate --queries queries-of"
    program = ASK.format(script=shlex.quote(str(script)), words=words)
    done = subprocess.run(
        [bash, "--norc", "-c", program], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split() == ["queries-of-june.csv"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh", "powershell"])
def test_every_shell_has_a_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each shell that is named gets a script that knows the commands."""
    assert main(["completion", shell, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["shell"] == shell
    assert "bought-together" in found["script"]


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without shtab the error says what is lacking, and names the extra to install."""
    monkeypatch.setitem(__import__("sys").modules, "shtab", None)
    with pytest.raises(ConfigurationError) as caught:
        completion_script(build_parser(), "bash")
    assert str(caught.value) == (
        "completion needs the package shtab, which cannot be imported;"
        " run: pip install 'es-hybrid[completion]'"
    )
