"""Saved candidates: a file that grows while they are retrieved, and is gone on with after a stop.

NDJSON. The first line says what was searched and how; each further one holds the candidates of one
query and one way to search words, or how long a search took. Neither words nor documents are in
it: queries are known by a hash of their words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from es_hybrid.evaluate import JudgedQuery, JudgmentError
from es_hybrid.tuning.candidates import QueryCandidates
from es_hybrid.tuning.configuration import LexicalVariant
from es_hybrid.types import Hit, Json

__all__ = ["CandidateFile", "Provenance", "Timing"]

_FORMAT = "es_hybrid candidates, version 1"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the candidates are of; a file of another one is not gone on with.

    Attributes:
        index: As it was asked for.
        uuids: Of the concrete indices behind it.
        embedder: Model of the queries' vectors; a file of vectors by its hash.
        reranker: Model of the rerank scores.
        window: Candidates per leg.
        boosts: Hash of the boosts whose fields were fetched.
    """

    index: str
    uuids: tuple[str, ...]
    embedder: str | None
    reranker: str | None
    window: int
    boosts: str | None = None


@dataclass(frozen=True, slots=True)
class Timing:
    """How long searches took.

    Attributes:
        window: Candidates per leg.
        top: Candidates that were reranked; 0: none.
        p50_ms: Median wall-clock milliseconds of a page.
    """

    window: int
    top: int
    p50_ms: float


@dataclass(slots=True)
class CandidateFile:
    """Candidates by way to search words and query, in memory and, where there is a path, on disk.

    Attributes:
        provenance: What they are of.
        path: Where they are kept; `None` keeps them in memory alone.
        found: All that is there.
        timings: How long searches took, by candidates per leg and reranked.
    """

    provenance: Provenance
    path: Path | None = None
    found: dict[tuple[LexicalVariant, str], QueryCandidates] = field(default_factory=dict)
    timings: dict[tuple[int, int], Timing] = field(default_factory=dict)

    @classmethod
    def open(
        cls, path: str | Path | None, provenance: Provenance, queries: Sequence[JudgedQuery]
    ) -> Self:
        """Read what is there of these queries, or begin a file.

        A last line that was cut off is left out and written anew. A query whose words have changed
        is retrieved again.

        Raises:
            JudgmentError: The file is of another index, model or window, or is not such a file.
        """
        file = cls(provenance, None if path is None else Path(path))
        if file.path is None:
            return file
        if file.path.exists() and file.path.stat().st_size:
            file._read(queries)
        else:
            header = {"format": _FORMAT, **_jsonable(asdict(provenance))}
            file.path.write_text(_line(header), encoding="utf-8")
        return file

    def put(self, variant: LexicalVariant, found: QueryCandidates) -> None:
        """Keep the candidates of a query."""
        self.found[variant, found.query_id] = found
        self._append(_packed(variant, found))

    def time(self, timing: Timing) -> None:
        """Keep how long searches took."""
        self.timings[timing.window, timing.top] = timing
        self._append({"timing": asdict(timing)})

    def _append(self, line: Json) -> None:
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as out:
                out.write(_line(line))

    def _read(self, queries: Sequence[JudgedQuery]) -> None:
        if self.path is None:
            return
        texts = {query.id: query.text for query in queries}
        content = self.path.read_text(encoding="utf-8")
        whole, _, _ = content.rpartition("\n")
        first, *lines = whole.split("\n")
        self._check(first)
        for number, line in enumerate(lines, start=2):
            try:
                self._take(json.loads(line), texts)
            except (ValueError, KeyError, TypeError) as error:
                raise JudgmentError(
                    f"{self.path} line {number} holds no candidates ({type(error).__name__})",
                    hint="begin a new file",
                ) from None
        if len(whole) + 1 < len(content):
            self.path.write_text(whole + "\n", encoding="utf-8")

    def _take(self, line: Json, texts: Mapping[str, str]) -> None:
        if "timing" in line:
            timing = Timing(**line["timing"])
            self.timings[timing.window, timing.top] = timing
            return
        text = texts.get(line["query_id"])
        if text is not None and line["words"] == _hash(text):
            variant = LexicalVariant(tuple(line["fields"]), line["match_type"])
            self.found[variant, line["query_id"]] = _unpacked(line, text)

    def _check(self, first: str) -> None:
        try:
            header = json.loads(first)
        except ValueError:
            header = None
        if not isinstance(header, dict) or header.pop("format", None) != _FORMAT:
            raise JudgmentError(f"{self.path} holds no candidates", hint="begin a new file")
        for name, value in _jsonable(asdict(self.provenance)).items():
            if header.get(name) != value:
                raise JudgmentError(
                    f"{self.path} holds candidates of another {name.removesuffix('s')}",
                    hint="begin a new file, or go back to what it was made with",
                )


def _packed(variant: LexicalVariant, found: QueryCandidates) -> Json:
    hits = found.hits
    names = list(dict.fromkeys(hit.index_name for hit in hits))
    line: Json = {
        "query_id": found.query_id,
        "words": _hash(found.text),
        "fields": list(variant.fields),
        "match_type": variant.match_type,
        "indices": names,
        "index": [names.index(hit.index_name) for hit in hits] if len(names) > 1 else [],
        "id": [hit.id for hit in hits],
        "lexical": [hit.lexical_score for hit in hits],
        "semantic": [hit.semantic_score for hit in hits],
        "lexical_rank": [hit.lexical_rank for hit in hits],
        "semantic_rank": [hit.semantic_rank for hit in hits],
        "rerank": [found.reranked.get(hit.key) for hit in hits],
        "codes": [place for place, hit in enumerate(hits) if hit.code],
    }
    if any(hit.fields for hit in hits):
        line["values"] = [dict(hit.fields) for hit in hits]
    return line


def _unpacked(line: Json, text: str) -> QueryCandidates:
    count = len(line["id"])
    names = [line["indices"][place] for place in line["index"]] or line["indices"] * count
    values: Sequence[Mapping[str, Any]] = line.get("values") or [{}] * count
    codes = frozenset(line["codes"])
    columns = zip(
        names,
        line["id"],
        line["lexical"],
        line["semantic"],
        line["lexical_rank"],
        line["semantic_rank"],
        values,
        strict=True,
    )
    hits = tuple(
        Hit(name, id_, words, meaning, first, second, None, fields, place in codes)
        for place, (name, id_, words, meaning, first, second, fields) in enumerate(columns)
    )
    scored = zip(hits, line["rerank"], strict=True)
    reranked = {hit.key: float(score) for hit, score in scored if score is not None}
    return QueryCandidates(line["query_id"], text, hits, reranked)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _jsonable(content: Json) -> Json:
    return {name: list(v) if isinstance(v, tuple) else v for name, v in content.items()}


def _line(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def missing(
    file: CandidateFile, variants: Sequence[LexicalVariant], queries: Sequence[JudgedQuery]
) -> Iterator[tuple[LexicalVariant, JudgedQuery]]:
    """Yield what is still to be retrieved, way by way.

    Example:
        for variant, query in missing(file, variants, queries):
            ...
    """
    for variant in variants:
        for query in queries:
            if (variant, query.id) not in file.found:
                yield variant, query
