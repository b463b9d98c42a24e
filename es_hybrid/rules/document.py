"""A rule set as a merchandiser writes it, and the check that names the first mistake."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from es_hybrid.errors import RequestError, RulesError
from es_hybrid.rank.boost import IdBoost
from es_hybrid.rank.boost_options import read_boosts
from es_hybrid.rules.conditions import Texts, When, as_tuple
from es_hybrid.types import Json

__all__ = [
    "BudgetRule",
    "CapRule",
    "DiversityRule",
    "ExcludeRule",
    "ExploreRule",
    "LimitsRule",
    "PinRule",
    "RuleSet",
    "StockRule",
    "parse_rules",
]

_MOST_PINS = 50
_MOST_RULES = 10_000

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Values = Annotated[
    tuple[bool | int | float | str, ...], BeforeValidator(as_tuple), Field(strict=False)
]
FieldName = Annotated[str, Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class LimitsRule(_Part):
    """How far all boosts together may move a product."""

    places: int | None = Field(None, ge=0, description="At most so many places up or down")
    share: Share | None = Field(
        None, description="At most so much of the range between the best and the worst relevance"
    )


class StockRule(_Part):
    """What happens to products that are sold out."""

    field: FieldName = Field("stock", description="Doc-value field that says so")
    action: Literal["keep", "demote", "bury", "hide", "substitute"] = Field(
        "bury", description="What happens to a sold-out product"
    )
    above: float = Field(0.0, allow_inf_nan=False, description="More than this is in stock")
    equals: Values = Field((), description="In place of `above`: the values that mean in stock")
    missing: Literal["in_stock", "sold_out"] = Field(
        "in_stock", description="What a product without the field is"
    )
    factor: float = Field(0.5, gt=0, lt=1, description="What `demote` multiplies the score by")
    group: str | None = Field(
        None, description="For `substitute`: the field that products share which replace each other"
    )

    @model_validator(mode="after")
    def _substitute_needs_group(self) -> Self:
        if self.action == "substitute" and not self.group:
            raise ValueError("substitute needs a group, such as variant_group")
        return self


class PinRule(_Part):
    """Products that stand at places of their own."""

    ids: Texts = Field(min_length=1, max_length=_MOST_PINS, description="Document ids, in order")
    position: int = Field(1, ge=1, le=1000, description="Place of the first one, from 1")
    in_stock_only: bool = Field(default=False, description="Not while it is sold out")
    when: When | None = Field(None, description="For which queries; without it, for all")


class ExcludeRule(_Part):
    """Products that are not found."""

    ids: Texts = Field((), max_length=1000, description="By document id")
    field: str | None = Field(None, description="By a value of this field")
    equals: Values = Field((), description="The value, or several of which one is enough")
    when: When | None = Field(None, description="For which queries; without it, for all")

    @model_validator(mode="after")
    def _names_products(self) -> Self:
        if (self.field is None) == bool(self.equals):
            raise ValueError("field and equals belong together")
        if not self.ids and self.field is None:
            raise ValueError("needs ids, or field and equals")
        return self


class CapRule(_Part):
    """How often one value may be seen in a row of places."""

    field: FieldName = Field(description="Doc-value field, such as brand, shop or category_path")
    most: int = Field(ge=1, description="Products of one value")
    per: int = Field(24, ge=1, le=1000, description="In so many places, usually a page")
    exempt_named: bool = Field(
        default=True, description="Whether a value that the query names is not capped"
    )
    when: When | None = Field(None, description="For which queries; without it, for all")


class DiversityRule(_Part):
    """How much variety is worth at the top."""

    field: str | None = Field(
        None, description="Doc-value field whose values alternate; without it, vectors are compared"
    )
    strength: Share = Field(0.3, description="0: relevance alone; 1: variety alone")
    first: int = Field(24, ge=1, le=100, description="Places that are made various")
    when: When | None = Field(None, description="For which queries; without it, for all")


class ExploreRule(_Part):
    """Places for new products."""

    slots: int = Field(1, ge=0, le=24, description="Places of each page")
    per: int = Field(24, ge=1, le=1000, description="Places of a page")
    first_place: int = Field(6, ge=1, le=1000, description="The highest one, from 1")
    created_field: FieldName = Field(
        "created_at", description="Doc-value field of the date a product came"
    )
    younger_than_days: float = Field(
        30.0, gt=0, allow_inf_nan=False, description="Older products are not new"
    )
    impressions_field: str | None = Field(
        None, description="Doc-value field that counts how often a product was shown"
    )
    until_impressions: int = Field(
        500, ge=1, description="A product that was shown as often has had its chance"
    )
    pool: int = Field(
        10, ge=1, le=1000, description="New candidates that are drawn from, the most relevant ones"
    )
    when: When | None = Field(None, description="For which queries; without it, for all")


class BudgetRule(_Part):
    """A soft window on the price, where the query names a budget."""

    field: FieldName = Field("price", description="Doc-value field of the price")
    factor: float = Field(0.5, gt=0, lt=1, description="Factor of products far outside")
    softness: float = Field(
        0.25, gt=0, le=10, description="Share of a bound outside it at which half of that applies"
    )
    currency: str | None = Field(
        None, description="ISO code of the field; by default the mapping's `_meta` says it"
    )
    unit: Literal["major", "minor"] | None = Field(
        None, description="Euros or cents; by default the mapping's `_meta` says it"
    )


class RuleSet(_Part):
    """Everything a merchandiser decides; see docs/rules.md.

    Example:
        >>> RuleSet(stock={"action": "hide"}).stock.field
        'stock'
    """

    boosts: tuple[Json, ...] = Field(
        (), strict=False, description="Boosts, each perhaps with a `when`"
    )
    limits: LimitsRule | None = Field(None, description="How far boosts may move a product")
    profiles: dict[str, Annotated[tuple[Json, ...], Field(strict=False)]] = Field(
        {}, description='Further lists of boosts, asked for by name: `"boosts": "promo-1111"`'
    )
    budget: BudgetRule | None = Field(None, description="A soft window on the price")
    stock: StockRule | None = Field(None, description="Sold-out products")
    diversity: DiversityRule | None = Field(None, description="Variety at the top")
    explore: ExploreRule | None = Field(None, description="Places for new products")
    caps: tuple[CapRule, ...] = Field((), strict=False, description="At most so many of one value")
    pins: tuple[PinRule, ...] = Field(
        (), strict=False, max_length=_MOST_RULES, description="Products at places of their own"
    )
    excludes: tuple[ExcludeRule, ...] = Field(
        (), strict=False, max_length=_MOST_RULES, description="Products that are not found"
    )
    variants: str | None = Field(
        None, description="Field of which each value is answered once, such as variant_group"
    )


def parse_rules(content: object, *, path: str = "rules") -> RuleSet:
    """Check a rule set.

    Args:
        content: What JSON or TOML holds.
        path: Where it stands, for the error.

    Raises:
        RulesError: Names the JSON path of the first mistake, and never repeats its value.

    Example:
        >>> parse_rules({"caps": [{"field": "brand", "most": 3}]}).caps[0].per
        24
    """
    if not isinstance(content, Mapping):
        raise RulesError("must be an object", path=path)
    try:
        rules = RuleSet.model_validate(dict(content))
    except ValidationError as error:
        mistakes = error.errors(include_input=False, include_url=False)
        # Of a union, each tried type complains; the one that reached deepest was meant.
        meant = max(mistakes, key=lambda mistake: len(mistake["loc"]))
        raise RulesError(_message(meant), path=_path(path, meant["loc"])) from None
    _check_boosts(rules, path)
    return rules


def _check_boosts(rules: RuleSet, path: str) -> None:
    lists = {"boosts": rules.boosts}
    lists |= {f"profiles.{name}": boosts for name, boosts in rules.profiles.items()}
    for name, boosts in lists.items():
        try:
            conditions_of(boosts, path=f"{path}.{name}")
            # A plug-in is looked for by the client that uses it.
            read_boosts(bare(boosts), path=f"{path}.{name}", plugin=lambda *_: IdBoost(()))
        except RequestError as error:
            raise RulesError(error.reason, path=error.path, hint=error.hint) from None


def bare(boosts: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Return boosts without their conditions."""
    return [{name: v for name, v in boost.items() if name != "when"} for boost in boosts]


def conditions_of(boosts: Sequence[Mapping[str, Any]], *, path: str) -> list[When | None]:
    """Return each boost's condition.

    Raises:
        RulesError: One of them is wrong.
    """
    conditions: list[When | None] = []
    for number, boost in enumerate(boosts):
        when = boost.get("when")
        try:
            conditions.append(None if when is None else When.model_validate(when))
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            place = _path(f"{path}.{number}.when", first["loc"])
            raise RulesError(_message(first), path=place) from None
    return conditions


_UNION_TYPES = frozenset({"bool", "int", "float", "str"})


def _path(begin: str, location: Sequence[str | int]) -> str:
    # Pydantic adds the tried type of a union.
    parts = (str(part) for part in location if part not in _UNION_TYPES)
    return ".".join((begin, *(part for part in parts if "[" not in part)))


def _message(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "is not part of a rule; see docs/rules.md"
    message: str = error["msg"]
    return message.removeprefix("Value error, ")
