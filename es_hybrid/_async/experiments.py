"""Experiments in their index: `shop.experiments.start("pilot", share=0.1)`, without a deployment."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from elasticsearch import AsyncElasticsearch, NotFoundError

from es_hybrid._async.versions import AsyncVersions
from es_hybrid.errors import ExperimentError
from es_hybrid.experiments.definition import EXPERIMENTS, ExperimentVersion
from es_hybrid.experiments.guardrails import Counts, summed
from es_hybrid.experiments.outcomes import Outcome
from es_hybrid.experiments.status import ExperimentStatus
from es_hybrid.types import Variant

_MOST_PROCESSES = 10_000
"""Processes whose counts are added up."""


class AsyncExperiments(AsyncVersions[ExperimentVersion]):
    """Starts, stops and reads experiments; what is wrong is an `ExperimentError`.

    Args:
        es: The shop's own client.
        index: Where experiments are kept; made by the first `start`.

    Example:
        await shop.experiments.start("pilot", share=0.1, when={"context": {"brand": "Acme"}})
        await shop.experiments.stop("pilot", reason="the sale begins")
    """

    def __init__(self, es: AsyncElasticsearch, *, index: str) -> None:
        super().__init__(es, EXPERIMENTS, index=index)

    async def start(
        self, name: str, *, new_shoppers: bool = False, comment: str = "", **definition: Any
    ) -> ExperimentVersion:
        """Start an experiment, or start it again with another definition.

        Shoppers stay on their side while the share grows. Outcomes count from here on: what was seen
        under another share says something else.

        Args:
            name: Of the experiment.
            new_shoppers: Whether shoppers are assigned anew.
            comment: What it is for.
            **definition: As in docs/live.md, such as `share`, `when`, `design`, `treatment`.

        Raises:
            ExperimentError: The definition or the name is wrong; nothing was written.
            ExperimentConflict: Somebody else started or stopped it meanwhile.

        Example:
            await shop.experiments.start("pilot", share=0.05, when={"context": {"brand": "Acme"}})
        """
        before = await self._pointer(EXPERIMENTS.name(name))
        salt = secrets.token_hex(16)
        if before.current and not new_shoppers:
            salt = str((await self.get(name)).content["salt"])
        given = {**definition, "state": "running", "salt": salt, "run": secrets.token_hex(4)}
        return await self.put(name, given, comment=comment, base=before.current)

    async def stop(
        self, name: str, *, reason: str = "", base: int | None = None
    ) -> ExperimentVersion:
        """Give everybody the old query again.

        Args:
            name: Of the experiment.
            reason: Why; kept with the experiment.
            base: Version that the decision was made about; refused where another one is in force.

        Raises:
            ExperimentError: There is no such experiment.
            ExperimentConflict: Somebody else started or stopped it meanwhile.

        Example:
            await shop.experiments.stop("pilot", reason="the sale begins")
        """
        now = await self.get(name)
        stopped: Mapping[str, Any] = {**now.content, "state": "stopped", "reason": reason}
        return await self.put(name, stopped, comment=reason, base=base or now.version)

    async def status(
        self,
        name: str,
        *,
        outcomes: Iterable[Outcome] = (),
        counts: Mapping[Variant, Counts] | None = None,
    ) -> ExperimentStatus:
        """Return how an experiment stands, over all processes.

        Args:
            name: Of the experiment.
            outcomes: What shoppers did.
            counts: Searches by variant; default: as the serving processes have counted them.

        Raises:
            ExperimentError: There is no such experiment.

        Example:
            print(await shop.experiments.status("pilot"))
        """
        version = await self.get(name)
        if counts is None:
            counts = await self.counts(version.label)
        return ExperimentStatus.of(version, counts, outcomes)

    async def began(self, version: ExperimentVersion) -> datetime:
        """Return when the run of a version was started.

        Example:
            begun = await shop.experiments.began(await shop.experiments.get("pilot"))
        """
        run = version.experiment.run
        of_run = [each for each in await self.versions(version.name) if each.experiment.run == run]
        return min(datetime.fromisoformat(each.created_at) for each in (version, *of_run))

    async def rollback(self, name: str, *, to: int | None = None) -> ExperimentVersion:
        """Refuse: what ran before is started again, so that its outcomes count anew.

        Raises:
            ExperimentError: Always.

        Example:
            await shop.experiments.stop("pilot")  # and start it again with what ran before
        """
        raise ExperimentError(
            f"{name} is not rolled back to {to or 'an older version'}",
            hint=f"es-hybrid experiment stop {name} gives everybody the old query",
        )

    async def add_counts(self, label: str, process: str, counts: Mapping[Variant, Counts]) -> None:
        """Write what one process has counted so far, in place of what it wrote before.

        Args:
            label: Of the run; `ExperimentVersion.label`.
            process: Tells the processes apart.
            counts: Its searches by variant.

        Example:
            await shop.experiments.add_counts("pilot-7f3a", "web-1", {Variant.CONTROL: Counts(3)})
        """
        sums = {str(variant): found.to_dict() for variant, found in counts.items()}
        document = {"kind": "counts", "name": label, "counts": sums}
        await self._es.index(
            index=self._index, id=f"{label}/{process}", document=document, refresh=True
        )

    async def counts(self, label: str) -> dict[Variant, Counts]:
        """Return the searches of a run by variant, of all processes.

        Example:
            counts = await shop.experiments.counts("pilot-7f3a")
        """
        try:
            answer = await self._es.search(
                index=self._index,
                query={
                    "bool": {"filter": [{"term": {"name": label}}, {"term": {"kind": "counts"}}]}
                },
                size=_MOST_PROCESSES,
            )
        except NotFoundError:
            return {}
        return summed(
            {
                Variant(variant): Counts.from_dict(sums)
                for variant, sums in hit["_source"]["counts"].items()
            }
            for hit in answer["hits"]["hits"]
        )
