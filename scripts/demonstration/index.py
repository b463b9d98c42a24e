"""The demo's index: made once, used again while nothing has changed, never mistaken for another.

What it was made of stands in the mapping's `_meta`, so the index itself says that the demo made it;
an alias without that mark is somebody else's and is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from es_hybrid import ConfigurationError, HybridClient, IngestReport, read_products
from es_hybrid.cli.output import Output
from es_hybrid.indexing.mapping import load_mapping
from es_hybrid.types import Json
from scripts.demonstration.showcase import Showcase

__all__ = ["Prepared", "fingerprint", "prepare_index"]

_MARK = "es_hybrid_demo"
_MAPPING = "products"


@dataclass(frozen=True, slots=True)
class Prepared:
    """An index that holds the showcase's products.

    Attributes:
        name: The index behind the alias.
        failed: Records that could not be stored when it was filled.
        report: What this run wrote; `None` where the index was used again.
    """

    name: str
    failed: int
    report: IngestReport | None = None


def prepare_index(
    shop: HybridClient, showcase: Showcase, out: Output, *, folder: Path, records: int
) -> Prepared:
    """Return an index with the products, made anew where anything has changed.

    Args:
        shop: An open client.
        showcase: What goes into it.
        out: Shows how far it is.
        folder: Takes the mapping, and the records that cannot be stored.
        records: How many records the file holds.

    Raises:
        ConfigurationError: The alias exists and the demo did not make it.
    """
    wanted = fingerprint(
        showcase.file,
        {
            "fields": showcase.fields,
            "id_field": showcase.id_field,
            "mapping": load_mapping(_MAPPING),
            "model": shop.embedder.model if shop.embedder else None,
        },
    )
    name, mark = _existing(shop, showcase.alias)
    if name and mark["fingerprint"] == wanted and "failed" in mark:
        return Prepared(name, failed=mark["failed"])
    if name and mark["fingerprint"] != wanted:
        shop.indices.delete(index=name)
        name = None
    if name is None:
        name = _create(shop, showcase.alias, folder=folder, mark={"fingerprint": wanted})
    report = _fill(shop, showcase, out, folder=folder, records=records)
    _remember(shop, name, {"fingerprint": wanted, "failed": report.failed})
    return Prepared(name, failed=report.failed, report=report)


def fingerprint(file: Path, made_with: Mapping[str, Any]) -> str:
    """Return a hash that changes when the file does, or anything else that shapes its index.

    Args:
        file: The products; its content counts, not its name.
        made_with: All else, as JSON can hold it.

    Example:
        `fingerprint(Path("products.csv"), {"fields": "title=name"})` is 64 hexadecimal digits.
    """
    with file.open("rb") as content:
        products = hashlib.file_digest(content, "sha256").hexdigest()
    shape = json.dumps({**made_with, "products": products}, sort_keys=True)
    return hashlib.sha256(shape.encode()).hexdigest()


def _existing(shop: HybridClient, alias: str) -> tuple[str | None, Json]:
    """Return the demo's index behind an alias and its mark; `None` where the name is free."""
    if not shop.indices.exists(index=alias):
        return None, {}
    answer = shop.indices.get_mapping(index=alias)
    ((name, body), *others) = answer.body.items()
    mark = (body["mappings"].get("_meta") or {}).get(_MARK)
    if others or mark is None or name == alias:
        raise ConfigurationError(
            f"{alias} exists on this cluster, and the demo did not make it",
            hint="it is left alone; name another with --alias",
        )
    return name, dict(mark)


def _create(shop: HybridClient, alias: str, *, folder: Path, mark: Json) -> str:
    """Create the index with its mark in the mapping, so that there is no moment without one."""
    mapping = load_mapping(_MAPPING)
    mapping["mappings"]["_meta"][_MARK] = mark
    file = folder / f"{alias}.mapping.json"
    file.write_text(json.dumps(mapping, ensure_ascii=False), encoding="utf-8")
    return shop.create_index(alias, mapping=str(file))


def _fill(
    shop: HybridClient, showcase: Showcase, out: Output, *, folder: Path, records: int
) -> IngestReport:
    with out.progress(f"ingesting {showcase.file.name}", total=records) as progress:
        return shop.ingest(
            showcase.alias,
            read_products(showcase.file),
            fields=showcase.fields,
            id_field=showcase.id_field,
            on_progress=lambda so_far: progress.done(so_far.read),
            dead_letter=folder / f"{showcase.alias}.failed.ndjson",
        )


def _remember(shop: HybridClient, name: str, mark: Json) -> None:
    mapping = shop.indices.get_mapping(index=name).body[name]["mappings"]
    shop.indices.put_mapping(index=name, meta={**mapping["_meta"], _MARK: mark})
