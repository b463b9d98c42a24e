"""What can go wrong with a model server, and what a broken answer looks like."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Faults:
    """What goes wrong. The default is a sound server."""

    latency_s: float = 0.0
    jitter_s: float = 0.0
    hang: bool = False
    """Take the request and say nothing until `server.release()`."""
    reset: bool = False
    """Cut the connection instead of answering."""
    status: int | None = None
    """Answer with this status, in the profile's error shape."""
    message: str = "The engine is currently busy"
    retry_after: str | None = None
    overload: bool = False
    """Answer as the profile's server does when it has too much to do."""
    busy_above: int | None = None
    """Answer 429 while more requests than this are under way."""
    times: int | None = None
    """Only the first so many requests go wrong."""
    html: bool = False
    """Answer 200 with a proxy's page."""
    truncated: bool = False
    """Cut the JSON short."""
    empty: bool = False
    """Answer 200 with nothing."""
    shuffled: bool = False
    unsorted: bool = False
    """Rerank items in input order, as old llama.cpp builds give them."""
    missing: bool = False
    repeated_index: bool = False
    index_out_of_range: bool = False
    nan: bool = False
    null: bool = False
    wrong_dims: bool = False
    """One vector is shorter than the others."""
    zero: bool = False
    flat_scores: bool = False
    text_scores: bool = False
    echo: bool = False
    """With `status`: quote the request in the error message."""
    cut: bool = False
    """Send half of the body, then close the connection."""
    stall: bool = False
    """Send half of the body, then nothing until `server.release()`."""
    drip_s: float = 0.0
    """Send the body byte by byte, with so many seconds between; it is so long that this takes minutes."""


def spoiled(value: Any, faults: Faults) -> Any:
    """Break a sound answer as the faults say; the item in the middle is the broken one."""
    items = value if isinstance(value, list) else value.get("data", value.get("results"))
    middle = items[len(items) // 2]
    key = next(k for k in ("embedding", "relevance_score", "score") if k in middle)
    if faults.nan or faults.null:
        bad = float("nan") if faults.nan else None
        middle[key] = [bad, *middle[key][1:]] if key == "embedding" else bad
    if faults.wrong_dims:
        middle[key] = middle[key][:-4]
    if faults.zero:
        middle[key] = [0.0] * len(middle[key])
    if faults.repeated_index:
        middle["index"] = items[0]["index"] if middle is not items[0] else items[-1]["index"]
    if faults.index_out_of_range:
        middle["index"] = len(items)
    for item in items if key != "embedding" else ():
        item[key] = 0.5 if faults.flat_scores else item[key]
        item[key] = str(item[key]) if faults.text_scores else item[key]
    if faults.unsorted:
        items.sort(key=lambda item: item["index"])
    if faults.shuffled:
        random.Random(7).shuffle(items)
    if faults.missing:
        items.remove(middle)
    return value
