"""An experiment as it lies in its index, and the check that names the first mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from es_hybrid.errors import ExperimentConflict, ExperimentError, RequestError
from es_hybrid.query.options import parse_options
from es_hybrid.rules.conditions import When
from es_hybrid.types import Json
from es_hybrid.versioned import Kind, Version

__all__ = ["EXPERIMENTS", "Experiment", "ExperimentVersion", "Guardrails", "parse_experiment"]

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Recipe = Json | Literal[False]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Guardrails(_Part):
    """What the treatment must not do; each is judged against the control.

    Example:
        >>> Guardrails(errors=0.02).slow_ms
        1000.0
    """

    searches: int = Field(200, ge=20, description="Fewest searches of each variant to judge by")
    slow_ms: float = Field(1000.0, gt=0, description="Milliseconds from which a search is slow")
    slow: Share = Field(0.02, description="Most that the share of slow searches rises")
    errors: Share = Field(0.01, description="Most that the share of failed searches rises")
    zero_results: Share = Field(
        0.02, description="Most that the share of searches without a result rises"
    )
    revenue_drop: Share = Field(
        0.05, description="Most that revenue a shopper falls, as a share of the control's"
    )


class Experiment(_Part):
    """Who sees what, what is measured, and when it ends by itself; see docs/live.md.

    Example:
        >>> Experiment(share=0.1, salt="any-words", run="r1r1").control
        False
    """

    state: Literal["running", "stopped"] = Field("running", description="Whether anybody sees it")
    reason: str = Field("", description="Why it was stopped")
    design: Literal["split", "interleave"] = Field(
        "split", description="Each shopper one of the rankings, or both in one page"
    )
    share: Share = Field(0.05, description="Shoppers who get the treatment, or both")
    control: Recipe = Field(
        default=False, description="`ext.hybrid` of the control; `false` is the old query"
    )
    treatment: Recipe = Field(default={}, description="`ext.hybrid` of the treatment")
    when: When | None = Field(None, description="For which searches; without it, for all")
    metric: str = Field("revenue", min_length=1, description="What a shopper's outcome is")
    expected_difference: float = Field(
        1.0,
        gt=0,
        allow_inf_nan=False,
        description="Size of effect that is looked for, in the metric's unit",
    )
    guardrails: Guardrails = Field(Guardrails(), description="What ends it by itself")
    salt: str = Field(min_length=8, description="Deals shoppers; kept while the share grows")
    run: str = Field(min_length=4, description="Outcomes count for this run alone")

    @model_validator(mode="after")
    def _recipes_are_options(self) -> Self:
        for name, recipe in (("control", self.control), ("treatment", self.treatment)):
            if recipe is False:
                continue
            try:
                parse_options(recipe)
            except RequestError as error:
                raise ValueError(f"{name} is no ext.hybrid: {error}") from None
        return self

    @property
    def runs(self) -> bool:
        """Whether anybody sees it."""
        return self.state == "running"

    def label(self, name: str) -> str:
        """Return what records call this run.

        Example:
            >>> Experiment(salt="a" * 8, run="7f3a").label("pilot")
            'pilot-7f3a'
        """
        return f"{name}-{self.run}"


class ExperimentVersion(Version):
    """One version of an experiment."""

    __slots__ = ()

    @property
    def experiment(self) -> Experiment:
        """The experiment, checked."""
        return parse_experiment(self.content)

    @property
    def label(self) -> str:
        """What records call this run."""
        return self.experiment.label(self.name)

    def to_dict(self) -> Json:
        """Return the version as JSON, without the salt."""
        return {
            "name": self.name,
            "version": self.version,
            "created_at": self.created_at,
            "comment": self.comment,
            "experiment": {name: v for name, v in self.content.items() if name != "salt"},
        }


def parse_experiment(content: Mapping[str, Any]) -> Experiment:
    """Check an experiment.

    Raises:
        ExperimentError: Names the JSON path of the first mistake, and never repeats its value.

    Example:
        >>> parse_experiment({"share": 0.1, "salt": "a" * 8, "run": "7f3a"}).design
        'split'
    """
    try:
        return Experiment.model_validate(dict(content))
    except ValidationError as error:
        mistakes = error.errors(include_input=False, include_url=False)
        meant = max(mistakes, key=lambda mistake: len(mistake["loc"]))
        path = ".".join(("experiment", *map(str, meant["loc"])))
        raise ExperimentError(meant["msg"].removeprefix("Value error, "), path=path) from None


EXPERIMENTS = Kind(
    noun="experiment",
    field="experiment",
    made_by="es-hybrid experiment start {name}",
    listed_by="es-hybrid experiment list",
    of=ExperimentVersion,
    check=parse_experiment,
    error=ExperimentError,
    conflict=ExperimentConflict,
)
