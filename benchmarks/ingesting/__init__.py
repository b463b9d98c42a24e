"""What `benchmarks/ingest.py` and `benchmarks/scale.py` are made of."""
