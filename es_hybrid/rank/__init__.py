"""What order: pure functions from scores to scores."""
