"""The settings of documents that running processes look up again and again."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from es_hybrid.settings.values import Section, decoded

__all__ = ["ExperimentSettings", "LookUpSettings", "RulesSettings"]


class LookUpSettings(Section):
    """How documents that running processes follow are looked up."""

    ttl_s: float = Field(
        30.0, gt=0, description="Seconds until what is remembered is looked up again"
    )
    timeout_s: float = Field(0.25, gt=0, description="Seconds that a search waits for a look-up")
    retry_s: float = Field(
        5.0, gt=0, description="Seconds after which a failed look-up is tried again"
    )


class RulesSettings(LookUpSettings):
    """Business rules: sold-out policy, pins, caps, variety; see docs/rules.md."""

    name: str | None = Field(None, description="Name of the rule set in force, in the rules index")
    inline: Annotated[dict[str, Any] | None, BeforeValidator(decoded)] = Field(
        None, description="A rule set itself, instead of a name; in the environment as JSON"
    )
    index: str = Field("es-hybrid-rules", description="Where rule sets are kept")


class ExperimentSettings(LookUpSettings):
    """Experiments on shoppers; see docs/live.md."""

    index: str = Field("es-hybrid-experiments", description="Where experiments are kept")
