"""What to ask: pure functions from a request to a plan."""
