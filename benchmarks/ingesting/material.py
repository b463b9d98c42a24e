"""The files of a run: the feed in three forms, the vectors, and bulk requests built beforehand."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.ingesting import lane, products, vectors, wire

PEER = "langchain-elasticsearch"


def prepare(folder: Path, *, count: int, dims: int, lanes: Sequence[str]) -> None:
    """Write what the lanes read; none of it is timed."""
    vectors.write_vectors(folder / "vectors.npy", count, dims=dims)
    rows = np.load(folder / "vectors.npy", mmap_mode="r")
    vectors.write_archive(folder / "vectors.npz", rows)
    products.write_feed(folder / "feed.ndjson", count)
    forms: dict[str, Callable[[int], Any]] = {
        lane.IN_FEED: lambda number: np.array(rows[number]),
        lane.PACKED_FEED: lambda number: base64.b64encode(rows[number].astype(">f4")).decode(),
    }
    for name, form in forms.items():
        if name in lanes:
            end = "lists" if name == lane.IN_FEED else "packed"
            products.write_feed(
                folder / f"feed-{end}.ndjson",
                count,
                extra=lambda number, form=form: {"embedding": form(number)},
            )
    for end, readers in (("packed", {lane.CEILING, lane.QUIET}), ("lists", {lane.LISTS})):
        if readers & set(lanes):
            wire.build(
                folder / f"bulk-{end}.ndjson",
                feed=folder / "feed.ndjson",
                archive=folder / "vectors.npz",
                dims=dims,
                packed=end == "packed",
            )
