"""Ingestion past one machine, on engines that exist; Elasticsearch keeps what must outlive a worker.

from es_hybrid.scale import ingest_with_ray

dataset = ray.data.read_parquet("s3://shop/products/")
report = ingest_with_ray(dataset, "products", run="2026-11-21", settings=settings, workers=8)
"""

from es_hybrid.scale.ledger import read_dead_letters
from es_hybrid.scale.ray_ingest import ingest_with_ray

__all__ = ["ingest_with_ray", "read_dead_letters"]
