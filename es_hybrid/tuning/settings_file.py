"""The file that a client loads: tuned settings, and how they came about."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from es_hybrid.tuning.configuration import Configuration, TunedSettings
from es_hybrid.types import FusionMethod, Json

__all__ = ["changed_settings", "toml_text"]


def changed_settings(tuned: TunedSettings, default: TunedSettings) -> dict[str, Json]:
    """Return the settings by section in which two differ; the tuned ones' values.

    Example:
        >>> from es_hybrid.tuning.configuration import LexicalVariant
        >>> default = TunedSettings(Configuration(LexicalVariant(("title",))))
        >>> changed_settings(default.with_group("zh", default.base), default)
        {'search': {'lexical_weights': {'zh': 0.5}}, 'rerank': {'blends': {'zh': 0.0}}}
    """
    old, new = _settings(default), _settings(tuned)
    found = {
        section: {name: v for name, v in values.items() if old[section].get(name) != v}
        for section, values in new.items()
    }
    return {section: values for section, values in found.items() if values}


def toml_text(
    settings: Mapping[str, Json], *, evidence: Json, title: Sequence[str], in_force: bool
) -> str:
    """Return the file's text.

    Args:
        settings: By section.
        evidence: Goes into the table `tuned`, which no client reads.
        title: Sentences on top, as comments.
        in_force: Whether the settings hold; otherwise they are comments, and the file changes
            nothing.

    Example:
        >>> print(toml_text({"search": {"window": 50}}, evidence={"seed": 0}, title=["Tuned."],
        ...                 in_force=False))
        # Tuned.
        <BLANKLINE>
        # [search]
        # window = 50
        <BLANKLINE>
        [tuned]
        seed = 0
        <BLANKLINE>
    """
    lines = [f"# {sentence}" for sentence in title]
    for section, values in settings.items():
        mark = "" if in_force else "# "
        lines += ["", *(f"{mark}{line}" for line in _table(section, values))]
    return "\n".join([*lines, "", *_table("tuned", evidence), ""])


def _settings(tuned: TunedSettings) -> dict[str, Json]:
    base: Configuration = tuned.base
    search: Json = {
        "fusion": str(base.method),
        "lexical_weight": base.lexical_weight,
        "window": base.window,
        "lexical_weights": dict(tuned.lexical_weights),
    }
    search |= (
        {"rrf_k": base.k}
        if base.method == FusionMethod.RRF
        else {"normalize": str(base.normalizer)}
    )
    rerank: Json = {"blend": base.blend, "blends": dict(tuned.blends)}
    if base.top:
        rerank["top"] = base.top
    return {
        "index": {
            "search_fields": list(base.lexical.fields),
            "match_type": base.lexical.match_type,
        },
        "search": search,
        "rerank": rerank,
    }


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"[{name}]"
    for key, value in values.items():
        if not isinstance(value, Mapping):
            yield f"{_key(key)} = {_value(value)}"
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield ""
            yield from _table(f"{name}.{_key(key)}", value)


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() and name.isascii() else json.dumps(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(key)} = {_value(each)}" for key, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's strings, numbers and booleans are TOML's.
    return json.dumps(value, ensure_ascii=False)
