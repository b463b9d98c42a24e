"""What is tried: values by parameter, read from a file where a shop has its own ideas."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from es_hybrid.evaluate import JudgmentError
from es_hybrid.tuning.configuration import Configuration, LexicalVariant
from es_hybrid.types import FusionMethod, Normalizer

__all__ = ["Space"]

_CHANGES = (2, 2, 3)
_PLAIN = ("lexical_weight", "window", "top", "blend", "boost")


class _File(BaseModel):
    """A file of values; what it does not name keeps its default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    search_fields: tuple[tuple[str, ...], ...] | None = None
    match_types: tuple[str, ...] | None = None
    methods: tuple[FusionMethod, ...] | None = None
    normalizers: tuple[Normalizer, ...] | None = None
    k: tuple[int, ...] | None = None
    lexical_weight: tuple[float, ...] | None = None
    window: tuple[int, ...] | None = None
    top: tuple[int, ...] | None = None
    blend: tuple[float, ...] | None = None
    boost: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Space:
    """The values of each parameter.

    Attributes:
        variants: Ways to search words; each is retrieved once.
        fusions: Method, normaliser and constant, together.
        lexical_weight: The semantic leg has the rest.
        window: Candidates per leg.
        top: Candidates that are reranked.
        blend: Share of the rerank score.
        boost: Size of the boosts.
    """

    variants: tuple[LexicalVariant, ...]
    fusions: tuple[tuple[FusionMethod, Normalizer, int], ...] = (
        (FusionMethod.LINEAR, Normalizer.ROBUST, 60),
        (FusionMethod.LINEAR, Normalizer.MINMAX, 60),
        (FusionMethod.RRF, Normalizer.ROBUST, 20),
        (FusionMethod.RRF, Normalizer.ROBUST, 60),
    )
    lexical_weight: tuple[float, ...] = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    window: tuple[int, ...] = (50, 100, 200)
    top: tuple[int, ...] = (20, 50, 100)
    blend: tuple[float, ...] = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
    boost: tuple[float, ...] = (1.0,)

    @classmethod
    def of(cls, fields_: Sequence[str], path: str | Path | None = None) -> Self:
        """Return what is tried with an index's fields, and what a file says instead.

        Args:
            fields_: Search fields of the index, with their weights.
            path: A TOML file with a list of values for `search_fields` (lists of fields),
                `match_types`, `methods`, `normalizers`, `k`, `lexical_weight`, `window`, `top`,
                `blend`, `boost`.

        Raises:
            JudgmentError: The file cannot be read, or names what is not there.

        Example:
            >>> [str(variant) for variant in Space.of(["title^2", "brand"]).variants][:2]
            ['cross_fields title^2 brand', 'cross_fields title brand']
        """
        said = _File() if path is None else _read(path)
        weighted = said.search_fields or tuple(_weightings(fields_))
        types = said.match_types or ("cross_fields", "best_fields", "most_fields")
        variants = tuple(LexicalVariant(tuple(each), kind) for kind in types for each in weighted)
        space = cls(variants)
        if said.methods or said.normalizers or said.k:
            space = replace(space, fusions=tuple(_fusions(said)))
        plain = {name: getattr(said, name) for name in _PLAIN if getattr(said, name)}
        return replace(space, **plain)

    @property
    def widest(self) -> int:
        """The largest number of candidates per leg."""
        return max(self.window)

    @property
    def stages(self) -> tuple[tuple[int, int], ...]:
        """Candidates per leg and reranked, in all combinations: each takes its own time."""
        tops = sorted({0, *self.top} if any(self.blend) else {0})
        return tuple((window, top) for window in self.window for top in tops)

    def including(self, default: Configuration) -> Space:
        """Return the space with the values of what is in force now."""
        fusion = (FusionMethod(default.method), default.normalizer, default.k)
        values: dict[str, Any] = {
            name: tuple(sorted({*getattr(self, name), getattr(default, name)})) for name in _PLAIN
        }
        variants = dict.fromkeys((default.lexical, *self.variants))
        fusions = dict.fromkeys((fusion, *self.fusions))
        return replace(self, variants=tuple(variants), fusions=tuple(fusions), **values)

    def without_reranker(self) -> Space:
        """Return the space of a shop that has none."""
        return replace(self, top=(0,), blend=(0.0,))

    def drawn(self, default: Configuration, *, count: int, seed: int) -> list[Configuration]:
        """Draw configurations near what is in force: all that differ in one thing, some in more.

        The more is changed at once, the more of it is chance; a default that somebody thought about
        is worth more than a point anywhere in the space.

        Args:
            default: What is in force; it comes first.
            count: How many, at most; those that differ in one thing come in any case.
            seed: Of the draw.

        Example:
            >>> variant = LexicalVariant(("title",))
            >>> len(Space((variant,)).drawn(Configuration(variant), count=40, seed=1))
            40
        """
        chance = random.Random(seed)
        drawn = dict.fromkeys((default.canonical, *(c.canonical for c in self.around(default))))
        for _ in range(20 * count):  # some come again, or differ in nothing that counts
            if len(drawn) >= count:
                break
            made = default
            for _ in range(chance.choice(_CHANGES)):
                made = chance.choice(list(self.around(made)))
            drawn[made.canonical] = None
        return list(drawn)

    def around(self, configuration: Configuration) -> Iterator[Configuration]:
        """Yield each configuration that differs in one parameter."""
        for variant in self.variants:
            yield replace(configuration, lexical=variant)
        for method, normalizer, k in self.fusions:
            yield replace(configuration, method=method, normalizer=normalizer, k=k)
        for name in _PLAIN:
            for value in getattr(self, name):
                yield replace(configuration, **{name: value})


def _weightings(fields_: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield an index's fields as they are, all alike, and with their weights spread further."""
    names = [(name, float(weight or 1)) for name, _, weight in (f.partition("^") for f in fields_)]
    exponents = (1.0, 0.0, 2.0)
    found = {tuple(_written(n, w**power) for n, w in names): None for power in exponents}
    yield from found


def _written(name: str, weight: float) -> str:
    return name if weight == 1.0 else f"{name}^{weight:g}"


def _fusions(said: _File) -> Iterator[tuple[FusionMethod, Normalizer, int]]:
    methods = said.methods or (FusionMethod.LINEAR, FusionMethod.RRF)
    if FusionMethod.LINEAR in methods:
        for normalizer in said.normalizers or (Normalizer.ROBUST, Normalizer.MINMAX):
            yield FusionMethod.LINEAR, normalizer, 60
    if FusionMethod.RRF in methods:
        for k in said.k or (20, 60):
            yield FusionMethod.RRF, Normalizer.ROBUST, k


def _read(path: str | Path) -> _File:
    try:
        return _File.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise JudgmentError(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise JudgmentError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise JudgmentError(
            f"{path}: {place}: {first['msg']}",
            hint=f"of {', '.join(_File.model_fields)}, a list of values each",
        ) from None
