"""Loading the token vectors, and cutting texts into tokens."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys

import pytest

from es_hybrid.errors import ConfigurationError
from es_hybrid.local.embedder import WordLlamaEmbedder
from es_hybrid.local.model import StaticModel, fold


def test_loads_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights come out of the installed package: no socket is opened."""

    def refuse(*args: object, **kwargs: object) -> None:
        pytest.fail("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    assert StaticModel.load().vectors.shape == (32_000, 256)


def test_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the error names the package and the command that brings it."""
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(ConfigurationError, match=r"wordllama.*pip install 'es-hybrid\[local\]'"):
        WordLlamaEmbedder()


def test_loading_leaves_the_applications_logging_alone() -> None:
    """Loading the model configures no root handler and no level, as its package would on import."""
    code = (
        "import logging\n"
        "from es_hybrid.local.model import StaticModel\n"
        "StaticModel.load()\n"
        "print(logging.getLogger().handlers, logging.getLogger().level)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert (done.stdout.strip(), done.stderr) == (f"[] {logging.WARNING}", "")


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("LAPTOP Bag", "laptop bag"),
        ("ＵＳＢ　３．０", "usb 3.0"),
        ("  a\n\t b ", "a b"),
        ("half a pair: \ud800", "half a pair: ?"),
        ("\u3000 ", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    """Case, width and blanks do not matter, and no text is refused."""
    assert fold(text) == folded


def test_token_ids_keep_the_order_of_the_texts(model: StaticModel) -> None:
    """More texts than fit one call of the tokenizer come back one array per text, in order."""
    texts = [f"item {n}" if n % 3 else "" for n in range(200)]
    alone = [model.token_ids([text])[0].tolist() for text in texts]
    assert [ids.tolist() for ids in model.token_ids(texts)] == alone
    assert alone[0] == []
