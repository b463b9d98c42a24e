"""Hybrid product search for shops that already run Elasticsearch.

es = Elasticsearch("http://localhost:9200")
shop = HybridClient(es)
response = shop.search(index="products", query={"match": {"title": "trail running shoe"}})
"""

from es_hybrid._async.client import AsyncHybridClient
from es_hybrid._logging import use_structlog
from es_hybrid._sync.client import HybridClient
from es_hybrid._version import __version__
from es_hybrid.errors import (
    ConfigurationError,
    ContractError,
    EmbeddingError,
    HybridError,
    HybridWarning,
    IngestError,
    MappingMismatch,
    ReindexError,
    ReindexInProgress,
    RequestError,
    RerankError,
    ServiceError,
    ServiceTimeout,
    SwapRefused,
    TooManyFailures,
)
from es_hybrid.indexing.fields import FieldMap
from es_hybrid.indexing.reindex.plan import ReindexPlan
from es_hybrid.indexing.reindex.report import (
    BackfillReport,
    ReindexProgress,
    ReindexReport,
)
from es_hybrid.indexing.report import IngestReport
from es_hybrid.preview import SearchPlan
from es_hybrid.protocols import (
    AsyncEmbedder,
    AsyncReranker,
    Boost,
    Embedder,
    Fuser,
    Hook,
    Reranker,
    SearchDone,
    TextBuilder,
)
from es_hybrid.query.capabilities import Capabilities
from es_hybrid.query.facets import FacetCheck
from es_hybrid.query.options import HybridExt, hybrid_ext
from es_hybrid.rank.boost import FieldBoost, NumericBoost, RecencyBoost
from es_hybrid.readers import read_ndjson, read_products
from es_hybrid.response import HybridResponse
from es_hybrid.settings import Settings
from es_hybrid.vector_files import load_vectors

__all__ = [
    "AsyncEmbedder",
    "AsyncHybridClient",
    "AsyncReranker",
    "BackfillReport",
    "Boost",
    "Capabilities",
    "ConfigurationError",
    "ContractError",
    "Embedder",
    "EmbeddingError",
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
    "IngestError",
    "IngestReport",
    "MappingMismatch",
    "NumericBoost",
    "RecencyBoost",
    "ReindexError",
    "ReindexInProgress",
    "ReindexPlan",
    "ReindexProgress",
    "ReindexReport",
    "RequestError",
    "RerankError",
    "Reranker",
    "SearchDone",
    "SearchPlan",
    "ServiceError",
    "ServiceTimeout",
    "Settings",
    "SwapRefused",
    "TextBuilder",
    "TooManyFailures",
    "__version__",
    "hybrid_ext",
    "load_vectors",
    "read_ndjson",
    "read_products",
    "use_structlog",
]
