"""The pages of the documentation, cut into what a test can look at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    *(ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "CONTRIBUTING", "SECURITY")),
    *sorted((ROOT / "docs").rglob("*.md")),
)

_FENCE = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
_OUTPUT = "<!-- output -->"
_RUN = "<!-- run -->"
_COMPILED_ONLY = "<!-- compiled only:"
_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block.

    Attributes:
        page: Path below the project.
        line: Where its code begins, from 1.
        language: The word after the fence.
        code: What stands in it.
        above: The line above the fence, where a comment may say how it is to be treated.
    """

    page: str
    line: int
    language: str
    code: str
    above: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def runs(self) -> bool:
        """Whether a block is run: Python unless it says otherwise, commands where they say so."""
        if self.language == "python":
            return not self.above.startswith(_COMPILED_ONLY)
        return self.above == _RUN

    @property
    def is_output(self) -> bool:
        """Whether the block is what the Python block before it prints."""
        return self.above == _OUTPUT


def name_of(page: Path) -> str:
    """Return a page's path below the project."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path, *languages: str) -> list[Block]:
    """Return a page's blocks of these languages, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in _FENCE.finditer(text):
        before = text[: match.start()].rstrip("\n").rpartition("\n")[2]
        line = text.count("\n", 0, match.start("code")) + 1
        found.append(Block(name_of(page), line, match["language"], match["code"], before))
    return [block for block in found if block.language in languages]


def all_blocks(*languages: str) -> list[Block]:
    """Return every page's blocks of these languages."""
    return [block for page in PAGES for block in blocks(page, *languages)]


def prose(page: Path) -> str:
    """Return a page's text without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def links(page: Path) -> list[str]:
    """Return the targets of a page's links, other sites left out."""
    targets = _LINK.findall(prose(page))
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Return the anchors that a page's headings make, as GitHub and mkdocs spell them."""
    return {_slug(heading) for heading in _HEADING.findall(prose(page))}


def commands(code: str) -> Iterator[str]:
    """Yield the commands of a shell block, one line each, without comments."""
    for line in code.replace("\\\n", " ").splitlines():
        command = re.sub(r"(^|\s)#.*$", "", line).strip()
        if command:
            yield command


def _slug(heading: str) -> str:
    words = re.sub(r"[^\w\- ]", "", heading.lower())
    return words.strip().replace(" ", "-")
