"""One part of the benchmark: from its index to its tables."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from elastic_transport import OrjsonSerializer
from elasticsearch import AsyncElasticsearch, Elasticsearch
from rich.console import Console

from benchmarks.searching import lanes, peers, replay, report, wire
from benchmarks.searching.lanes import KNN_100, Shape
from benchmarks.searching.material import Catalogue, Indices, Material, indexed
from benchmarks.searching.rounds import Round, async_round, in_turns, sync_round
from es_hybrid.types import Json

_CALLERS = 16
_CROWDED = frozenset(
    {
        lanes.BM25,
        lanes.KNN_100,
        lanes.MSEARCH,
        lanes.WINDOW,
        lanes.DEFAULT,
        lanes.ALL,
        "langchain-elasticsearch hybrid 100",
        "langchain-elasticsearch hybrid 100, shop's index",
        "haystack hybrid 100",
    }
)
"""Lanes that are measured with many callers, too."""


class Section:
    """One set of vectors, from its index to its tables.

    Args:
        args: The command line.
        catalogue: Files.
        material: Queries and vectors.
        console: Where tables go.
    """

    def __init__(
        self, args: argparse.Namespace, catalogue: Catalogue, material: Material, console: Console
    ) -> None:
        self._args = args
        self._catalogue = catalogue
        self._material = material
        self._console = console
        self._es = client(args)

    def run(self) -> Json:
        """Make the indices, measure everything, delete them."""
        with (
            self._es,
            indexed(self._es, self._catalogue, self._material) as indices,
            wire.counted(self._args.es_url) as counter,
            tempfile.TemporaryDirectory() as folder,
            peers.running(
                self._material,
                url=self._args.es_url,
                counted_url=counter.url,
                indices=indices,
                source=self._args.source.split(","),
                folder=Path(folder),
            ) as started,
        ):
            others = [] if self._args.no_peers else started
            shape = self._shape(indices)
            alone = self._table(
                f"{self._material.title}, {indices.count:,} products, one caller",
                in_turns(self._runners(shape, others, callers=1), rounds=self._args.rounds),
                wires=self._wires(shape, others, counter),
                added=self._added(shape),
            )
            many = self._table(
                f"{self._material.title}, {_CALLERS} callers",
                in_turns(self._runners(shape, others, callers=_CALLERS), rounds=self._args.rounds),
            )
            waiting = asyncio.run(self._async(shape))
        return {
            "title": self._material.title,
            "products": indices.count,
            "queries": len(self._material.texts),
            "one_caller": alone,
            f"{_CALLERS}_callers": many,
            "async": waiting,
        }

    def _shape(self, indices: Indices) -> Shape:
        version = str(self._es.info()["version"]["number"]).split(".")
        return Shape(
            index=indices.own,
            fields=self._args.fields.split(","),
            source=self._args.source.split(","),
            boosts=json.loads(self._args.boosts),
            packed=(int(version[0]), int(version[1])) >= (9, 4),
        )

    def _runners(
        self, shape: Shape, others: Sequence[peers.Peer], *, callers: int
    ) -> dict[str, Callable[[], Round]]:
        texts = self._material.texts * (1 if callers == 1 else 2)
        runners: dict[str, Callable[[], Round]] = {}
        for name, search in lanes.lanes(self._es, shape, self._material).items():
            runners[name] = _bound(sync_round, search, texts, callers=callers)
        for peer in others:
            for lane in peer.lanes:
                runners[f"{peer.name} {lane}"] = _bound(peer.run, lane, callers=callers)
        return {name: run for name, run in runners.items() if callers == 1 or name in _CROWDED}

    def _wires(
        self, shape: Shape, others: Sequence[peers.Peer], counter: wire.Counter
    ) -> dict[str, report.Bytes]:
        """Search every query once through the proxy, untimed."""
        texts = self._material.texts
        with client(self._args, url=counter.url) as es:
            runs: dict[str, Callable[[], Round]] = {
                name: _bound(sync_round, search, texts, callers=1)
                for name, search in lanes.lanes(es, shape, self._material).items()
            }
            for peer in others:
                for lane in peer.lanes:
                    runs[f"{peer.name} {lane}"] = _bound(peer.run, lane, way="counted")
            for run in runs.values():
                run()  # the mapping and the version are asked for once
            return {name: _counted(run, counter, len(texts)) for name, run in runs.items()}

    def _added(self, shape: Shape) -> dict[str, report.Cpu]:
        """Measure the processor time of our lanes above that of their own requests."""
        return {name: self._added_by(shape, options) for name, options in shape.options().items()}

    def _added_by(self, shape: Shape, options: Mapping[str, Any]) -> report.Cpu:
        def arguments(text: str) -> dict[str, Any]:
            return lanes.own_arguments(shape, text, options)

        texts, rounds = self._material.texts, 2 * max(1, self._args.rounds // 3)
        with client(self._args, kind=replay.InstantClient) as remembering:
            shop = lanes.sync_shop(remembering, self._material)
            search = _bound_search(shop.search, arguments)
            calls = replay.recorded(remembering, search, texts)
            instant = replay.instant_cpu_ms(remembering, search, texts, rounds=2 * rounds)
        shop = lanes.sync_shop(self._es, self._material)
        search = _bound_search(shop.search, arguments)
        search(texts[0])
        live = replay.added_cpu_ms(self._es, search, calls, rounds=rounds)
        return report.Cpu(live, instant)

    def _table(
        self,
        title: str,
        rounds: Mapping[str, list[Round]],
        *,
        wires: Mapping[str, report.Bytes] | None = None,
        added: Mapping[str, report.Cpu] | None = None,
    ) -> list[Json]:
        rows = [
            report.row(
                name,
                measured,
                self._material,
                reference=rounds[KNN_100],
                wire=(wires or {}).get(name),
                added=(added or {}).get(name),
            )
            for name, measured in rounds.items()
        ]
        report.print_table(self._console, title, rows)
        return rows

    async def _async(self, shape: Shape) -> dict[str, list[Json]]:
        """Measure the asynchronous clients; one round runs after the other in one loop."""
        tables = {}
        async with async_client(self._args) as es:
            searches = lanes.async_lanes(es, shape, self._material)
            for callers in (1, _CALLERS):
                texts = self._material.texts * (1 if callers == 1 else 2)
                measured: dict[str, list[Round]] = {name: [] for name in searches}
                for number in range(self._args.rounds + 1):
                    for name, search in searches.items():
                        done = await async_round(search, texts, callers=callers)
                        if number:
                            measured[name].append(done)
                title = f"{self._material.title}, async, callers: {callers}"
                tables[str(callers)] = self._table(title, measured)
        return tables


def _bound(run: Callable[..., Round], *args: Any, **options: Any) -> Callable[[], Round]:
    return lambda: run(*args, **options)


def _bound_search(
    search: Callable[..., Any], arguments: Callable[[str], dict[str, Any]]
) -> Callable[[str], Any]:
    return lambda text: search(**arguments(text))


def _counted(run: Callable[[], Round], counter: wire.Counter, searches: int) -> report.Bytes:
    sent, received = counter.sent, counter.received
    run()
    return report.Bytes(
        (counter.sent - sent) / searches,
        (counter.received - received) / searches,
    )


def client(args: argparse.Namespace, *, url: str | None = None, kind: Any = Elasticsearch) -> Any:
    """Return the caller's client, as the command line wants it."""
    options = {"serializer": OrjsonSerializer()} if args.serializer == "orjson" else {}
    return kind(url or args.es_url, connections_per_node=_CALLERS, **options)


def async_client(args: argparse.Namespace) -> AsyncElasticsearch:
    """Return the same, asynchronous."""
    options: Any = {"serializer": OrjsonSerializer()} if args.serializer == "orjson" else {}
    return AsyncElasticsearch(args.es_url, connections_per_node=_CALLERS, **options)
