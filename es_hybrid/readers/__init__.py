"""Products from wherever a shop keeps them, as streams of `FeedItem`.

Reading never stops at a bad record: it comes out as a `BadRecord` in its place.
"""

from es_hybrid.readers.files import read_ndjson, read_products
from es_hybrid.readers.parquet import read_parquet
from es_hybrid.readers.sql import read_sql
from es_hybrid.vector_files import load_vectors

__all__ = ["load_vectors", "read_ndjson", "read_parquet", "read_products", "read_sql"]
