"""Put data views, saved searches and dashboards of the log into Kibana, or write them to files.

Kibana 8.15 or newer. Objects from an earlier import are replaced; your own are not touched.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from es_hybrid.cli.arguments import add_action, add_actions
from es_hybrid.cli.connect import load_settings, shown_url
from es_hybrid.cli.files import write_whole
from es_hybrid.cli.output import Output
from es_hybrid.kibana import as_ndjson, import_objects, object_files

__all__ = ["EXAMPLE", "INTERRUPTED", "add_arguments", "run"]

EXAMPLE = "kibana export dashboards"
INTERRUPTED = "what Kibana has stored stays; run the same command again to import everything"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `kibana` takes."""
    actions = add_actions(parser)
    imported = add_action(
        actions,
        "import",
        _import,
        "put everything into Kibana, by its saved objects API",
        example="kibana import --kibana-url http://localhost:5601",
        interrupted=INTERRUPTED,
    )
    imported.add_argument(
        "--kibana-url",
        required=True,
        metavar="URL",
        help="such as http://localhost:5601, with Kibana's base path; the key is ES_HYBRID_ES_API_KEY",
    )
    imported.add_argument("--space", metavar="NAME", help="Kibana's space (default: Default)")
    exported = add_action(
        actions,
        "export",
        _export,
        "write files for Stack Management, Saved Objects, Import",
        example="kibana export dashboards",
        interrupted="the files written so far are complete; run the same command again for the rest",
    )
    exported.add_argument(
        "directory", metavar="DIR", type=Path, help="created if it does not exist"
    )


def run(args: argparse.Namespace) -> int:
    """Import or export."""
    code: int = args.act(args)
    return code


def _import(args: argparse.Namespace) -> int:
    out = Output.of(args)
    settings = load_settings(args)
    files = object_files(settings.log.streams)
    outcome = import_objects(
        args.kibana_url,
        [one for objects in files.values() for one in objects],
        space=args.space,
        api_key=settings.es_api_key,
    )
    if out.json:
        out.document({"imported": outcome.imported, "refused": list(outcome.refused)})
    else:
        out.line(f"{outcome.imported} objects are in Kibana at {shown_url(args.kibana_url)}")
        for line in outcome.refused:
            out.problem(f"refused: {line}")
    return 3 if outcome.refused else 0


def _export(args: argparse.Namespace) -> int:
    out = Output.of(args)
    files = object_files(load_settings(args).log.streams)
    args.directory.mkdir(parents=True, exist_ok=True)
    for name, objects in files.items():
        write_whole(args.directory / name, as_ndjson(objects))
        if not out.json:
            out.line(args.directory / name)
    if out.json:
        out.document({"files": [str(args.directory / name) for name in files]})
    return 0
