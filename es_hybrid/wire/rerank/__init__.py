"""Query and texts to a rerank request, and its answer to scores in the order of the texts."""

from es_hybrid.wire.rerank.dialects import (
    DIALECTS,
    RerankCodec,
    check_template,
    dialect,
    texts_a_request,
)
from es_hybrid.wire.rerank.scores import decode_scores
from es_hybrid.wire.rerank.texts import RerankTexts, prepare_texts, split_evenly

__all__ = [
    "DIALECTS",
    "RerankCodec",
    "RerankTexts",
    "check_template",
    "decode_scores",
    "dialect",
    "prepare_texts",
    "split_evenly",
    "texts_a_request",
]
