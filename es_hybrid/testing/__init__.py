"""For shops' own tests: small models without a server, and checks of a plug-in's contract.

Elasticsearch has no stand-in here: test against a real one.
"""

from __future__ import annotations

from es_hybrid.testing.boosts import check_boost
from es_hybrid.testing.contract import ContractViolation
from es_hybrid.testing.embedders import check_async_embedder, check_embedder
from es_hybrid.testing.fusers import check_fuser
from es_hybrid.testing.hashing import AsyncHashEmbedder, HashEmbedder
from es_hybrid.testing.rerankers import check_async_reranker, check_reranker
from es_hybrid.testing.scripted import AsyncScriptedReranker, RerankCall, ScriptedReranker

__all__ = [
    "AsyncHashEmbedder",
    "AsyncScriptedReranker",
    "ContractViolation",
    "HashEmbedder",
    "RerankCall",
    "ScriptedReranker",
    "check_async_embedder",
    "check_async_reranker",
    "check_boost",
    "check_embedder",
    "check_fuser",
    "check_reranker",
]
