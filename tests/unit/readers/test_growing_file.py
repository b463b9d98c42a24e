"""A growing file is read as its writer ends lines, whatever happens to its name."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from es_hybrid.indexing.sources import BadRecord, Record
from es_hybrid.readers import lines
from es_hybrid.readers.growing_file import GrowingFile


class Reader:
    """Reads and settles; `now_s` moves by a second each time."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.file = GrowingFile(path, **options)
        self.options, self.path = options, path
        self.notes: list[str] = []
        self.now_s = 0.0
        self.position: Any = None

    def close(self) -> None:
        self.file.close()

    def restart(self) -> None:
        self.close()
        self.file = GrowingFile(self.path, **self.options)
        self.file.restore(json.loads(json.dumps(self.position)))

    def step(self, *, settled: bool = True) -> list[Any]:
        self.now_s += 1
        batch = self.file.read(now_s=self.now_s)
        self.notes += batch.notes
        if not settled:
            self.file.restore(self.position)
            return []
        if batch.mark is not None:
            self.position = self.file.settle(batch, complete=True, now_s=self.now_s)
        return [item.product["n"] if isinstance(item, Record) else item for item in batch.items]

    def all(self) -> list[Any]:
        return [item for _ in range(10) for item in self.step()]


def add(path: Path, *numbers: int, end: str = "\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("\n".join(f'{{"n": {number}}}' for number in numbers) + end)


@pytest.fixture
def follow() -> Iterator[Callable[..., Reader]]:
    """Open readers that are closed with the test."""
    with ExitStack() as stack:

        def open_one(path: Path, **options: Any) -> Reader:
            reader = Reader(path, **options)
            stack.callback(reader.close)
            return reader

        yield open_one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "log.ndjson"


def test_a_line_counts_when_it_has_ended(follow: Callable[..., Reader], path: Path) -> None:
    """A file may appear later, and a half-written line is left until it is whole."""
    reader = follow(path)
    assert reader.all() == []
    add(path, 1, 2, end="\n" + '{"n"')
    assert reader.all() == [1, 2]
    with path.open("a") as file:
        file.write(": 3}\n")
    assert reader.all() == [3]
    assert reader.position["line"] == 3


def test_a_renamed_file_is_read_to_its_end_first(follow: Callable[..., Reader], path: Path) -> None:
    """What a writer still adds after the rotation comes before the new file; unended lines too."""
    reader = follow(path)
    add(path, 1)
    assert reader.all() == [1]
    add(path, 2)
    path.rename(path.with_suffix(".ndjson.1"))
    add(path, 4)
    assert reader.step() == [2]
    add(path.with_suffix(".ndjson.1"), 3, end="")
    assert reader.all() == [3, 4]


def test_rotations_while_nobody_read(follow: Callable[..., Reader], path: Path) -> None:
    """After a restart the renamed files are read in order, the oldest from where reading stopped."""
    reader = follow(path)
    add(path, 1)
    assert reader.all() == [1]
    for number in (2, 3, 4):
        add(path, number * 10)
        path.rename(path.with_suffix(f".ndjson.{number}"))
        os.utime(path.with_suffix(f".ndjson.{number}"), (number, number))
    add(path, 50)
    reader.restart()
    assert reader.all() == [20, 30, 40, 50]
    assert reader.notes == []


def test_a_file_that_is_gone_is_noted(follow: Callable[..., Reader], path: Path) -> None:
    """What cannot be known to be read is said, and the new file is read."""
    reader = follow(path)
    add(path, 1)
    assert reader.all() == [1]
    path.rename(path.with_name("elsewhere"))
    add(path, 2)
    reader.restart()
    assert reader.all() == [2]
    assert "perhaps with lines that were not" in reader.notes[0]


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("longer", [False, True])
def test_a_file_written_anew_is_read_from_its_beginning(
    follow: Callable[..., Reader], path: Path, restart: bool, longer: bool
) -> None:
    """Truncated and written again, also beyond where it was, it is another file."""
    reader = follow(path)
    add(path, 1, 2, 3)
    assert reader.all() == [1, 2, 3]
    with path.open("r+") as file:
        file.truncate()
    numbers = [7, 8, 9, 10, 11] if longer else [7]
    add(path, *numbers)
    if restart:
        reader.restart()
    assert reader.all() == numbers
    assert "was written anew" in reader.notes[0]


def test_broken_and_over_long_lines_are_reported(
    follow: Callable[..., Reader], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad line is a bad record with its number, and the lines around it are read."""
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 1000)
    add(path, 1)
    with path.open("a") as file:
        file.write("{oops\n\n" + "x" * 5000 + "\n")
    add(path, 2)
    first, broken, long, last = follow(path).all()
    assert (first, last) == (1, 2)
    assert isinstance(broken, BadRecord)
    assert (broken.line, long.line) == (2, 4)
    assert long.reason.startswith("line is longer than")


@pytest.mark.parametrize("seed", range(30))
def test_whatever_happens_each_line_comes_once(
    follow: Callable[..., Reader], path: Path, seed: int
) -> None:
    """Growth, rotation, restarts and failed writes in any order: every line, once, in order."""
    chance = random.Random(seed)
    reader = follow(path, limit=chance.choice((1, 3, 100)))
    written = rotated = 0
    add(path, 0)
    written, read = 1, reader.step()
    for _ in range(200):
        match chance.choices(("add", "rotate", "restart", "fail", "step"), (6, 1, 1, 1, 6))[0]:
            case "add":
                add(path, *range(written, written + chance.randrange(1, 4)))
                written = len(
                    [
                        line
                        for file in path.parent.iterdir()
                        for line in file.read_bytes().splitlines()
                    ]
                )
            case "rotate" if path.exists() and path.stat().st_size:
                rotated += 1
                target = path.with_name(f"{path.name}.{rotated:03d}")
                os.utime(path, (rotated, rotated))
                path.rename(target)
            case "restart":
                reader.restart()
            case "fail":
                reader.step(settled=False)
            case "step":
                read += reader.step()
    for _ in range(written + 5 * rotated + 10):
        read += reader.step()
    assert read == list(range(written))
