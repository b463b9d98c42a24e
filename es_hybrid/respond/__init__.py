"""What to answer: pure functions from ranked hits to an Elasticsearch-shaped body."""
