"""Print what makes a shell complete commands, options and file names.

For bash: es-hybrid completion bash > ~/.local/share/bash-completion/completions/es-hybrid. docs/cli.md says how for the
other shells. Needs the extra completion.
"""

from __future__ import annotations

import argparse

from es_hybrid.cli.arguments import Parser
from es_hybrid.cli.output import Output
from es_hybrid.errors import missing_extra

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "completion bash"
INTERRUPTED = "nothing was changed"

_SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
_FILES = ("FILE", "QRELS", "QUERIES", "LOG", "PATH", "RUN", "MODEL.", "POOL.", "FIRST", "SECOND")
"""How the names of arguments begin that are files."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `completion` takes."""
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help=" or ".join(_SHELLS))


def run(args: argparse.Namespace) -> int:
    """Print the shell's script."""
    script = completion_script(args.tree, args.shell)
    out = Output.of(args)
    if out.json:
        out.document({"shell": args.shell, "script": script})
    else:
        out.line(script)
    return 0


def completion_script(parser: Parser, shell: str) -> str:
    """Return a shell's script, which completes file names where a file is meant.

    Raises:
        ConfigurationError: The extra `completion` is not installed.
    """
    try:
        import shtab  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise missing_extra(error, user="completion", extra="completion") from error
    for each in parser.whole_tree():
        for action in each.arguments:
            named = str(action.metavar or "")
            if named.startswith(_FILES) or named == "CHECKPOINT":
                action.complete = shtab.FILE  # type: ignore[attr-defined]
            elif named == "DIR":
                action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    script: str = shtab.complete(parser, shell)
    return script
