"""Sources of changes for `shop.follow`, and where their positions are kept.

from es_hybrid.follow import SqlChanges

changes = SqlChanges("postgresql+psycopg://db/shop", table="products")
shop.follow("products", changes, state="products.follow.json")
"""

from es_hybrid._async.changes import AsyncFileChanges, AsyncIndexChanges, AsyncSqlChanges
from es_hybrid._async.follow_state import AsyncFileState, AsyncIndexState
from es_hybrid._stop import AsyncStop, Stop
from es_hybrid._sync.changes import FileChanges, IndexChanges, SqlChanges
from es_hybrid._sync.follow_state import FileState, IndexState
from es_hybrid.following.changes import AsyncChanges, Batch, Changes
from es_hybrid.following.report import FollowReport

__all__ = [
    "AsyncChanges",
    "AsyncFileChanges",
    "AsyncFileState",
    "AsyncIndexChanges",
    "AsyncIndexState",
    "AsyncSqlChanges",
    "AsyncStop",
    "Batch",
    "Changes",
    "FileChanges",
    "FileState",
    "FollowReport",
    "IndexChanges",
    "IndexState",
    "SqlChanges",
    "Stop",
]
