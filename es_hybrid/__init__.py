"""Hybrid product search for shops that already run Elasticsearch.

es = Elasticsearch("http://localhost:9200")
shop = HybridClient(es)
response = shop.search(index="products", query={"match": {"title": "trail running shoe"}})
"""

from es_hybrid._async.client import AsyncHybridClient
from es_hybrid._async.experiment import AsyncExperimentClient
from es_hybrid._async.read_index import async_read_index
from es_hybrid._async.shadow import AsyncShadowClient
from es_hybrid._logging import use_structlog
from es_hybrid._sync.client import HybridClient
from es_hybrid._sync.experiment import ExperimentClient
from es_hybrid._sync.read_index import read_index
from es_hybrid._sync.shadow import ShadowClient
from es_hybrid._version import __version__
from es_hybrid.checkpoint import Checkpoint
from es_hybrid.checks import Check, Status
from es_hybrid.errors import (
    ConfigurationError,
    ContractError,
    DeletesRefused,
    EmbeddingError,
    ExperimentConflict,
    ExperimentError,
    HybridError,
    HybridWarning,
    IngestError,
    MappingMismatch,
    ReindexError,
    ReindexInProgress,
    RequestError,
    RerankError,
    RulesConflict,
    RulesError,
    ServiceError,
    ServiceTimeout,
    SwapRefused,
    TooManyFailures,
)
from es_hybrid.indexing.deletes import DeleteReport
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.indexing.reindex.report import (
    BackfillReport,
    ReindexProgress,
    ReindexReport,
)
from es_hybrid.indexing.report import IngestReport
from es_hybrid.indexing.warm import WarmProductsReport
from es_hybrid.preview import SearchPlan
from es_hybrid.protocols import (
    AsyncEmbedder,
    AsyncInstructedEmbedder,
    AsyncReranker,
    AsyncVectorStore,
    Boost,
    Embedder,
    Fuser,
    Hook,
    InstructedEmbedder,
    Reranker,
    SearchDone,
    VectorStore,
)
from es_hybrid.query.capabilities import Capabilities
from es_hybrid.query.facets import FacetCheck
from es_hybrid.query.hybrid_ext import HybridExt, hybrid_ext
from es_hybrid.rank.boost import FieldBoost, IdBoost, NumericBoost, RecencyBoost
from es_hybrid.rank.decay import DecayBoost
from es_hybrid.readers import read_ndjson, read_parquet, read_products, read_sql
from es_hybrid.response import HybridResponse
from es_hybrid.settings import Settings
from es_hybrid.types import Level, Remembered
from es_hybrid.vector_files import load_vectors
from es_hybrid.warm_report import WarmQueriesReport

__all__ = [
    "AsyncEmbedder",
    "AsyncExperimentClient",
    "AsyncHybridClient",
    "AsyncInstructedEmbedder",
    "AsyncReranker",
    "AsyncShadowClient",
    "AsyncVectorStore",
    "BackfillReport",
    "Boost",
    "Capabilities",
    "Check",
    "Checkpoint",
    "ConfigurationError",
    "ContractError",
    "DecayBoost",
    "DeleteReport",
    "DeletesRefused",
    "Embedder",
    "EmbeddingError",
    "ExperimentClient",
    "ExperimentConflict",
    "ExperimentError",
    "FacetCheck",
    "FieldBoost",
    "FieldMap",
    "Fuser",
    "Hook",
    "HybridClient",
    "HybridError",
    "HybridExt",
    "HybridResponse",
    "HybridWarning",
    "IdBoost",
    "IngestError",
    "IngestReport",
    "InstructedEmbedder",
    "Level",
    "MappingMismatch",
    "NumericBoost",
    "RecencyBoost",
    "ReindexError",
    "ReindexInProgress",
    "ReindexPlan",
    "ReindexProgress",
    "ReindexReport",
    "Remembered",
    "RequestError",
    "RerankError",
    "Reranker",
    "RulesConflict",
    "RulesError",
    "SearchDone",
    "SearchPlan",
    "ServiceError",
    "ServiceTimeout",
    "Settings",
    "ShadowClient",
    "Status",
    "SwapRefused",
    "TooManyFailures",
    "VectorStore",
    "WarmProductsReport",
    "WarmQueriesReport",
    "__version__",
    "async_read_index",
    "hybrid_ext",
    "load_vectors",
    "read_index",
    "read_ndjson",
    "read_parquet",
    "read_products",
    "read_sql",
    "use_structlog",
]
