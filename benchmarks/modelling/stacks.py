"""The models of a client, composed as a search uses them, before servers that are fakes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from benchmarks.modelling.servers import Servers
from es_hybrid._sync.models.stack import ModelStack
from es_hybrid.settings import CacheSettings, EmbedSettings, RerankSettings, Settings

Row = dict[str, Any]
MODEL = "fake-model"
OFF = {"vector_bytes": 0, "score_bytes": 0}


def settings(at: Servers, *, cache: dict[str, Any] | None = None, **embed: Any) -> Settings:
    """Return the settings of a shop whose models are these servers."""
    return Settings(
        embed=EmbedSettings.model_validate({"base_url": at.embed_url, "model": MODEL} | embed),
        rerank=RerankSettings(url=at.rerank_url, model=MODEL),
        cache=CacheSettings.model_validate(cache or {}),
    )


@contextmanager
def stack(at: Servers, *, cache: dict[str, Any] | None = None, **embed: Any) -> Iterator[Any]:
    """Yield the models of a sync client, composed as a search uses them."""
    with closing(ModelStack(settings(at, cache=cache, **embed))) as models:
        yield models
