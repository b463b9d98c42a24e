"""A command line for every command of `es-hybrid`, with the files that it reads."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

FILES = {
    "products.ndjson": json.dumps({"id": "a", "title": "shoe"}) + "\n",
    "orders.ndjson": "".join(
        json.dumps({"order_id": order, "products": ["a", "b"]}) + "\n" for order in ("1", "2")
    ),
    "events.ndjson": json.dumps(
        {"action_name": "click", "object_id": "a", "timestamp": "2026-11-20T10:00:00Z"}
    )
    + "\n",
    "rules.json": json.dumps({"boosts": []}),
    "queries.csv": "query_id,query\nq1,shoe\n",
    "qrels.csv": "query_id,product_id,grade\nq1,a,3\n",
    "pool.csv": "query_id,query,product_id,rank,recipes,title,product\nq1,shoe,a,1,hybrid,shoe,shoe\n",
    "run.txt": "q1 Q0 a 1 1.0 other\n",
    "shadow.ndjson": "",
}


@dataclass(frozen=True, slots=True)
class CommandLine:
    """One way to call a command.

    Attributes:
        words: What follows `es-hybrid`; file names are those of `FILES`.
        reads: The file among them that can be missing.
        cluster: Whether it asks Elasticsearch (or Kibana) anything.
        streams: Whether its JSON is a document a line.
    """

    words: str
    reads: str | None = None
    cluster: bool = True
    streams: bool = False

    @property
    def argv(self) -> list[str]:
        return shlex.split(self.words)


EVERY = {
    "create-index": CommandLine("create-index NAME --dims 8"),
    "ingest": CommandLine("ingest NAME products.ndjson"),
    "update": CommandLine("update NAME products.ndjson"),
    "follow": CommandLine("follow NAME --file products.ndjson --once", streams=True),
    "reindex": CommandLine("reindex NAME"),
    "rollback": CommandLine("rollback NAME"),
    "backfill": CommandLine("backfill NAME"),
    "search": CommandLine("search NAME shoe"),
    "playground": CommandLine("playground NAME --port 0", streams=True),
    "signals": CommandLine("signals NAME events.ndjson"),
    "bought-together": CommandLine("bought-together NAME orders.ndjson"),
    "recommend": CommandLine("recommend NAME --trending"),
    "rules put": CommandLine("rules put NAME rules.json", reads="rules.json"),
    "rules get": CommandLine("rules get NAME"),
    "rules diff": CommandLine("rules diff NAME rules.json", reads="rules.json"),
    "rules rollback": CommandLine("rules rollback NAME"),
    "rules log": CommandLine("rules log NAME"),
    "rules list": CommandLine("rules list"),
    "simulate": CommandLine(
        "simulate NAME --rules rules.json --queries queries.csv", reads="rules.json"
    ),
    "evaluate": CommandLine(
        "evaluate NAME --qrels qrels.csv --queries queries.csv --html report.html",
        reads="qrels.csv",
    ),
    "logs setup": CommandLine("logs setup"),
    "logs report": CommandLine("logs report"),
    "logs clicks": CommandLine("logs clicks"),
    "logs estimate": CommandLine("logs estimate --run run.txt"),
    "kibana import": CommandLine("kibana import --kibana-url URL"),
    "kibana export": CommandLine("kibana export dashboards", cluster=False),
    "experiment start": CommandLine("experiment start NAME"),
    "experiment status": CommandLine(
        "experiment status NAME --outcomes shadow.ndjson", reads="shadow.ndjson"
    ),
    "experiment stop": CommandLine("experiment stop NAME"),
    "experiment list": CommandLine("experiment list"),
    "experiment shadow-report": CommandLine(
        "experiment shadow-report shadow.ndjson", reads="shadow.ndjson", cluster=False
    ),
    "experiment null-runs": CommandLine("experiment null-runs --runs 2", cluster=False),
    "train": CommandLine(
        "train NAME model.json --qrels qrels.csv --queries queries.csv", reads="qrels.csv"
    ),
    "score": CommandLine(
        "score NAME model.json --qrels qrels.csv --queries queries.csv", reads="model.json"
    ),
    "judge sample": CommandLine(
        "judge sample queries.csv --out drawn.csv", reads="queries.csv", cluster=False
    ),
    "judge pool": CommandLine(
        "judge pool NAME --queries queries.csv --out pooled.csv", reads="queries.csv"
    ),
    "judge llm": CommandLine(
        "judge llm pool.csv --out grades.csv", reads="pool.csv", cluster=False
    ),
    "judge agreement": CommandLine(
        "judge agreement qrels.csv qrels.csv", reads="qrels.csv", cluster=False
    ),
    "tune": CommandLine(
        "tune NAME --qrels qrels.csv --queries queries.csv --out tuned.toml", reads="qrels.csv"
    ),
    "warm": CommandLine("warm NAME --products"),
    "roles": CommandLine("roles reader", cluster=False),
    "doctor": CommandLine("doctor NAME"),
    "completion": CommandLine("completion bash", cluster=False),
}
"""Every command but `serve`, which answers without Elasticsearch until a request comes."""

WRITTEN = ("report.html", "model.json", "drawn.csv", "pooled.csv", "tuned.toml")
"""What these commands write when they are done."""


def write_files(folder: Path) -> None:
    """Write what the commands read."""
    for name, content in FILES.items():
        (folder / name).write_text(content, encoding="utf-8")


def of_index(line: CommandLine, name: str, url: str) -> list[str]:
    """Return the arguments with an index's name and a cluster's address."""
    words = [{"NAME": name, "URL": url}.get(word, word) for word in line.argv]
    return [*words, "--es-url", url]
