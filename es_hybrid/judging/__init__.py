"""Help for judging: which queries, which products, by whom, and how far judges agree.

Everything reads and writes CSV in the shape that `es-hybrid evaluate` takes. A language model is
asked only by `LlmJudge`, and nothing here makes one.
"""

from __future__ import annotations

from es_hybrid._async.models.llm_judge import AsyncLlmJudge
from es_hybrid._sync.models.llm_judge import LlmJudge
from es_hybrid.judging.agreement import Agreement, agreement
from es_hybrid.judging.cost import JudgingCost, judging_cost
from es_hybrid.judging.grades import GRADES, GradeFile, JudgingQueue, in_own_order
from es_hybrid.judging.pools import PoolItem, pool, pool_csv, read_pool, with_texts
from es_hybrid.judging.sampling import SampledQuery, TrafficPart, sample_queries
from es_hybrid.wire.judging import JUDGE_PROMPT, PROMPT_VERSION, Verdict

__all__ = [
    "GRADES",
    "JUDGE_PROMPT",
    "PROMPT_VERSION",
    "Agreement",
    "AsyncLlmJudge",
    "GradeFile",
    "JudgingCost",
    "JudgingQueue",
    "LlmJudge",
    "PoolItem",
    "SampledQuery",
    "TrafficPart",
    "Verdict",
    "agreement",
    "in_own_order",
    "judging_cost",
    "pool",
    "pool_csv",
    "read_pool",
    "sample_queries",
    "with_texts",
]
